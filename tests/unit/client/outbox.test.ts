import { beforeEach, describe, expect, it } from 'vitest';
import { Answers, ANSWER_TIMEOUT_MS } from '../../../src/app/client/answers.ts';
import { Outbox } from '../../../src/app/client/outbox.ts';
import type { OutboxEntry } from '../../../src/app/client/ports.ts';
import { ApertureError } from '../../../src/core/errors.ts';
import { MAX_CLIENT_FRAME_BYTES, MAX_OUTBOX } from '../../../src/core/limits.ts';
import { ManualClock } from './kit.ts';

const busy = { code: 'busy', message: 'A turn runs.', retryable: true };
const words = (value: string) => [{ type: 'text' as const, text: value }];

const entry = (key: string, state: 'queued' | 'sent' | 'accepted'): OutboxEntry => ({
  key,
  prompt: words(key),
  createdAt: 1,
  delivery: { state },
});
const settled = async (promise: Promise<void>): Promise<string> =>
  promise.then(
    () => 'ok',
    (error: ApertureError) => error.code,
  );

const made = () => {
  const sent: [key: string, steer: boolean | undefined][] = [];
  let shown: readonly OutboxEntry[] = [];
  const outbox = new Outbox({
    now: () => 1,
    send: (key, _prompt, steer) => sent.push([key, steer]),
    changed: (entries) => (shown = entries),
  });
  return { outbox, sent, shown: () => shown.map(({ key, delivery }) => [key, delivery.state]) };
};

describe('a message into the running turn', () => {
  it('[R40] goes at once, before those that wait; they go when the turn is over', () => {
    const { outbox, sent, shown } = made();
    outbox.ready('running', true);
    const [a, b] = [outbox.add(words('a')), outbox.add(words('b'))];
    expect(sent).toEqual([]);
    expect(outbox.steer(b)).toBe(true);
    expect(sent).toEqual([[b, true]]);
    expect(shown()).toEqual([
      [b, 'sent'],
      [a, 'queued'],
    ]);
    // One is on its way: nothing overtakes it, and it goes once.
    expect([outbox.steer(a), outbox.steer(b)]).toEqual([false, false]);
    outbox.acknowledged(b, false);
    outbox.seen(b);
    outbox.turnChanged('idle');
    expect(sent).toEqual([
      [b, true],
      [a, undefined],
    ]);
  });

  it('[R40] that the turn does not take waits for its end', () => {
    const { outbox, sent, shown } = made();
    outbox.ready('running', true);
    const a = outbox.add(words('a'));
    outbox.steer(a);
    outbox.refused(a, busy);
    expect(shown()).toEqual([[a, 'queued']]);
    outbox.turnChanged('idle');
    expect(sent.at(-1)).toEqual([a, undefined]);
  });

  it('[R6] stays queued without a connection or a turn', () => {
    const { outbox, sent } = made();
    const a = outbox.add(words('a'));
    expect(outbox.steer(a)).toBe(false);
    expect(sent).toEqual([]);
    outbox.ready('running', true);
    outbox.lost();
    expect(outbox.steer(a)).toBe(false);
  });
});

