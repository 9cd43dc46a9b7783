import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ANSWER_TIMEOUT_MS } from '../../../src/app/client/answers.ts';
import { ApertureClient } from '../../../src/app/client/aperture-client.ts';
import type { SessionCheck } from '../../../src/app/client/context.ts';
import type { SessionEvent } from '../../../src/core/session/event.ts';
import type { EndpointPolicy } from '../../../src/core/endpoint/policy.ts';
import { ApertureError } from '../../../src/core/errors.ts';
import {
  ManualClock,
  ManualEnvironment,
  placeAt,
  RecordingHost,
  ScriptedProtocol,
  settle,
  summary,
  text,
  turn,
} from './kit.ts';

let clock: ManualClock;
let environment: ManualEnvironment;
let protocol: ScriptedProtocol;
let host: RecordingHost;
let client: ApertureClient;
let found: SessionCheck;
let random: number;

function start(limit?: number, policy: Partial<EndpointPolicy> = {}): void {
  client?.dispose();
  client = new ApertureClient({
    host,
    environment,
    clock,
    random: () => random,
    client: 'tab-test',
    place: placeAt('http://gateway.test', protocol, policy),
    check: async () => found,
    ...(limit !== undefined && { limit }),
  });
}

const code = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'ok',
    (error: ApertureError) => error.code,
  );
const status = (id: string): string => client.getConnectionStatus(id).status;

/** Connects and attaches, in the time that the dial queue takes. */
async function connect(...ids: string[]): Promise<void> {
  const before = protocol.onOpen;
  protocol.onOpen = (link) => link.attach();
  const connecting = ids.map((id) => client.connectSession(id));
  await clock.advance(50 * ids.length);
  await Promise.all(connecting);
  protocol.onOpen = before;
}

beforeEach(() => {
  clock = new ManualClock();
  environment = new ManualEnvironment();
  protocol = new ScriptedProtocol();
  host = new RecordingHost();
  found = { status: 'there' };
  random = 0.5;
  start();
});
afterEach(() => client.dispose());

describe('connecting', () => {
  it('[R2] joins an attempt under way: one socket for one session', async () => {
    const first = client.connectSession('a');
    const second = client.connectSession('a');
    await settle();
    expect(protocol.links).toHaveLength(1);
    protocol.last.attach();
    expect(await Promise.all([code(first), code(second)])).toEqual(['ok', 'ok']);
    await client.connectSession('a');
    expect(protocol.links).toHaveLength(1);
  });

  it('[R7] rejects when the socket closes before it opened, and goes on trying', async () => {
    const connecting = client.connectSession('a');
    await settle();
    protocol.last.drop(1006);
    expect(await code(connecting)).toBe('dropped');
    expect(client.getConnectionStatus('a')).toMatchObject({ status: 'reconnecting', attempt: 1 });
  });

  it('[R7] rejects when it takes too long', async () => {
    const connecting = client.connectSession('a');
    const outcome = code(connecting);
    await clock.advance(10_000);
    expect(await outcome).toBe('timeout');
    expect(protocol.links[0]!.closed).toBe(true);
    expect(status('a')).toBe('reconnecting');
  });

  it('[R1, R3, R4, R5] at the limit the one that was idle longest hibernates; reconnecting evicts nobody', async () => {
    start(3);
    await connect('a', 'b', 'c');
    protocol.of('a')[0]!.event(1);
    await clock.advance(10);
    protocol.of('c')[0]!.event(1);
    // Status writes and pings are no activity (R5), so b stays the oldest.
    await clock.advance(30_000);
    await connect('d');
    expect(['a', 'b', 'c', 'd'].map(status)).toEqual([
      'connected',
      'disconnected',
      'connected',
      'connected',
    ]);
    expect(client.getConnectionStatus('b')).toEqual({
      status: 'disconnected',
      reason: 'hibernated',
    });
    protocol.of('a')[0]!.drop();
    await clock.advance(1_000);
    expect(protocol.of('a')).toHaveLength(2);
    expect(['c', 'd'].map(status)).toEqual(['connected', 'connected']);
  });

  it('[R4] none can yield: a clear error, and nothing is closed', async () => {
    start(2);
    await connect('a', 'b');
    host.viewed = 'a';
    host.busy.add('b');
    expect(await code(client.connectSession('c'))).toBe('connection_limit');
    expect(client.getConnectionStatus('c')).toMatchObject({
      status: 'error',
      error: { code: 'connection_limit', message: expect.stringContaining('disconnect one') },
    });
    expect([status('a'), status('b')]).toEqual(['connected', 'connected']);
  });

  it('[R4] one that has ended takes nobody’s place', async () => {
    start(1);
    await connect('a');
    client.sessionGone('b');
    expect(await code(client.connectSession('b'))).toBe('ended');
    expect(status('a')).toBe('connected');
  });

  it('[R4] one that holds an unsent message does not yield', async () => {
    start(1);
    await connect('a');
    protocol.last.say({ kind: 'summary', summary: summary('a', { turn: 'running' }) });
    client.sendToSession('a', [{ type: 'text', text: 'later' }]);
    expect(await code(client.connectSession('b'))).toBe('connection_limit');
    expect(status('a')).toBe('connected');
  });
});

