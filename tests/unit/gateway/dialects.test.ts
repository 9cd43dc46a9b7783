import { describe, expect, test } from 'vitest';
import type { SessionSummary } from '../../../src/core/wire/rest.ts';
import type { LoggedMessage } from '../../../src/core/log/entry.ts';
import { tokenAtOnce } from '../../../src/gateway/access/upgrade-token.ts';
import { readMessage, MisreadRequest } from '../../../src/gateway/dialects/acp/messages.ts';
import { sessionPage } from '../../../src/gateway/dialects/acp/listing.ts';
import { Connections } from '../../../src/gateway/dialects/connections.ts';
import {
  finishedTurn,
  Gathered,
  MAX_GATHERED,
  TurnReader,
} from '../../../src/gateway/dialects/turn-reader.ts';
import { memoryJournal } from '../../../src/gateway/journal/memory.ts';
import { silentLogger } from '../../../src/gateway/logger.ts';
import * as entries from '../../../src/gateway/session/entries.ts';

describe('the registry of connections', () => {
  const clock = { at: 1_000 };
  const registry = () => new Connections(silentLogger, () => clock.at);

  test('[R48] counts frames, prompts, cancels and how long requests take', () => {
    const all = registry();
    const live = all.open('acp');
    live.attached('s', 'editor');
    for (const counter of ['framesIn', 'framesOut', 'framesOut', 'cancels'] as const) {
      live.count(counter);
    }
    live.began('one', 's');
    live.began('two', 's');
    clock.at += 30;
    live.settled('one', 's');
    clock.at += 20;
    live.settled('two', 's');
    // What was never begun, or is over, changes nothing.
    live.settled('two', 's');
    live.settled('three', 's');
    expect(all.list().connections).toMatchObject([
      { client: 'editor', framesIn: 1, framesOut: 2, prompts: 2, cancels: 1, active: [] },
    ]);
    expect(all.list().connections[0]).toMatchObject({ finished: 2, totalMs: 80, maxMs: 50 });
    expect(all.list().totals.find(({ dialect }) => dialect === 'acp')).toMatchObject({
      open: 1,
      opened: 1,
      prompts: 2,
    });
  });

  test('[R48] a client that comes back to its session is a reconnect; another client or session is none', () => {
    const all = registry();
    for (const [client, session] of [
      ['a', 's'],
      ['b', 's'],
      ['a', 't'],
      ['a', 's'],
    ] as const) {
      all.open('acp').attached(session, client);
    }
    expect(all.list().connections.map(({ reconnects }) => reconnects)).toEqual([0, 0, 0, 1]);
    // The same names in another dialect are somebody else.
    all.open('thread').attached('s', 'a');
    expect(all.list().connections.at(-1)!.reconnects).toBe(0);
  });

  test('[R42] requests of another session are not settled with this one’s', () => {
    const live = registry().open('acp');
    live.began('same', 's');
    live.began('same', 't');
    live.settledAll('s');
    expect(live.info().active).toMatchObject([{ requestId: 'same', sessionId: 't' }]);
  });

  test('[R30] what is remembered is bounded; closing is final, aborts and comes once', () => {
    const all = registry();
    for (let i = 0; i < 200; i++) {
      const live = all.open('single');
      live.attached(`s${i}`, `c${i}`);
      let aborted = 0;
      live.signal.addEventListener('abort', () => aborted++);
      live.close(1000);
      live.close(1006);
      expect(aborted).toBe(1);
    }
    const { connections, recent } = all.list();
    expect(connections).toEqual([]);
    expect(recent).toHaveLength(50);
    expect(recent[0]).toMatchObject({ id: 'c200', closed: { code: 1000 } });
    const busy = all.open('acp');
    for (let i = 0; i < 500; i++) {
      busy.began(`r${i}`, `s${i}`);
      busy.attached(`s${i}`, 'c');
    }
    expect(busy.info().active).toHaveLength(100);
    expect(busy.info().sessions).toHaveLength(100);
  });
});

const walk = (of: (page: number) => readonly SessionSummary[]): string[] => {
  const seen: string[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < 10; page++) {
    const found = sessionPage(of(page), { cursor }) as {
      sessions: { sessionId: string }[];
      nextCursor?: string;
    };
    expect(found.sessions.length).toBeLessThanOrEqual(50);
    seen.push(...found.sessions.map(({ sessionId }) => sessionId));
    if (found.nextCursor === undefined) return seen;
    cursor = found.nextCursor;
  }
  throw new Error('It never ends.');
};

describe('session/list', () => {
  const sessions = Array.from({ length: 120 }, (_, i) => ({
    id: `s${String(i).padStart(3, '0')}`,
    // Several in the same millisecond.
    createdAt: 1_000 + Math.floor(i / 7),
    updatedAt: 2_000,
    cwd: i % 2 === 0 ? '/even' : '/odd',
    title: `t${i}`,
    agent: 'a',
    agentState: 'ready',
    turn: 'idle',
  })) as unknown as SessionSummary[];

  test('every session comes once, newest first, whatever shares a millisecond', () => {
    const seen = walk(() => sessions);
    expect(new Set(seen).size).toBe(120);
    expect(seen).toHaveLength(120);
    const at = new Map(sessions.map(({ id, createdAt }) => [id, createdAt]));
    const times = seen.map((id) => at.get(id)!);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
  });

  test('sessions that end or begin between pages shift nothing', () => {
    const seen = walk((page) => sessions.filter((_, i) => page === 0 || i % 5 !== 0));
    expect(new Set(seen).size).toBe(seen.length);
    for (const [i, { id }] of sessions.entries()) if (i % 5 !== 0) expect(seen).toContain(id);
  });

  test('a foreign cursor is refused', () => {
    expect(() => sessionPage(sessions, { cursor: 'AAAA' })).toThrow('cursor');
  });
});