describe('outbox', () => {
  let outbox: Outbox;
  let sent: string[];
  let shown: readonly OutboxEntry[];
  const states = () => shown.map(({ delivery }) => delivery.state);
  const keys = () => shown.map(({ key }) => key);

  beforeEach(() => {
    sent = [];
    shown = [];
    outbox = new Outbox({
      now: () => 1,
      send: (key) => sent.push(key),
      changed: (entries) => (shown = entries),
    });
  });

  it('[R6] what no frame can hold is refused, instead of ending every connection that tries', () => {
    outbox.ready('idle', true);
    const bytes = 'ä'.repeat(MAX_CLIENT_FRAME_BYTES / 2);
    expect(() => outbox.add(words(bytes))).toThrow(
      expect.objectContaining({ code: 'message_too_large' }),
    );
    expect([states(), sent]).toEqual([[], []]);
    outbox.add(words('first'));
    const key = outbox.add(words('x'));
    expect(() => outbox.edit(key, words(bytes))).toThrow(
      expect.objectContaining({ code: 'message_too_large' }),
    );
    // Negative control: just what fits goes.
    outbox.add(words('x'.repeat(MAX_CLIENT_FRAME_BYTES - 4_096)));
    expect(states()).toEqual(['sent', 'queued', 'queued']);
  });

  it('[R6] what cannot go out now is queued visibly, and goes when it can', () => {
    const key = outbox.add(words('hi'));
    expect([states(), sent]).toEqual([['queued'], []]);
    outbox.ready('idle', true);
    expect([states(), sent]).toEqual([['sent'], [key]]);
    outbox.acknowledged(key, false);
    expect(states()).toEqual(['accepted']);
    outbox.seen(key);
    expect(states()).toEqual([]);
  });

  it('[R40] one at a time: the next goes when the turn is idle', () => {
    outbox.ready('idle', true);
    const [a, b] = [outbox.add(words('a')), outbox.add(words('b'))];
    outbox.acknowledged(a, false);
    outbox.seen(a);
    expect(sent).toEqual([a]);
    outbox.turnChanged('running');
    expect(sent).toEqual([a]);
    outbox.turnChanged('idle');
    expect(sent).toEqual([a, b]);
  });

  it('[R40] refused because a turn runs: back in the queue, sent when it has ended', () => {
    outbox.ready('idle', true);
    const key = outbox.add(words('a'));
    outbox.refused(key, busy);
    expect([states(), sent]).toEqual([['queued'], [key]]);
    outbox.turnChanged('idle');
    expect(sent).toEqual([key, key]);
  });

  it('[R47] refused for another reason: visible with it, and later messages go on', () => {
    outbox.ready('idle', true);
    const a = outbox.add(words('a'));
    const b = outbox.add(words('b'));
    outbox.refused(a, { code: 'empty_prompt', message: 'Empty.', retryable: false });
    expect(states()).toEqual(['refused', 'sent']);
    expect(sent).toEqual([a, b]);
    outbox.resend(a);
    expect(states()).toEqual(['queued', 'sent']);
  });

  it('[R43] lost on the way: unconfirmed, and sent again by the same key when the log is known not to have it', () => {
    outbox.ready('idle', true);
    const key = outbox.add(words('a'));
    const later = outbox.add(words('b'));
    outbox.lost();
    expect(states()).toEqual(['unconfirmed', 'queued']);
    outbox.ready('idle', true);
    expect(sent).toEqual([key, key]);
    expect(later).not.toBe(key);
  });

  it('[R43] lost, but the log has it: nothing is sent again', () => {
    outbox.ready('idle', true);
    const key = outbox.add(words('a'));
    outbox.lost();
    outbox.seen(key);
    outbox.ready('running', true);
    expect([sent, states()]).toEqual([[key], []]);
  });

  it('[R43] lost, and its acknowledgement says that it had run in a part of the log that is gone: done', () => {
    outbox.ready('idle', true);
    const key = outbox.add(words('a'));
    outbox.lost();
    outbox.ready('idle', true);
    outbox.acknowledged(key, true);
    expect(states()).toEqual([]);
  });

  it('[R43] another log does not know the key: the user decides, and later messages wait for that', () => {
    outbox.ready('idle', true);
    const key = outbox.add(words('a'));
    const later = outbox.add(words('b'));
    outbox.lost();
    outbox.ready('idle', false);
    expect([states(), sent]).toEqual([['unconfirmed', 'queued'], [key]]);
    outbox.resend(key);
    expect(sent).toEqual([key, key]);
    outbox.lost();
    outbox.ready('idle', false);
    outbox.withdraw(key);
    expect(sent).toEqual([key, key, later]);
  });

  it('[R40] a queued message can be edited and withdrawn, one on the wire cannot', () => {
    const a = outbox.add(words('a'));
    outbox.edit(a, words('better'));
    expect(shown[0]).toMatchObject({ prompt: words('better'), delivery: { state: 'queued' } });
    outbox.ready('idle', true);
    const { key } = shown[0]!;
    expect(outbox.edit(key, words('worse'))).toBe(false);
    expect(outbox.withdraw(key)).toBeUndefined();
    expect(states()).toEqual(['sent']);
    const b = outbox.add(words('b'));
    expect(outbox.withdraw(b)?.prompt).toEqual(words('b'));
    expect(shown).toHaveLength(1);
  });

  it('[R40] queued ones change places; nothing goes before one that may have arrived', () => {
    outbox.restore([
      entry('q1', 'queued'),
      entry('u', 'sent'),
      entry('q2', 'queued'),
      entry('q3', 'queued'),
    ]);
    expect(keys()).toEqual(['u', 'q1', 'q2', 'q3']);
    expect(outbox.move('q3', 1)).toBe(true);
    expect(keys()).toEqual(['u', 'q3', 'q1', 'q2']);
    outbox.move('q2', -5);
    expect(keys()).toEqual(['u', 'q2', 'q3', 'q1']);
    outbox.move('q2', 99);
    expect(keys()).toEqual(['u', 'q3', 'q1', 'q2']);
    expect([outbox.move('u', 2), outbox.move('none', 0)]).toEqual([false, false]);
    outbox.ready('idle', true);
    outbox.acknowledged('u', true);
    expect([sent, outbox.move('q3', 2)]).toEqual([['u', 'q3'], false]);
    outbox.seen('q3');
    outbox.turnChanged('idle');
    expect(sent).toEqual(['u', 'q3', 'q1']);
  });

  it('[R30] more than fits comes back: the rest is refused with its words, not dropped', () => {
    for (let index = 0; index < 3; index++) outbox.add(words(`${index}`));
    outbox.restore(Array.from({ length: MAX_OUTBOX }, (_, index) => entry(`k${index}`, 'queued')));
    expect(shown).toHaveLength(MAX_OUTBOX + 3);
    expect(states().filter((state) => state === 'refused')).toHaveLength(3);
    expect(shown.at(-1)).toMatchObject({
      prompt: words('2'),
      delivery: { error: { code: 'outbox_full', retryable: true } },
    });
    expect(() => outbox.add(words('more'))).toThrow(/waiting/);
    for (let index = 0; index < 4; index++) outbox.withdraw(`k${index}`);
    outbox.resend(shown.at(-1)!.key);
    expect(states().at(-1)).toBe('queued');
  });

  it('[R40] what another tab sends is not ours any more', () => {
    const [a, b] = [outbox.add(words('a')), outbox.add(words('b'))];
    outbox.release([a]);
    outbox.ready('idle', true);
    expect(sent).toEqual([b]);
  });

  it('[R30] is bounded, and says so instead of dropping', () => {
    for (let index = 0; index < MAX_OUTBOX; index++) outbox.add(words(`${index}`));
    expect(() => outbox.add(words('one more'))).toThrow(
      expect.objectContaining({ code: 'outbox_full' }),
    );
    expect(shown).toHaveLength(MAX_OUTBOX);
  });

  it('[R6] comes back after a reload: what was on the way is uncertain', () => {
    outbox.restore([entry('a', 'accepted'), entry('b', 'queued')]);
    outbox.restore([entry('a', 'accepted'), entry('b', 'queued')]);
    expect(states()).toEqual(['unconfirmed', 'queued']);
  });
});