describe('retrying', () => {
  it('[R8][R9] the wait grows over attempts, and over connections that did not last', async () => {
    random = 0.999;
    const connecting = code(client.connectSession('a'));
    const waits: number[] = [];
    for (let attempt = 0; attempt < 7; attempt++) {
      await settle();
      if (attempt === 3) protocol.last.attach();
      protocol.last.drop();
      const state = client.getConnectionStatus('a');
      if (state.status !== 'reconnecting') throw new Error(state.status);
      waits.push(Math.round((state.retryAt! - clock.now()) / 1_000));
      await clock.advance(state.retryAt! - clock.now());
    }
    expect(await connecting).toBe('dropped');
    expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30]);
  });

  it('[R8] the count starts again after an acknowledged attach and 5 s of uptime, not before', async () => {
    for (const [uptime, attempt] of [
      [4_900, 2],
      [5_100, 1],
    ] as const) {
      start();
      protocol.onOpen = () => {};
      const connecting = code(client.connectSession('a'));
      await settle();
      protocol.last.drop();
      await connecting;
      protocol.onOpen = (link) => link.attach();
      await clock.advance(1_000);
      await clock.advance(uptime - 500);
      protocol.last.drop();
      expect(client.getConnectionStatus('a')).toMatchObject({ status: 'reconnecting', attempt });
    }
  });

  it('[R9] a policy with an end gives up with a manual retry, and says n of m before', async () => {
    protocol.onOpen = (link) => link.drop();
    start(undefined, { reconnect: 'steps' });
    await code(client.connectSession('a'));
    expect(client.getConnectionStatus('a')).toMatchObject({ attempt: 1, max: 3 });
    await clock.advance(60_000);
    expect(protocol.links).toHaveLength(4);
    expect(client.getConnectionStatus('a')).toMatchObject({
      status: 'error',
      error: { code: 'gave_up', retryable: true },
    });
    client.retryNow('a');
    await clock.advance(100);
    expect(protocol.links).toHaveLength(5);
  });

  it.each([
    [4401, 'error'],
    [1008, 'error'],
    [1000, 'disconnected'],
    [4410, 'ended'],
    [4404, 'ended'],
  ])('[R10] close code %d is not retried: %s', async (closeCode, expected) => {
    await connect('a');
    protocol.last.drop(closeCode);
    await clock.advance(120_000);
    expect([status('a'), protocol.links.length]).toEqual([expected, 1]);
  });

  it.each([1001, 1006, 1011, 1012, 4429])('[R10] close code %d is retried', async (closeCode) => {
    await connect('a');
    protocol.last.drop(closeCode);
    await clock.advance(2_000);
    expect(protocol.links).toHaveLength(2);
  });

  it('[R11] a dial that fails: gone on the gateway ends it, out of reach does not', async () => {
    found = { status: 'gone' };
    await Promise.all([
      code(client.connectSession('a')),
      settle().then(() => protocol.last.drop()),
    ]);
    await settle();
    expect(client.getConnectionStatus('a')).toEqual({ status: 'ended', gone: true });
    found = { status: 'unreachable' };
    const other = code(client.connectSession('b'));
    await clock.advance(50);
    protocol.last.drop();
    await other;
    await clock.advance(2_000);
    expect(protocol.of('b').length).toBeGreaterThan(1);
  });

  it('[R11] refused because of the token: an error that says so, not retried for ever', async () => {
    found = { status: 'refused', error: new ApertureError('unauthorized', 'No.') };
    const connecting = code(client.connectSession('a'));
    await settle();
    protocol.last.drop();
    await connecting;
    await clock.advance(60_000);
    expect([status('a'), protocol.links.length]).toEqual(['error', 1]);
  });

  it('[R12] callbacks of an older attempt do nothing', async () => {
    await connect('a');
    const old = protocol.last;
    old.drop();
    await clock.advance(1_000);
    protocol.last.attach();
    expect(protocol.links).toHaveLength(2);
    old.event(1);
    old.attach({ head: 99 });
    old.drop(4410);
    expect([host.numbers('a'), status('a'), host.attachments.length]).toEqual([[], 'connected', 2]);
  });

  it('[R12] disconnecting cancels every timer; disposing too, and reports nothing any more', async () => {
    await connect('a', 'b');
    protocol.of('a')[0]!.drop();
    client.disconnectAll();
    await clock.advance(60_000);
    expect(protocol.links).toHaveLength(2);
    const told = host.states.get('b')!.length;
    client.dispose();
    client.dispose();
    protocol.of('b')[0]!.event(1);
    expect([clock.pending, host.states.get('b')!.length]).toEqual([0, told]);
    expect(await code(client.connectSession('a'))).toBe('disconnected');
  });

  it('[R13] an end is not overwritten by the close that follows it', async () => {
    await connect('a');
    protocol.last.event(1, { type: 'ended', by: 'tab-2' });
    protocol.last.drop(1006);
    client.disconnectSession('a');
    expect(client.getConnectionStatus('a')).toEqual({ status: 'ended', gone: false });
    expect(await code(client.connectSession('a'))).toBe('ended');
  });

  it('[R16] one session that fails, ends or is forgotten leaves the others alone', async () => {
    await connect('a', 'b', 'c', 'd');
    protocol.of('a')[0]!.drop(4401);
    protocol.of('b')[0]!.event(1, { type: 'ended' });
    client.forgetSession('c');
    await clock.advance(1_000);
    expect(status('d')).toBe('connected');
    expect(protocol.of('d').map((link) => link.closed)).toEqual([false]);
  });
});

