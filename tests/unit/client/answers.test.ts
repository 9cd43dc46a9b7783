import { describe, expect, it } from 'vitest';
import { ApertureClient } from '../../../src/app/client/aperture-client.ts';
import {
  ManualClock,
  ManualEnvironment,
  placeAt,
  RecordingHost,
  ScriptedProtocol,
  settle,
} from './kit.ts';

/** An answer is on its way when the connection breaks; the next one finds a log of the epoch given. */
async function answerOver(epoch: string): Promise<{ sentAgain: boolean; outcome: string }> {
  const clock = new ManualClock();
  const host = new RecordingHost();
  const protocol = new ScriptedProtocol();
  const client = new ApertureClient({
    host,
    clock,
    environment: new ManualEnvironment(),
    place: placeAt('http://gateway.test', protocol),
    check: () => Promise.resolve({ status: 'there' }),
    client: 'tab-test',
    random: () => 0,
  });
  protocol.onOpen = (link) => link.attach({ epoch: 'before', pending: ['r7'] });
  const connecting = client.connectSession('a');
  await clock.advance(100);
  await connecting;
  let outcome = 'waits';
  client.answer('a', 'r7', 'once').then(
    () => (outcome = 'answered'),
    ({ code }: { code: string }) => (outcome = code),
  );
  await settle();
  protocol.onOpen = (link) => link.attach({ epoch, pending: ['r7'] });
  protocol.last.drop();
  await clock.advance(1_000);
  await settle();
  const sentAgain = protocol.last.sent.some((frame) => (frame as { t: string }).t === 'answer');
  client.dispose();
  return { sentAgain, outcome };
}

describe('answers over a reconnect', () => {
  it('[R55, R57] in the same log the answer is sent again by its key', async () => {
    expect(await answerOver('before')).toEqual({ sentAgain: true, outcome: 'waits' });
  });

  it('[R55, R56] in another log the same request id may be another question: it is given back', async () => {
    expect(await answerOver('after')).toEqual({ sentAgain: false, outcome: 'answer_unconfirmed' });
  });
});
