import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApertureClient } from '../../../src/app/client/aperture-client.ts';
import type { SettingChange } from '../../../src/app/client/settings.ts';
import {
  ManualClock,
  ManualEnvironment,
  placeAt,
  RecordingHost,
  ScriptedProtocol,
  settle,
} from './kit.ts';

let clock: ManualClock;
let protocol: ScriptedProtocol;
let client: ApertureClient;

beforeEach(() => {
  clock = new ManualClock();
  protocol = new ScriptedProtocol();
  client = new ApertureClient({
    host: new RecordingHost(),
    environment: new ManualEnvironment(),
    clock,
    random: () => 0.5,
    client: 'tab-test',
    place: placeAt('http://gateway.test', protocol),
    check: async () => ({ status: 'there' }),
  });
});
afterEach(() => client.dispose());

async function connect(): Promise<void> {
  protocol.onOpen = (link) => link.attach();
  const connecting = client.connectSession('a');
  await clock.advance(50);
  await connecting;
}

/** How it ended, or `waiting`. */
function watch(change: SettingChange): { state: string } {
  const watched = { state: 'waiting' };
  client.set('a', change).then(
    () => (watched.state = 'over'),
    (error: { code: string }) => (watched.state = error.code),
  );
  return watched;
}

const key = (index: number): string => (protocol.last.sent[index] as { key: string }).key;

describe('a change of the agent’s mode or options', () => {
  it('goes out with a key of its own, and is over when the log says what became of it', async () => {
    await connect();
    const mode = watch({ mode: 'code' });
    const option = watch({ option: 'fast', value: true });
    await settle();
    expect(protocol.last.sent).toMatchObject([
      { t: 'set_mode', mode: 'code' },
      { t: 'set_option', option: 'fast', value: true },
    ]);
    expect(key(0)).not.toBe(key(1));
    // Taken over is not taken: the agent may still refuse.
    protocol.last.say({ kind: 'ack', key: key(0), duplicate: false });
    // Nor is another's change.
    protocol.last.event(1, { type: 'mode', modeId: 'ask', key: 'of another tab' });
    await settle();
    expect([mode.state, option.state]).toEqual(['waiting', 'waiting']);
    protocol.last.event(2, { type: 'mode', modeId: 'code', key: key(0) });
    const error = { code: 'setting_refused', message: 'No.', retryable: false };
    protocol.last.event(3, { type: 'error', error, key: key(1) });
    await settle();
    expect([mode.state, option.state]).toEqual(['over', 'over']);
  });

  it('[R47] rejects with the server’s refusal', async () => {
    await connect();
    const mode = watch({ mode: 'code' });
    await settle();
    const error = { code: 'agent_not_ready', message: 'Not yet.', retryable: true };
    protocol.last.say({ kind: 'refused', key: key(0), error });
    await settle();
    expect(mode.state).toBe('agent_not_ready');
  });

  it('[R43] is settled when its connection breaks, and not sent again by the next', async () => {
    await connect();
    const mode = watch({ mode: 'code' });
    await settle();
    protocol.last.drop();
    await clock.advance(2_000);
    expect(mode.state).toBe('setting_unconfirmed');
    expect(protocol.last.sent).toEqual([]);
    client.disconnectSession('a');
    const later = watch({ mode: 'code' });
    await settle();
    expect(later.state).toBe('not_connected');
  });

  it('[R30] waits with twenty others at most', async () => {
    await connect();
    const all = Array.from({ length: 21 }, (_, i) => watch({ mode: `m${i}` }));
    await settle();
    expect(all.at(-1)!.state).toBe('too_many');
    expect(all[19]!.state).toBe('waiting');
    expect(protocol.last.sent).toHaveLength(20);
  });
});