describe('liveness and hints', () => {
  it('[R14] offline: shown as reconnecting at once, but the socket has the last word', async () => {
    await connect('a', 'b');
    protocol.of('b')[0]!.answersPings = false;
    environment.tell('offline');
    expect([status('a'), status('b')]).toEqual(['reconnecting', 'reconnecting']);
    await clock.advance(3_100);
    expect([status('a'), status('b')]).toEqual(['connected', 'reconnecting']);
    await clock.advance(5_000);
    expect(protocol.of('b').map((link) => link.closed)[0]).toBe(true);
    expect(protocol.of('a')).toHaveLength(1);
  });

  it('[R14] online: those that wait dial at once, the others are asked', async () => {
    random = 0.999;
    await connect('a', 'b');
    protocol.of('b')[0]!.drop();
    environment.tell('offline');
    const dials = protocol.links.length;
    const pings = protocol.of('a')[0]!.pings.length;
    environment.tell('online');
    await settle();
    expect(protocol.links).toHaveLength(dials + 1);
    expect(protocol.of('a')[0]!.pings.length).toBe(pings + 1);
    expect(status('a')).toBe('connected');
  });

  it('[R19] a half-open socket is found within 15 s and dialled again', async () => {
    await connect('a');
    protocol.last.answersPings = false;
    protocol.onOpen = (link) => link.attach();
    await clock.advance(15_000);
    expect(protocol.links[0]!.closed).toBe(true);
    await clock.advance(2_000);
    expect([protocol.links.length, status('a')]).toEqual([2, 'connected']);
  });

  it('[R19] after sleep, sessions that wait are back within 5 s, without a storm', async () => {
    const ids = Array.from({ length: 10 }, (_, index) => `s${index}`);
    await connect(...ids);
    random = 0.999;
    for (const link of protocol.links) link.drop();
    for (let round = 0; round < 5; round++) {
      protocol.onOpen = (link) => link.drop();
      await clock.advance(30_000);
    }
    const dials: number[] = [];
    protocol.onOpen = (link) => {
      dials.push(clock.now());
      link.attach();
    };
    clock.jump = 8 * 3_600_000;
    await clock.advance(5_500);
    expect(ids.map(status)).toEqual(ids.map(() => 'connected'));
    for (const at of dials) {
      expect(dials.filter((other) => other >= at && other <= at + 100).length).toBeLessThanOrEqual(
        3,
      );
    }
  });
});

