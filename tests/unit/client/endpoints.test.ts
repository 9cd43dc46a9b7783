import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApertureClient } from '../../../src/app/client/aperture-client.ts';
import type { Link, OpenRequest, Place } from '../../../src/app/client/protocols/port.ts';
import { verdictOf } from '../../../src/app/client/verdict.ts';
import type { EndpointPolicy } from '../../../src/core/endpoint/policy.ts';
import { ApertureError } from '../../../src/core/errors.ts';
import type { SessionAbilities } from '../../../src/core/session/abilities.ts';
import {
  ManualClock,
  ManualEnvironment,
  placeAt,
  RecordingHost,
  ScriptedLink,
  ScriptedProtocol,
  settle,
  text,
  turn,
} from './kit.ts';

/** A server that can neither stop nor ask, and whose sessions end as its test says. */
class PoorProtocol extends ScriptedProtocol {
  override readonly shared = false;

  override open(request: OpenRequest): Link {
    const link = super.open(request) as ScriptedLink;
    const { prompt, close } = link;
    return {
      prompt: (key) => prompt.call(link, key),
      afterDrop: this.dropped,
      close: () => close.call(link),
    };
  }

  dropped: SessionAbilities['afterDrop'] = 'retry';
}

let clock: ManualClock;
let host: RecordingHost;
let protocol: ScriptedProtocol;
let client: ApertureClient;
let nowhere: boolean;

function start(next: ScriptedProtocol, policy: Partial<EndpointPolicy> = {}): void {
  client?.dispose();
  protocol = next;
  protocol.onOpen = (link) => link.attach({ head: link.request.resume.since });
  const find = placeAt('http://server.test', protocol, policy);
  client = new ApertureClient({
    host,
    environment: new ManualEnvironment(),
    clock,
    random: () => 0.5,
    client: 'tab-test',
    place: (id): Place | undefined => (nowhere ? undefined : find(id)),
    check: async () => ({ status: 'there' }),
  });
}

async function connect(id = 'a'): Promise<void> {
  const connecting = client.connectSession(id);
  await clock.advance(50);
  await connecting;
}

const code = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'ok',
    (error: ApertureError) => error.code,
  );
const say = (): unknown => client.sendToSession('a', [{ type: 'text', text: 'x' }]);
const state = (): unknown => client.getConnectionStatus('a');

beforeEach(() => {
  nowhere = false;
  clock = new ManualClock();
  host = new RecordingHost();
  start(new ScriptedProtocol());
});
afterEach(() => client.dispose());

describe('abilities', () => {
  it('are what the link has, and nothing more; they stay known while it reconnects', async () => {
    await connect();
    expect(host.abilities.get('a')).toEqual({
      cancel: true,
      approve: true,
      settings: true,
      liveness: true,
      afterDrop: 'resume',
      concurrency: 'ask',
      shared: true,
    });
    start(new PoorProtocol(), { concurrency: 'queue' });
    await connect();
    expect(host.abilities.get('a')).toEqual({
      cancel: false,
      approve: false,
      settings: false,
      liveness: false,
      afterDrop: 'retry',
      concurrency: 'queue',
      shared: false,
    });
    expect(() => client.cancel('a')).toThrow('cannot be stopped');
    expect(await code(client.answer('a', 'r0', 'once'))).toBe('cannot_answer');
    expect(await code(client.set('a', { mode: 'code' }))).toBe('cannot_set');
  });
});

