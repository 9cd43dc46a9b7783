import { createConnection } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { memoryJournal } from '../../../src/gateway/journal/memory.ts';
import { attach, createSession, dial, gateway, TOKEN } from './support.ts';

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('attaching', () => {
  test('[R21] a second page gets the whole log, in order, and then what is live', async () => {
    const to = await gateway();
    const { id } = await createSession(to);
    const first = await attach(to, id);
    await first.turn('STREAM 20');
    const second = await attach(to, id);
    expect(second.attached).toMatchObject({ mode: 'resume', low: 1 });
    await second.until(() => second.messages.length === first.messages.length);
    expect(second.messages).toEqual(first.messages);
    expect(second.numbers).toEqual(range(1, second.messages.length));

    await second.turn('SAY live');
    await first.until(() => first.text.endsWith('live'));
    await first.until(() => first.messages.length === second.messages.length);
    expect(first.messages).toEqual(second.messages);
  });

  test('[R21] resume goes on after `since`: nothing lost, nothing twice', async () => {
    const to = await gateway();
    const { id } = await createSession(to);
    const first = await attach(to, id);
    const { epoch } = first.attached!;
    const k = first.prompt('STREAM 60 5');
    await first.until(() => first.messages.length > 10);
    first.socket.terminate();
    await first.closing();
    const since = first.numbers.at(-1)!;

    const second = await attach(to, id, { since, epoch });
    expect(second.attached!.mode).toBe('resume');
    await second.turnEnd(k);
    expect(second.numbers[0]).toBe(since + 1);
    const all = [...first.messages, ...second.messages];
    expect(all.map(({ n }) => n)).toEqual(range(1, all.length));
    const text = all
      .map(({ m }) => m.params['update'] as { sessionUpdate: string; content?: { text: string } })
      .filter((update) => update?.sessionUpdate === 'agent_message_chunk')
      .map((update) => update.content!.text)
      .join('');
    expect(text).toBe(
      range(0, 59)
        .map((i) => `tok${i} `)
        .join(''),
    );
  });

  test('[R21] another epoch, or numbers from the future, start in full', async () => {
    const to = await gateway();
    const { id } = await createSession(to);
    const first = await attach(to, id);
    await first.turn('SAY hello');
    const foreign = await attach(to, id, { since: 3, epoch: 'other' });
    expect(foreign.attached!.mode).toBe('full');
    await foreign.until(() => foreign.numbers[0] === 1);
    const unnamed = await attach(to, id, { since: 3 });
    expect(unnamed.attached!.mode).toBe('full');
    const future = await attach(to, id, { since: 9_999, epoch: first.attached!.epoch });
    expect(future.attached!.mode).toBe('full');
    await future.until(() => future.numbers[0] === 1);
  });

  test('[R21] [R30] what was trimmed is told as a gap, never hidden', async () => {
    const to = await gateway(
      { scripted: [] },
      { openJournal: () => Promise.resolve(memoryJournal({ maxEntries: 30 })) },
    );
    const { id } = await createSession(to);
    const first = await attach(to, id);
    const { epoch } = first.attached!;
    await first.turn('STREAM 100 1');
    const head = first.numbers.at(-1)!;

    const late = await attach(to, id, { since: 5, epoch });
    expect(late.attached).toMatchObject({ mode: 'gap', low: head - 29, head });
    await late.until(() => late.numbers.at(-1) === head);
    expect(late.numbers).toEqual(range(head - 29, head));

    const fresh = await attach(to, id);
    expect(fresh.attached!.mode).toBe('gap');
    const near = await attach(to, id, { since: head - 30, epoch });
    expect(near.attached!.mode).toBe('resume');
  });

  test('[R67] a wrong or missing token is 4401, and does not tell whether the session exists', async () => {
    const to = await gateway();
    const { id } = await createSession(to);
    for (const target of [id, 'no-such-session']) {
      const frames = [
        { t: 'attach', client: 'x', since: 0, token: 'wrong' },
        { t: 'attach', client: 'x', since: 0 },
        { t: 'ping', c: 1 },
      ];
      for (const frame of frames) {
        const page = await dial(to, target);
        page.send(frame);
        expect((await page.closing()).code).toBe(4401);
        expect(page.attached).toBeUndefined();
      }
    }
    const page = await dial(to, 'no-such-session');
    page.send({ t: 'attach', client: 'x', since: 0, token: TOKEN });
    expect((await page.closing()).code).toBe(4404);
  });

  test('[R67] a socket that never attaches is closed with 4401', async () => {
    const to = await gateway({ scripted: [] }, { timings: { attachTimeoutMs: 1_000 } });
    const { id } = await createSession(to);
    // Opened first, so that its time would be up first.
    const quick = await attach(to, id);
    const silent = await dial(to, id);
    expect((await silent.closing()).code).toBe(4401);
    expect(quick.closed).toBeUndefined();
  });

  test('[R19] ping comes back as pong; a socket that says nothing for too long is ended', async () => {
    const to = await gateway({ scripted: [] }, { timings: { silentMs: 1_000, sweepEveryMs: 100 } });
    const { id } = await createSession(to);
    const talker = await attach(to, id);
    const silent = await attach(to, id);
    const pinging = setInterval(() => talker.send({ t: 'ping', c: 7 }), 50);
    try {
      await silent.closing();
      expect(talker.closed).toBeUndefined();
      expect(talker.frames).toContainEqual({ t: 'pong', c: 7 });
    } finally {
      clearInterval(pinging);
    }
  });

  test('[R71] a malformed frame costs its own socket and nothing else', async () => {
    const to = await gateway();
    const { id } = await createSession(to);
    const good = await attach(to, id);
    const bad: (string | Buffer)[] = [
      'not json',
      '{"t":"novelty"}',
      '{"t":"prompt","k":"k"}',
      '{"t":"prompt","k":"k","prompt":[{"type":"text","text":"x","__proto__":{}}]}',
      '{"t":"prompt","k":"k","prompt":[{"type":"text"}]}',
      '{"t":"prompt","k":"k","prompt":[{"type":"text","text":7}]}',
      `{"t":"ping","c":${'['.repeat(100)}${']'.repeat(100)}}`,
      '{"t":"cancel","k":""}',
      JSON.stringify({ t: 'attach', token: TOKEN, client: 'again', since: 0 }),
      Buffer.from([1, 2, 3]),
    ];
    for (const frame of bad) {
      const page = await attach(to, id);
      page.send(frame);
      expect((await page.closing()).code, String(frame)).toBe(4400);
      expect(page.frames.at(-1)).toMatchObject({ t: 'error', error: { retryable: false } });
    }
    expect(await good.turn('SAY still here')).toBe('end_turn');
  });

  test('[R71] an oversize frame is 1009, and the gateway lives on', async () => {
    const to = await gateway();
    const { id } = await createSession(to);
    const good = await attach(to, id);
    const page = await attach(to, id);
    page.prompt('x'.repeat(9 * 1024 * 1024));
    expect((await page.closing()).code).toBe(1009);
    expect(await good.turn('SAY still here')).toBe('end_turn');
    // Without a token not even a tenth of that is listened to.
    const stranger = await dial(to, id);
    stranger.send({ t: 'attach', token: 'x'.repeat(500_000), client: 'x', since: 0 });
    expect((await stranger.closing()).code).toBe(4400);
  });
});