describe('the log', () => {
  it('[R21] goes on from where the host stands, by epoch and number', async () => {
    await connect('a');
    protocol.last.event(1);
    protocol.last.event(2);
    protocol.last.drop();
    await clock.advance(1_000);
    expect(protocol.last.request.resume).toEqual({ epoch: 'e1', since: 2 });
    protocol.last.attach({ head: 3 });
    protocol.last.event(2);
    protocol.last.event(3);
    expect(host.numbers('a')).toEqual([1, 2, 3]);
  });

  it('[R21] a hole is mended by attaching again, at once and without asking anyone', async () => {
    await connect('a');
    protocol.last.event(1);
    protocol.last.event(4);
    await clock.advance(50);
    expect(protocol.last.request.resume.since).toBe(1);
    protocol.last.attach({ head: 4 });
    for (const n of [2, 3, 4]) protocol.last.event(n);
    expect(host.numbers('a')).toEqual([1, 2, 3, 4]);
  });

  it('[R55][R57] an answer goes to the session that asked, survives a drop, and is confirmed once', async () => {
    await connect('a', 'b');
    const answering = client.answer('a', 'r0', 'once');
    await settle();
    expect(protocol.of('a')[0]!.sent).toMatchObject([{ t: 'answer', id: 'r0', optionId: 'once' }]);
    expect(protocol.of('b')[0]!.sent).toEqual([]);
    protocol.of('a')[0]!.drop();
    await clock.advance(1_000);
    protocol.last.attach({ pending: ['r0'] });
    const [again] = protocol.last.sent as { key: string }[];
    expect(again).toMatchObject({ key: (protocol.of('a')[0]!.sent[0] as { key: string }).key });
    protocol.last.say({ kind: 'ack', key: again!.key, duplicate: false });
    expect(await code(answering)).toBe('ok');
  });

  it('[R56] an answer that cannot be sent is refused visibly', async () => {
    await connect('a');
    client.disconnectSession('a');
    expect(await code(client.answer('a', 'r0', 'once'))).toBe('not_connected');
  });

  it('[R56] an answer before the session is attached, as after a reload, goes out with it', async () => {
    const answering = client.answer('a', 'r0', 'once');
    const settled = client.answer('a', 'r1', 'once');
    protocol.onOpen = (link) => link.attach({ pending: ['r0'] });
    void client.connectSession('a');
    await clock.advance(50);
    expect(protocol.last.sent).toMatchObject([{ t: 'answer', id: 'r0' }]);
    expect(await code(settled)).toBe('ok');
    const { key } = protocol.last.sent[0] as { key: string };
    protocol.last.say({ kind: 'ack', key, duplicate: false });
    expect(await code(answering)).toBe('ok');
  });

  it('[R56] … and is given back when that does not come', async () => {
    const answering = code(client.answer('a', 'r0', 'once'));
    void client.connectSession('a').catch(() => {});
    await clock.advance(ANSWER_TIMEOUT_MS);
    expect(await answering).toBe('not_connected');
    expect(protocol.links.flatMap(({ sent }) => sent)).toEqual([]);
  });

  it('[R6][R43] a message sent while away waits, and one on the way is sent again by its key, once', async () => {
    const key = client.sendToSession('a', [{ type: 'text', text: 'hi' }]);
    expect(host.deliveries('a')).toEqual(['queued']);
    await connect('a');
    expect(protocol.last.prompts).toEqual([key]);
    protocol.last.drop();
    expect(host.deliveries('a')).toEqual(['unconfirmed']);
    await clock.advance(1_000);
    protocol.last.attach({ head: 1, session: summary('a', { turn: 'running' }) });
    expect(protocol.last.prompts).toEqual([]);
    protocol.last.event(1, text('hi', { role: 'user', key }));
    expect([host.deliveries('a'), protocol.last.prompts]).toEqual([[], []]);
  });

  it('[R40] interrupt: cancel, wait for the end, then send', async () => {
    await connect('a');
    protocol.last.event(1, turn('running'));
    const key = client.sendToSession('a', [{ type: 'text', text: 'stop that' }], 'interrupt');
    expect(protocol.last.sent).toEqual([{ t: 'cancel', key: expect.any(String) }]);
    protocol.last.event(2, turn('idle'));
    expect(protocol.last.prompts).toEqual([key]);
  });

  it('[R41] [R42] stopping names the turn that it means, as far as the log was read here', async () => {
    await connect('a');
    const named = () => {
      client.cancel('a');
      return (protocol.last.sent.at(-1) as { turn?: string }).turn;
    };
    expect(named()).toBeUndefined();
    protocol.last.event(1, { ...turn('running'), key: 'k1' } as SessionEvent);
    expect(named()).toBe('k1');
    protocol.last.event(2, { ...turn('idle'), key: 'k1' } as SessionEvent);
    protocol.last.event(3, { ...turn('running'), key: 'k2' } as SessionEvent);
    expect(named()).toBe('k2');
    // Another log: what was known means nothing there.
    protocol.last.drop();
    await clock.advance(1_000);
    protocol.last.attach({ epoch: 'another', mode: 'full' });
    expect(named()).toBeUndefined();
  });

  it('[R41] stopping goes to this session only, and says so when it cannot go out', async () => {
    await connect('a', 'b');
    client.cancel('a');
    expect([protocol.of('a')[0]!.sent.length, protocol.of('b')[0]!.sent.length]).toEqual([1, 0]);
    client.disconnectSession('b');
    Object.assign(protocol, { afterDrop: 'retry' });
    expect(() => client.cancel('c')).toThrow(expect.objectContaining({ code: 'not_connected' }));
  });
});
