import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApertureClient } from '../../../src/app/client/aperture-client.ts';
import type { SessionEvent } from '../../../src/core/session/event.ts';
import {
  ManualClock,
  ManualEnvironment,
  placeAt,
  RecordingHost,
  ScriptedProtocol,
  summary,
  turn,
} from './kit.ts';

let clock: ManualClock;
let environment: ManualEnvironment;
let protocol: ScriptedProtocol;
let host: RecordingHost;
let client: ApertureClient;

beforeEach(() => {
  clock = new ManualClock();
  environment = new ManualEnvironment();
  protocol = new ScriptedProtocol();
  host = new RecordingHost();
  client = new ApertureClient({
    host,
    environment,
    clock,
    random: () => 0.5,
    client: 'tab-test',
    place: placeAt('http://gateway.test', protocol),
    check: async () => ({ status: 'there' }),
  });
});
afterEach(() => client.dispose());

const status = (id: string): string => client.getConnectionStatus(id).status;

/** Connects and attaches, in the time that the dial queue takes. */
async function connect(...ids: string[]): Promise<void> {
  protocol.onOpen = (link) => link.attach();
  const connecting = ids.map((id) => client.connectSession(id));
  await clock.advance(50 * ids.length);
  await Promise.all(connecting);
  protocol.onOpen = () => {};
}

/** A turn runs, the socket is half open, and the user presses Stop. */
async function stopIntoTheVoid(): Promise<string> {
  await connect('a');
  protocol.last.event(1, { ...turn('running'), key: 'k1' } as SessionEvent);
  client.cancel('a');
  const [cancel] = protocol.last.sent as { key: string }[];
  protocol.last.drop();
  expect(host.cancels.at(-1)).toBe('waiting');
  await clock.advance(1_000);
  return cancel!.key;
}

describe('what the user wants outlives a connection', () => {
  it('[R41][R43] a cancel that was lost with its socket goes again with the next, by its key', async () => {
    const key = await stopIntoTheVoid();
    protocol.last.attach({ head: 1, session: summary('a', { turn: 'running' }) });
    expect(protocol.last.sent).toEqual([{ t: 'cancel', key, turn: 'k1' }]);
    protocol.last.say({ kind: 'ack', key, duplicate: false });
    expect(host.cancels).toEqual(['sent', 'waiting', 'sent', 'none']);
    protocol.last.drop();
    await clock.advance(2_000);
    protocol.last.attach({ head: 1, session: summary('a', { turn: 'running' }) });
    expect(protocol.last.sent).toEqual([]);
  });

  it('[R41] … and does nothing when that turn has ended meanwhile, though another runs', async () => {
    await stopIntoTheVoid();
    protocol.last.attach({ head: 3, session: summary('a', { turn: 'running' }) });
    protocol.last.event(2, { ...turn('idle'), key: 'k1' } as SessionEvent);
    protocol.last.event(3, { ...turn('running'), key: 'k2' } as SessionEvent);
    expect([protocol.last.sent, host.cancels.at(-1)]).toEqual([[], 'none']);
  });

  it('[R40][R41] without a connection: kept, shown, and carried out when there is one; then the message goes', async () => {
    await connect('a');
    protocol.last.event(1, { ...turn('running'), key: 'k1' } as SessionEvent);
    protocol.last.drop();
    const key = client.sendToSession('a', [{ type: 'text', text: 'stop that' }], 'interrupt');
    expect(host.cancels).toEqual(['waiting']);
    await clock.advance(1_000);
    protocol.last.attach({ head: 1, session: summary('a', { turn: 'running' }) });
    expect(protocol.last.sent).toMatchObject([{ t: 'cancel', turn: 'k1' }]);
    protocol.last.event(2, { ...turn('idle'), key: 'k1' } as SessionEvent);
    expect(protocol.last.prompts).toEqual([key]);
  });

  it('[R41] the user disconnects: what was wanted before is over', async () => {
    await stopIntoTheVoid();
    client.disconnectSession('a');
    await connect('a');
    expect([protocol.last.sent, host.cancels.at(-1)]).toEqual([[], 'none']);
  });

  it('[R21][R71] an entry that cannot be read is asked for once more, then shown as a gap; nothing loops', async () => {
    await connect('a');
    protocol.last.event(1);
    protocol.last.say({ kind: 'unreadable', n: 3, why: 'too deep' });
    expect([status('a'), protocol.last.closed]).toEqual(['reconnecting', true]);
    await clock.advance(1_000);
    protocol.last.attach({ head: 4 });
    protocol.last.event(2);
    protocol.last.say({ kind: 'unreadable', n: 3, why: 'too deep' });
    protocol.last.event(4);
    expect([status('a'), protocol.links.length]).toEqual(['connected', 2]);
    expect(host.log.get('a')!.map(({ n, event }) => [n, event.type])).toEqual([
      [1, 'chunk'],
      [2, 'chunk'],
      [3, 'gap'],
      [4, 'chunk'],
    ]);
    // The whole log was read, so what waits goes out.
    client.sendToSession('a', [{ type: 'text', text: 'on' }]);
    expect(protocol.last.prompts).toHaveLength(1);
  });

  it('[R21] the last entry of all cannot be read: the page is not stuck before it', async () => {
    await connect('a');
    protocol.last.say({ kind: 'unreadable', n: 2, why: 'too large' });
    await clock.advance(1_000);
    protocol.last.attach({ head: 2 });
    protocol.last.say({ kind: 'unreadable', n: 2, why: 'too large' });
    expect(host.log.get('a')).toMatchObject([{ n: 2, event: { type: 'gap', from: 1, to: 2 } }]);
    client.sendToSession('a', [{ type: 'text', text: 'on' }]);
    expect(protocol.last.prompts).toHaveLength(1);
  });

  it('[R19] a page that stands still lets its sockets go, and dials at once when it goes on', async () => {
    await connect('a', 'b');
    client.disconnectSession('b');
    client.sleep();
    expect([status('a'), status('b')]).toEqual(['reconnecting', 'disconnected']);
    expect(protocol.of('a')[0]!.closed).toBe(true);
    environment.tell('online');
    environment.tell('shown');
    client.retryNow('a');
    await clock.advance(60_000);
    expect(protocol.links).toHaveLength(2);
    client.wakeUp();
    client.wakeUp();
    await clock.advance(50);
    expect(protocol.links).toHaveLength(3);
    protocol.last.attach();
    expect([status('a'), status('b')]).toEqual(['connected', 'disconnected']);
  });
});
