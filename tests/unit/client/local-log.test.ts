import { describe, expect, it, vi } from 'vitest';
import { CANCEL_MS, CancelLimit } from '../../../src/app/client/protocols/cancel-limit.ts';
import { LocalLog, SILENCE_MS } from '../../../src/app/client/protocols/local-log.ts';
import type { Incoming, OpenRequest } from '../../../src/app/client/protocols/port.ts';
import { DEFAULT_POLICY } from '../../../src/core/endpoint/policy.ts';
import type { SessionEvent } from '../../../src/core/session/event.ts';
import { applyEvent, noChange } from '../../../src/core/session/reduce.ts';
import { emptyTranscript } from '../../../src/core/session/transcript.ts';
import { ManualClock, openRequest, text, turn } from './kit.ts';

const HELLO = [{ type: 'text' as const, text: 'hello' }];

interface Heard {
  log: LocalLog;
  incoming: Incoming[];
  events(): SessionEvent[];
}

function logOf(
  more: Partial<OpenRequest> = {},
  partial: 'keep' | 'discard' = 'keep',
  options: ConstructorParameters<typeof LocalLog>[1] = {},
): Heard {
  const incoming: Incoming[] = [];
  const log = new LocalLog(
    openRequest({
      endpoint: { url: 'http://x.test', token: '' },
      sockets: () => {
        throw new Error('no sockets here');
      },
      policy: { ...DEFAULT_POLICY.acp, partial },
      sink: { incoming: (message) => incoming.push(message), closed: () => {} },
      ...more,
    }),
    options,
  );
  const events = (): SessionEvent[] =>
    incoming.flatMap((message) => (message.kind === 'event' ? message.event.event : []));
  return { log, incoming, events };
}

const OPEN = {
  was: { turn: 'running', pending: ['r1', 'r2'] },
  resume: { epoch: 'local-x', since: 7 },
} as const;