describe('answers', () => {
  it('[R57] two answers to one request are one', () => {
    const answers = new Answers(new ManualClock());
    const sent: string[] = [];
    const send = (key: string): void => void sent.push(key);
    const first = answers.submit('r0', 'once', send);
    expect(answers.submit('r0', 'always', send)).toBe(first);
    expect(sent).toHaveLength(1);
    answers.rejectAll(new ApertureError('x', 'x'));
    return expect(first).rejects.toThrow('x');
  });

  it('[R56] over a lost connection: sent again by its key if it still waits there, else settled', async () => {
    const answers = new Answers(new ManualClock());
    const sent: string[] = [];
    const send = (key: string): void => void sent.push(key);
    const stays = answers.submit('r0', 'once', send);
    const gone = answers.submit('r1', 'once', send);
    answers.attached(['r0'], send);
    expect(sent[2]).toBe(sent[0]);
    expect(await settled(gone)).toBe('ok');
    answers.acknowledged(sent[0]!);
    expect(await settled(stays)).toBe('ok');
  });

  it('[R56] refused or never confirmed: rejects with the reason, once, and no timer stays', async () => {
    const clock = new ManualClock();
    const answers = new Answers(clock);
    const keys: string[] = [];
    const refused = answers.submit('r0', undefined, (key) => keys.push(key));
    answers.refused(keys[0]!, { code: 'already_answered', message: 'Too late.', retryable: false });
    expect(await settled(refused)).toBe('already_answered');
    const silent = answers.submit('r1', undefined, () => {});
    await clock.advance(ANSWER_TIMEOUT_MS);
    expect(await settled(silent)).toBe('answer_unconfirmed');
    const unsent = answers.submit('r2', undefined, () => false);
    await clock.advance(ANSWER_TIMEOUT_MS);
    expect(await settled(unsent)).toBe('not_connected');
    expect(clock.pending).toBe(0);
  });
});
