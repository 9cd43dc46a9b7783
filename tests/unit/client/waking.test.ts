import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApertureClient } from '../../../src/app/client/aperture-client.ts';
import { ManualClock, ManualEnvironment, placeAt, RecordingHost, ScriptedProtocol } from './kit.ts';

const EIGHT_HOURS = 8 * 3_600_000;
const ids = Array.from({ length: 10 }, (_, index) => `s${index}`);

let clock: ManualClock;
let protocol: ScriptedProtocol;
let client: ApertureClient;
let environment: ManualEnvironment;

beforeEach(() => {
  clock = new ManualClock();
  protocol = new ScriptedProtocol();
  protocol.onOpen = (link) => link.attach();
  environment = new ManualEnvironment();
  client = new ApertureClient({
    host: new RecordingHost(),
    place: placeAt('http://127.0.0.1:1', protocol),
    check: () => Promise.resolve({ status: 'there' }),
    environment,
    client: 'tab-test',
    clock,
    random: () => 0.999,
  });
});
afterEach(() => client.dispose());

async function connectAll(): Promise<void> {
  for (const id of ids) client.connectSession(id).catch(() => {});
  await clock.advance(1_000);
  expect(statuses()).toEqual(ids.map(() => 'connected'));
}

const statuses = (): string[] => ids.map((id) => client.getConnectionStatus(id).status);

describe('waking', () => {
  it.each([0, 300, 700, 999, 4_000, 9_500])(
    '[R19] sockets that died silently in sleep are replaced within 5 s (%d ms after a ping)',
    async (phase) => {
      await connectAll();
      await clock.advance(10_000 + phase);
      for (const link of protocol.links) link.answersPings = false;
      const before = protocol.links.length;
      clock.jump = EIGHT_HOURS;
      // A look at the clock, the wait for a pong, ten dials: with time to spare for a slow machine.
      await clock.advance(3_700);
      expect(statuses()).toEqual(ids.map(() => 'connected'));
      expect(protocol.links.length - before).toBe(ids.length);
    },
  );

  it('[R19] a deadline from before sleep is not waited for', async () => {
    await connectAll();
    for (const link of protocol.links) link.answersPings = false;
    // Just pinged: that deadline would run for another 4.9 s.
    await clock.advance(9_100);
    clock.jump = EIGHT_HOURS;
    await clock.advance(5_000);
    expect(statuses()).toEqual(ids.map(() => 'connected'));
  });

  it('[R19] a dial from before sleep is given up for a new one', async () => {
    protocol.onOpen = () => {};
    client.connectSession('s0').catch(() => {});
    await clock.advance(500);
    protocol.onOpen = (link) => link.attach();
    clock.jump = EIGHT_HOURS;
    await clock.advance(2_000);
    expect(client.getConnectionStatus('s0').status).toBe('connected');
    expect(protocol.links).toHaveLength(2);
  });

  it('[R19] a clock that is set while sockets live costs a ping each, and no dial', async () => {
    await connectAll();
    for (const jump of [3_600_000, -3_600_000, 86_400_000, 0]) {
      clock.jump = jump;
      await clock.advance(5_000);
      expect(statuses()).toEqual(ids.map(() => 'connected'));
    }
    expect(protocol.links).toHaveLength(ids.length);
  });

  it('negative control: sockets that answer too late are found out, those that answer are kept', async () => {
    await connectAll();
    protocol.links[0]!.answersPings = false;
    clock.jump = EIGHT_HOURS;
    await clock.advance(5_000);
    expect(protocol.links.map(({ closed }) => closed).slice(0, 3)).toEqual([true, false, false]);
    expect(protocol.links).toHaveLength(ids.length + 1);
  });

  it('[R14] a socket that cannot be asked is not shown as reconnecting for ever after the word “offline”', async () => {
    protocol.onOpen = (link) => {
      Object.assign(link, { liveness: undefined });
      link.attach();
    };
    await connectAll();
    environment.tell('offline');
    expect(statuses()).toEqual(ids.map(() => 'reconnecting'));
    await clock.advance(3_100);
    expect(statuses()).toEqual(ids.map(() => 'connected'));
    environment.tell('offline');
    environment.tell('online');
    expect(statuses()).toEqual(ids.map(() => 'connected'));
    expect(protocol.links).toHaveLength(ids.length);
  });
});