describe('the end of a connection', () => {
  const rich: SessionAbilities = {
    cancel: true,
    approve: true,
    settings: false,
    liveness: true,
    afterDrop: 'resume',
    concurrency: 'ask',
    shared: true,
  };

  it.each([
    ['retry', 'resume', 'retry'],
    ['retry', 'retry', 'retry'],
    ['retry', 'lost', 'lost'],
    ['retry', 'done', 'done'],
    ['fatal', 'lost', 'fatal'],
    ['done', 'resume', 'done'],
    ['lost', 'resume', 'lost'],
  ] as const)('[R10] a close that says %s, where a drop means %s, is %s', (says, drop, is) => {
    const info = { verdict: says, code: 'x', message: '' };
    expect(verdictOf(info, { ...rich, afterDrop: drop })).toBe(is);
    // Nothing was lost by a connection that never came up.
    expect(verdictOf(info, undefined)).toBe(says);
  });

  it('`lost`: the session is over, what was said stays, nobody dials', async () => {
    const poor = new PoorProtocol();
    poor.dropped = 'lost';
    start(poor);
    await connect();
    protocol.last.event(1, text('kept'));
    protocol.last.drop(1006);
    await clock.advance(60_000);
    expect(state()).toEqual({ status: 'ended', gone: true });
    expect(host.numbers('a')).toEqual([1]);
    expect(protocol.links).toHaveLength(1);
  });

  it('[R49] `done`: closed and quiet; the next message connects again, and one that waits does too', async () => {
    const poor = new PoorProtocol();
    poor.dropped = 'done';
    start(poor);
    await connect();
    protocol.last.drop(1000);
    await clock.advance(60_000);
    expect(state()).toEqual({ status: 'disconnected', reason: 'closed' });
    expect(protocol.links).toHaveLength(1);
    await connect();
    protocol.last.event(1, turn('running'));
    client.sendToSession('a', [{ type: 'text', text: 'waits' }]);
    protocol.last.drop(1000);
    await clock.advance(2_000);
    expect(protocol.links).toHaveLength(3);
    expect(protocol.last.prompts).toHaveLength(1);
  });

  it('[R9] `manual`: nothing is dialled before the user says so', async () => {
    start(new PoorProtocol(), { reconnect: 'manual' });
    await connect();
    protocol.last.drop(1006);
    await clock.advance(120_000);
    expect(state()).toMatchObject({ status: 'error', error: { code: 'gave_up', retryable: true } });
    expect(protocol.links).toHaveLength(1);
    client.retryNow('a');
    await clock.advance(50);
    expect(client.getConnectionStatus('a').status).toBe('connected');
  });

  it('[R64] closed for good by somebody else: no hint brings it back', async () => {
    await connect();
    client.failSession('a', new ApertureError('replaced', 'Another tab took over.'));
    expect(protocol.last.closed).toBe(true);
    await clock.advance(120_000);
    expect(state()).toMatchObject({ status: 'error', error: { code: 'replaced' } });
    expect(protocol.links).toHaveLength(1);
  });
});

describe('places', () => {
  it('a session that is nowhere: an error that says so, and nobody throws', async () => {
    nowhere = true;
    const connecting = client.connectSession('a');
    const told = code(connecting);
    await clock.advance(50);
    expect(await told).toBe('no_endpoint');
    expect(state()).toMatchObject({ status: 'error', error: { code: 'no_endpoint' } });
  });

  it('[R16] an adapter that throws costs its own attempt', async () => {
    await connect('b');
    protocol.open = () => {
      throw new Error('cannot');
    };
    const told = code(client.connectSession('a'));
    await clock.advance(50);
    expect(await told).toBe('cannot_open');
    expect(client.getConnectionStatus('b').status).toBe('connected');
  });

  it('what the adapter notes goes to the host, and what belongs to nobody is counted', async () => {
    await connect();
    protocol.last.say({ kind: 'remote', remote: { threadId: 't1' } });
    expect(host.remotes.get('a')).toEqual({ threadId: 't1' });
    for (const detail of ['one', 'two']) {
      protocol.last.say({ kind: 'ignored', why: 'foreign_scope', detail });
    }
    const report = client.inspect('a')!;
    expect(report.ignored).toEqual({ foreign_scope: 2 });
    expect(report.log.at(-1)).toContain('c=a#1 r=- s=a ignored (foreign_scope): two');
  });
});

describe('messages side by side', () => {
  it('[R40] `parallel`: each goes out at once; negative control: otherwise the second waits', async () => {
    await connect();
    say();
    say();
    expect(protocol.last.prompts).toHaveLength(1);
    start(new ScriptedProtocol(), { concurrency: 'parallel' });
    await connect();
    say();
    protocol.last.event(1, turn('running'));
    say();
    await settle();
    expect(protocol.last.prompts).toHaveLength(2);
  });
});

describe('report', () => {
  it('[R48][R30] counts attempts, reconnects, events and turns; its log has an end', async () => {
    await connect();
    protocol.last.event(1, turn('running'));
    await clock.advance(2_000);
    protocol.last.event(2, turn('idle'));
    protocol.last.drop(1006);
    await clock.advance(2_000);
    const report = client.inspect('a')!;
    expect(report).toMatchObject({
      connectionId: 'a#2',
      attempts: 2,
      reconnects: 1,
      eventsIn: 2,
      turns: { count: 1, median: 2_000, longest: 2_000 },
    });
    for (let line = 0; line < 100; line++) client.note('a', `line ${line}`);
    expect(client.inspect('a')!.log).toHaveLength(50);
    expect(client.inspect('a')!.log.at(-1)).toContain('line 99');
    expect(client.inspect('b')).toBeUndefined();
  });
});
