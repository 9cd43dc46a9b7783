import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Gateway } from '../../../src/gateway/gateway.ts';
import { openLevelJournal } from '../../../src/gateway/journal/level.ts';
import { lineLogger } from '../../../src/gateway/logger.ts';
import { memoryJournal } from '../../../src/gateway/journal/memory.ts';
import { gateway, scratch } from '../gateway/support.ts';
import { dial, eventually, type Client } from './support.ts';

/** Said hello to, and welcomed. */
async function hello(to: Gateway, more: object = {}): Promise<{ client: Client; sessId: string }> {
  const client = await dial(to, '/ws');
  client.send({ type: 'hello', identity: 'x', ...more });
  const { sess_id } = await client.frame(({ type }) => type === 'welcome');
  return { client, sessId: sess_id };
}

async function query(client: Client, sess_id: string, payload: string): Promise<void> {
  client.send({ type: 'user_query', sess_id, corr_id: payload, payload });
  await client.frame(({ corr_id, finish_reason }) => corr_id === payload && finish_reason);
}

describe('single-request sessions, when their socket is gone', () => {
  test('[R49] end after the grace time', async () => {
    const to = await gateway({ scripted: [] }, { timings: { singleGraceMs: 100 } });
    // Control: one that came before, and whose socket stays, is not ended.
    const kept = await hello(to);
    await query(kept.client, kept.sessId, 'SAY kept');
    const { client, sessId } = await hello(to);
    await query(client, sessId, 'SAY x');
    expect(to.pool.list()).toHaveLength(2);
    client.drop();
    await eventually(() => to.pool.list().length === 1);
    expect(to.pool.list()).toMatchObject([{ title: 'SAY kept' }]);
  });

  test('[R49] a gateway that starts again ends those that nobody takes up, and only those', async () => {
    const location = path.join(await scratch(), 'log');
    const openJournal = () => openLevelJournal({ location });
    const first = await gateway({ scripted: [] }, { openJournal });
    const [one, two] = [await hello(first), await hello(first)];
    await query(one.client, one.sessId, 'SAY one');
    await query(two.client, two.sessId, 'SAY two');
    await first.pool.create({ agent: 'scripted', cwd: tmpdir(), title: 'ordinary' });
    await first.close();

    const second = await gateway(
      { scripted: [] },
      { openJournal, timings: { singleGraceMs: 5_000 } },
    );
    expect(second.pool.list()).toHaveLength(3);
    const again = await dial(second, '/ws');
    again.send({ type: 'hello', identity: 'x', sess_id: one.sessId });
    expect(await again.frame(({ type }) => type === 'welcome')).toMatchObject({ resumed: true });
    await query(again, one.sessId, 'SAY again');
    await eventually(() => second.pool.list().length === 2);
    expect(second.pool.list().map(({ title }) => title)).toContain('ordinary');
  });
});

describe('a single request after one that was stopped', () => {
  test('[R49] waits until the agent is free, instead of being refused as busy', async () => {
    // The agent does not listen, so that it is certain to be working still.
    const to = await gateway({ scripted: ['--no-cancel'] }, { timings: { cancelGraceMs: 4_000 } });
    const first = await hello(to);
    first.client.send({ type: 'user_query', sess_id: first.sessId, payload: 'SAY on ; HANG' });
    await first.client.frame(({ payload }) => payload?.text === 'on');
    first.client.drop();
    const again = await eventually(async () => {
      const next = await dial(to, '/ws');
      next.send({ type: 'hello', identity: 'x', sess_id: first.sessId });
      return (await next.frame(({ type }) => type === 'welcome')).resumed === true && next;
    });
    expect(to.pool.list()).toMatchObject([{ turn: 'running' }]);
    await query(again, first.sessId, 'SAY next');
    expect(again.all(({ type }) => type === 'error')).toEqual([]);
    // Negative control: a turn that a page began is waited for by nobody.
    const [session] = to.pool.list().map(({ id }) => to.pool.get(id)!);
    session!.prompt({ t: 'prompt', k: 'page', prompt: [{ type: 'text', text: 'HANG' }] }, 'page');
    again.send({ type: 'user_query', sess_id: first.sessId, corr_id: 'no', payload: 'SAY no' });
    expect(await again.frame(({ corr_id }) => corr_id === 'no')).toMatchObject({ code: 'busy' });
  });
});