describe('a log that the page keeps', () => {
  it('[R21] goes on with the numbers and the epoch of an earlier page', () => {
    const { log, incoming } = logOf(OPEN);
    log.attached();
    expect(incoming[0]).toMatchObject({ info: { epoch: 'local-x', head: 7 } });
    const numbers = incoming.flatMap((m) => (m.kind === 'event' ? m.event.n : []));
    expect(numbers).toEqual([8, 9, 10]);
  });

  it('a session that nobody has named is named by its prompt; a command, or a name that it has, changes nothing', () => {
    let untitled = true;
    const { log, events } = logOf({ untitled: () => untitled });
    log.attached();
    log.accepted('k1', [{ type: 'text', text: '/help' }]);
    expect(events().filter(({ type }) => type === 'title')).toEqual([]);
    log.accepted('k2', [{ type: 'text', text: 'Mend the\nlogin' }]);
    untitled = false;
    log.accepted('k3', HELLO);
    const control = logOf();
    control.log.attached();
    control.log.accepted('k1', HELLO);
    expect(events().filter(({ type }) => type === 'title')).toEqual([
      { type: 'title', title: 'Mend the login' },
    ]);
    expect(control.events().map(({ type }) => type)).toEqual(['chunk', 'turn']);
  });

  it('[R43] settles what an earlier page left open, once', () => {
    const { log, events } = logOf(OPEN);
    log.attached();
    log.interrupted();
    expect(events()).toMatchObject([
      { type: 'resolved', id: 'r1', outcome: 'cancelled' },
      { type: 'resolved', id: 'r2', outcome: 'cancelled' },
      { type: 'turn', state: 'idle', stopReason: 'interrupted' },
    ]);
  });

  it('[R43] a prompt that goes out while attaching is not settled with what came before', () => {
    const heard = logOf({
      was: { turn: 'idle', pending: ['r1'] },
      resume: OPEN.resume,
      sink: {
        incoming: (message) => {
          heard.incoming.push(message);
          // As the outbox does.
          if (message.kind === 'attached') heard.log.prompt('k1', HELLO, () => true);
        },
        closed: () => {},
      },
    });
    heard.log.attached();
    expect(heard.log.turn).toBe('running');
    expect(heard.events().map(({ type }) => type)).toEqual(['chunk', 'turn', 'resolved']);
  });

  it('[R44] a turn ends once, with what it left open', () => {
    const { log, events } = logOf();
    log.attached();
    log.accepted('k1', HELLO);
    log.push({ type: 'permission', id: 'r1', tool: { toolCallId: 't' }, options: [] });
    expect([log.finished('end_turn', { key: 'k1' }), log.finished('end_turn')]).toEqual([
      true,
      false,
    ]);
    expect(events().slice(-2)).toMatchObject([
      { type: 'resolved', id: 'r1', outcome: 'cancelled', reason: 'turn_ended' },
      { type: 'turn', state: 'idle', stopReason: 'end_turn', key: 'k1' },
    ]);
  });

  it('[R6] a prompt that was not sent is refused, and nothing of it shown', () => {
    const { log, incoming } = logOf();
    expect(log.prompt('k1', HELLO, () => false)).toBe(false);
    expect(incoming).toMatchObject([{ kind: 'refused', key: 'k1', error: { retryable: true } }]);
  });

  it('[R43] tells of a turn of which nothing is heard, once, and not while it waits for the reader', async () => {
    const clock = new ManualClock();
    const of = (options: ConstructorParameters<typeof LocalLog>[1]) => {
      const { log, events } = logOf({ clock }, 'keep', options);
      log.attached();
      return { log, told: () => events().filter(({ type }) => type === 'notice').length };
    };
    const { log, told } = of({ tellsSilence: true });
    const silent = of({});
    await clock.advance(2 * SILENCE_MS);
    for (const each of [log, silent.log]) each.accepted('k1', HELLO);
    await clock.advance(SILENCE_MS - 1_000);
    log.push(text('x'));
    // Tokens arm no timers of their own.
    expect(clock.pending).toBe(1);
    await clock.advance(SILENCE_MS - 1_000);
    log.heard();
    await clock.advance(SILENCE_MS - 1_000);
    expect(told()).toBe(0);
    await clock.advance(5 * SILENCE_MS);
    expect(told()).toBe(1);
    log.push({ type: 'permission', id: 'r1', tool: { toolCallId: 't' }, options: [] });
    await clock.advance(5 * SILENCE_MS);
    log.answered('a', 'r1', undefined);
    await clock.advance(SILENCE_MS - 1_000);
    expect(told()).toBe(1);
    await clock.advance(1_000);
    expect(told()).toBe(2);
    log.push(text('y'));
    log.finished('end_turn');
    await clock.advance(5 * SILENCE_MS);
    expect([told(), silent.told(), clock.pending]).toEqual([2, 0, 0]);
  });

  it('[R12] says nothing once it is closed', () => {
    const { log, incoming } = logOf();
    log.attached();
    log.close();
    log.push(text('x'));
    log.interrupted();
    expect(incoming).toHaveLength(1);
  });

  it.each([
    ['cancelled', true],
    ['interrupted', true],
    ['end_turn', false],
  ])('[R45] takes the partial answer of a turn that was %s back: %s', (stopReason, taken) => {
    const { log, events } = logOf({}, 'discard');
    log.attached();
    log.accepted('k1', HELLO);
    for (const event of [text('a'), text('b', { role: 'thought' }), text('c'), text('d')]) {
      log.push(event);
    }
    if (stopReason === 'interrupted') log.interrupted();
    else log.finished(stopReason);
    const state = emptyTranscript();
    for (const [index, event] of events().entries()) {
      applyEvent(state, { n: index + 1, at: index, event }, noChange());
    }
    const said = state.items.flatMap((item) =>
      item.kind === 'message' && item.role !== 'user' ? [[item.role, item.text]] : [],
    );
    // Each in its place, also when thoughts and answers take turns.
    expect(said.map(([role]) => role)).toEqual(['assistant', 'thought', 'assistant']);
    expect(said.map(([, words]) => words)).toEqual(taken ? ['', '', ''] : ['a', 'b', 'cd']);
  });

  it('[R45] also of a page that died', () => {
    const { log, events } = logOf(OPEN, 'discard');
    log.attached();
    expect(events()).toContainEqual({ type: 'retract', messageId: 'partial' });
  });

  it('[R28] what is said again, better, takes the place of what was said', () => {
    const { log, events } = logOf({}, 'keep', { named: true });
    log.attached();
    log.push(turn('running'));
    log.push(text('half'));
    log.takeBack();
    expect(events().at(-1)).toEqual({ type: 'retract', messageId: 'partial' });
  });
});

describe('a cancel that is not heard', () => {
  it('[R41][R58] ends the turn after a while, and not when it was heard in time', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const limit = new CancelLimit();
      const expired = vi.fn();
      limit.start(expired);
      vi.advanceTimersByTime(CANCEL_MS - 1);
      expect(expired).not.toHaveBeenCalled();
      vi.advanceTimersByTime(1);
      expect(expired).toHaveBeenCalledWith(expect.objectContaining({ code: 'cancel_timeout' }));
      limit.start(expired);
      limit.stop();
      limit.stop();
      vi.advanceTimersByTime(CANCEL_MS);
      expect(expired).toHaveBeenCalledTimes(1);
    } finally {
      vi.useRealTimers();
    }
  });
});