const say = (text: string): LoggedMessage => ({
  method: 'session/update',
  params: { update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } } },
});
const ask = (text: string, key: string) => entries.userMessage({ type: 'text', text }, key, 'me');
const idle = (key: string, stopReason: string) => entries.turnState('idle', key, { stopReason });

describe('turns, read from the log', () => {
  test('[R50] every event names its request; what stands between turns belongs to none', () => {
    const reader = new TurnReader();
    const read = (m: LoggedMessage) => reader.read({ n: 1, at: 0, m });
    expect(read(say('early'))).toBeUndefined();
    expect(read(ask('hi', 'k1'))).toMatchObject({ kind: 'began', key: 'k1', by: 'me', text: 'hi' });
    // A second block of the same prompt begins nothing.
    expect(read(ask('more', 'k1'))).toBeUndefined();
    expect(read(say('a'))).toEqual({ kind: 'text', key: 'k1', text: 'a' });
    const error = { code: 'c', message: 'm', retryable: true };
    expect(read(entries.failure(error, 'k1'))).toBeUndefined();
    expect(read(idle('k1', 'error'))).toMatchObject({ kind: 'ended', key: 'k1', error });
    expect(read(say('late'))).toBeUndefined();
    // An error of the turn before is none of the next.
    read(ask('hi', 'k2'));
    expect(read(idle('k2', 'error'))).toMatchObject({ error: { code: 'turn_failed' } });
    read(ask('hi', 'k3'));
    expect(read(idle('k3', 'end_turn'))).not.toHaveProperty('error');
  });

  test('a reader that comes in the middle is told which turn it is in', () => {
    const reader = new TurnReader('k');
    expect(reader.read({ n: 1, at: 0, m: say('x') })).toMatchObject({ key: 'k' });
  });

  test('[R38] a finished turn is found again, and no other in its stead', async () => {
    const log = memoryJournal().create('s');
    const begin = (key: string): number => log.append(ask('q', key), key).n;
    const one = begin('k1');
    for (let i = 0; i < 500; i++) log.append(say('x'));
    log.append(idle('k1', 'end_turn'));
    const two = begin('k2');
    log.append(say('half'));
    expect(await finishedTurn(log, one, 'k1')).toMatchObject({
      answer: { text: 'x'.repeat(500), truncated: false },
      end: { stopReason: 'end_turn' },
    });
    expect(await finishedTurn(log, two, 'k2')).toBeUndefined();
    expect(await finishedTurn(log, one, 'other')).toBeUndefined();
    expect(await finishedTurn(log, 10_000, 'k1')).toBeUndefined();
  });

  test('[R30] an answer is gathered up to its bound, and says that it was cut', () => {
    const gathered = new Gathered();
    for (let i = 0; i < 3; i++) gathered.add('x'.repeat(MAX_GATHERED / 2));
    expect(gathered.text).toHaveLength(MAX_GATHERED);
    expect(gathered.truncated).toBe(true);
    gathered.add('y');
    expect(gathered.text).toHaveLength(MAX_GATHERED);
  });
});

describe('JSON-RPC, read from a client', () => {
  test.each([
    ['{"id":0,"method":"m"}', { kind: 'request', id: 0, method: 'm', params: {} }],
    ['{"id":null,"method":"m","params":null}', { kind: 'request', id: null, params: {} }],
    ['{"id":"","method":"m","params":{"a":1}}', { kind: 'request', id: '', params: { a: 1 } }],
    ['{"method":"m","params":[1]}', { kind: 'notification', params: {} }],
    ['{"id":1,"result":null}', { kind: 'response', id: 1, result: null }],
    ['{"id":1,"error":{"code":-1}}', { kind: 'response', id: 1, error: { code: -1 } }],
  ])('%s', (text, message) => {
    expect(readMessage(text)).toMatchObject(message);
  });

  test('[R71] a request that can be answered is answered by its id', () => {
    expect(() => readMessage('{"id":7,"method":"m","params":[1]}')).toThrow(MisreadRequest);
  });
});

const check = (given: string): boolean => given === 'right';

const look = (authorization: string | undefined, query: string, queryToken: boolean) =>
  tokenAtOnce(
    { headers: { authorization } } as never,
    new URLSearchParams(query),
    check,
    queryToken,
  );

describe('[R67] a token that comes with the request', () => {
  test.each([
    ['Bearer right', '', 'good'],
    ['Bearer wrong', '', 'bad'],
    ['Basic right', '', 'bad'],
    [undefined, '', 'none'],
    [undefined, 'token=right', 'in_query'],
    [undefined, 'token=wrong', 'in_query'],
    // The header counts, and nothing weaker beside it.
    ['Bearer wrong', 'token=right', 'bad'],
  ])('%s ?%s: %s', (authorization, query, verdict) => {
    expect(look(authorization, query, false)).toBe(verdict);
  });

  test('in the query, only with the option', () => {
    expect(look(undefined, 'token=right', true)).toBe('good');
    expect(look(undefined, 'token=wrong', true)).toBe('bad_in_query');
    expect(look(undefined, 'token=', true)).toBe('bad_in_query');
  });
});