describe('clients that do not read', () => {
  test('[R30] /acp: nothing piles up for one, and it is closed with 4429 in the end', async () => {
    const logged: string[] = [];
    const to = await gateway(
      { scripted: [] },
      {
        logger: lineLogger((line) => logged.push(line)),
        openJournal: () => Promise.resolve(memoryJournal({ maxBytes: 1e9 })),
        // It may be found out long before the agent is done, and has to hear of it after that.
        timings: { stuckMs: 400, sweepEveryMs: 100, closeGraceMs: 60_000 },
      },
    );
    const deaf = await dial(to, '/acp');
    const ask = (id: number, method: string, params: object): void =>
      deaf.send({ jsonrpc: '2.0', id, method, params });
    ask(1, 'initialize', { protocolVersion: 1 });
    ask(2, 'session/new', { cwd: tmpdir(), mcpServers: [] });
    const { sessionId } = (await deaf.frame(({ id, result }) => id === 2 && result)).result;
    deaf.socket.pause();
    const text = Array.from({ length: 60 }, () => 'BIG 1000000').join(' ; ');
    ask(3, 'session/prompt', { sessionId, prompt: [{ type: 'text', text }] });
    const session = to.pool.get(sessionId)!;
    // The agent is not held up by it …
    await eventually(() => session.log.head > 60 && session.summary().turn === 'idle');
    // … and is heard by others meanwhile.
    const other = await dial(to, '/acp');
    other.send({ jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: 1 } });
    await other.frame(({ id }) => id === 1);
    // It may read again when it is too late.
    await eventually(() => logged.some((line) => line.includes('socket.too_slow')));
    deaf.socket.resume();
    expect((await deaf.closing()).code).toBe(4429);
    const heard = deaf.all(({ method }) => method === 'session/update').length;
    expect(heard).toBeLessThan(60);
    expect(other.closed).toBeUndefined();
  });

  test('[R19] one that answers no ping is ended; one that does stays, silent as it is', async () => {
    const timings = { silentMs: 2_000, sweepEveryMs: 200 };
    const to = await gateway({ scripted: [] }, { timings });
    const alive = await dial(to, '/acp');
    const dead = await dial(to, '/acp', { autoPong: false });
    expect((await dead.closing()).code).toBe(1006);
    expect(alive.closed).toBeUndefined();
    expect(alive.socket.readyState).toBe(WebSocket.OPEN);
  });

  test('[R67] who has no token may not send much', async () => {
    const to = await gateway();
    for (const address of ['/acp', '/chat/ws?threadId=t', '/ws']) {
      const client = await dial(to, address, { token: null });
      client.send(`{"type":"auth","token":"${'x'.repeat(100_000)}"}`);
      expect([1006, 1009]).toContain((await client.closing()).code);
    }
    expect(to.pool.list()).toEqual([]);
  });

  test('[R30] strangers in line keep other strangers out, and nobody who shows the token', async () => {
    const to = await gateway();
    const strangers = await Promise.all(
      Array.from({ length: 100 }, () => dial(to, '/ws', { token: null })),
    );
    await expect(dial(to, '/ws', { token: null })).rejects.toThrow('too_many_sockets');
    const known = await dial(to, '/acp');
    expect(known.socket.readyState).toBe(WebSocket.OPEN);
    for (const stranger of strangers) stranger.drop();
  });

  test('a gateway that stops closes all with 1012', async () => {
    const to = await gateway();
    const clients = await Promise.all(
      ['/acp', '/chat/ws?threadId=t', '/ws'].map((address) => dial(to, address)),
    );
    await to.close();
    for (const client of clients) expect((await client.closing()).code).toBe(1012);
  });
});
