import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApertureClient } from '../../../src/app/client/aperture-client.ts';
import { LocalLog } from '../../../src/app/client/protocols/local-log.ts';
import { Requests } from '../../../src/app/client/protocols/requests.ts';
import { OPEN_TIMEOUT_MS } from '../../../src/core/limits.ts';
import {
  ManualClock,
  ManualEnvironment,
  openRequest,
  placeAt,
  RecordingHost,
  ScriptedProtocol,
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

const status = (): string => client.getConnectionStatus('a').status;

describe('patience with an agent that starts slowly', () => {
  it('[R7] whoever answers may take longer to open the session, and not for ever', async () => {
    const outcome = client.connectSession('a').then(
      () => 'ok',
      (error: { code: string }) => error.code,
    );
    await clock.advance(5_000);
    protocol.last.request.sink.opening!(OPEN_TIMEOUT_MS);
    await clock.advance(OPEN_TIMEOUT_MS - 1_000);
    expect(status()).toBe('connecting');
    await clock.advance(1_000);
    expect(await outcome).toBe('timeout');
    expect(protocol.links[0]!.closed).toBe(true);
  });

  it('[R7] once it is open nothing of that is left', async () => {
    void client.connectSession('a');
    await clock.advance(100);
    protocol.last.attach();
    protocol.last.request.sink.opening!(1_000);
    await clock.advance(2_000);
    expect(status()).toBe('connected');
  });
});

it('[R71] a connection that ends because something could not be read says so', async () => {
  const outcome = client.connectSession('a').catch((error: Error) => error.message);
  await clock.advance(100);
  protocol.last.request.sink.closed(1006, 'The server sent a binary frame.');
  expect(await outcome).toBe('The server sent a binary frame.');
  // Negative control: words that a server sent with its own code do not take the place of ours.
  const next = client.connectSession('a').catch((error: Error) => error.message);
  await clock.advance(100);
  protocol.last.request.sink.closed(1011, 'told by a stranger');
  expect(await next).not.toBe('told by a stranger');
});

it('[R30] requests that a server begins by itself are bounded; those that run go on', () => {
  const log = new LocalLog(
    openRequest({
      endpoint: { url: 'http://x.test', token: '' },
      sockets: () => {
        throw new Error('no sockets here');
      },
      sink: { incoming: () => {}, closed: () => {} },
    }),
  );
  const requests = new Requests({ log, partial: 'keep', clock, abandon: () => {} });
  const verdicts = Array.from({ length: 150 }, (_, index) => requests.opened(`r${index}`));
  expect(verdicts.filter((each) => each === undefined)).toHaveLength(100);
  expect(new Set(verdicts.slice(100))).toEqual(new Set(['too_many']));
  expect(requests.chunk('r99', 'heard')).toBeUndefined();
  expect(requests.chunk('r100', 'not heard')).toBe('unknown_request');
  requests.finish('r0');
  expect(requests.opened('r200')).toBeUndefined();
  requests.dispose();
});