/** Everything that the gateway says to a socket of which one unfinished frame comes. */
async function unfinished(announced: number, sent: number): Promise<Buffer> {
  const to = await gateway({ scripted: [] }, { timings: { attachTimeoutMs: 700 } });
  const { id } = await createSession(to);
  const socket = createConnection(to.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  socket.write(
    `GET /v1/sessions/${id}/ws HTTP/1.1\r\nHost: 127.0.0.1:${to.port}\r\n` +
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\n` +
      'Sec-WebSocket-Protocol: aperture.v1\r\n\r\n',
  );
  const header = Buffer.alloc(14);
  header.set([0x81, 0xff]);
  header.writeUInt32BE(announced, 6);
  socket.write(Buffer.concat([header, Buffer.alloc(sent, ' ')]));
  const heard: Buffer[] = [];
  return new Promise((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      heard.push(chunk);
      const all = Buffer.concat(heard);
      const close = all.indexOf(0x88, all.indexOf('\r\n\r\n') + 4);
      if (close > 0) resolve(all.subarray(close));
    });
  });
}

describe('before a token was shown', () => {
  test('[R71] no large frame is gathered: the socket is closed as soon as more has come than an attach may have', async () => {
    const close = await unfinished(7 * 1024 * 1024, 64 * 1024);
    expect(close.readUInt16BE(2)).toBe(4400);
  });

  test('control: a frame of which little has come is waited for, as long as an attach is', async () => {
    const close = await unfinished(10 * 1024, 5 * 1024);
    expect(close.readUInt16BE(2)).toBe(4401);
  });
});
