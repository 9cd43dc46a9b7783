import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scopedProtocol } from '../../../src/app/client/protocols/scoped.ts';
import { threadProtocol } from '../../../src/app/client/protocols/thread.ts';
import {
  busyness,
  isolated,
  partial,
  steps,
  type Model,
  type Step,
} from './thread-scoped-isolation.ts';

const RUNS = { numRuns: 60 };

/** A thread and a socket for each session, the same request ids in all of them. */
const thread: Model = {
  protocol: () => threadProtocol,
  remote: (session) => ({ threadId: `thread-${session}` }),
  shares: (session, dropped) => session === dropped,
  frame(step, text) {
    const requestId = step.key;
    const threadId = `thread-${step.session}`;
    switch (step.do) {
      case 'piece':
        return { type: 'token', requestId, threadId, token: text };
      case 'end':
        return { type: 'final', requestId, threadId };
      case 'error':
        return { type: 'error', requestId, threadId, message: text };
      case 'cancelled':
        return { type: 'cancelled', requestId, threadId };
      case 'begin':
        return { type: 'started', requestId: `server-${requestId}`, threadId, content: text };
      case 'tool':
        return { type: 'token', requestId: `server-${requestId}`, threadId, token: text };
      case 'stray':
        return [
          { type: 'token', requestId, threadId: 'thread-of-nobody', token: text },
          { type: 'final', requestId, threadId: 'thread-of-nobody', content: text },
          { type: 'token', requestId: 'nobody-asked', token: text },
          { type: 'final', requestId: 'nobody-asked', content: text },
          { type: 'token', token: text },
          { type: 'tool', requestId, title: text },
        ][step.how]!;
    }
  },
};

/** Two worlds with five chats of the same names in each, two sockets in all, the same message ids everywhere. */
const scopeOf = (session: number) => ({
  worldId: `w${session % 2}`,
  chatId: `c${Math.floor(session / 2)}`,
});
const scoped: Model = {
  protocol: scopedProtocol,
  remote: scopeOf,
  shares: (session, dropped) => session % 2 === dropped % 2,
  react(socket, { type, worldId, chatId }) {
    if (type === 'subscribe') socket.say({ type: 'subscribed', worldId, chatId });
  },
  frame(step, text) {
    const messageId = step.key;
    const scope = { ...scopeOf(step.session), messageId };
    switch (step.do) {
      case 'piece':
        return { type: 'sse', event: 'chunk', content: text, ...scope };
      case 'end':
        return { type: 'sse', event: 'end', ...scope };
      case 'error':
        return { type: 'sse', event: 'error', message: text, ...scope };
      case 'cancelled':
        return { type: 'activity', status: 'stopped', ...scope };
      case 'begin':
        return { type: 'activity', status: 'start', ...scope };
      case 'tool':
        return { type: 'tool', toolCallId: step.tool, name: text, status: 'start', ...scope };
      case 'stray': {
        const piece = { type: 'sse', event: 'chunk', content: text, messageId };
        const { worldId, chatId } = scope;
        return [
          piece,
          { ...piece, worldId },
          { ...piece, chatId },
          { ...piece, worldId: 'another', chatId },
          { ...piece, worldId, chatId: 'another' },
          { ...piece, worldId, chatId: 7 },
        ][step.how]!;
      }
    }
  },
};

/** Enough of a run that the property says something. */
const long: Step[] = Array.from({ length: 10 }, (_, session): Step[] => [
  { do: 'prompt', session },
  { do: 'piece', session, key: 'k0' },
  { do: 'stray', session, key: 'k0', how: 1 },
  { do: 'piece', session, key: 'k0' },
]).flat();

const holds = (model: Model): fc.RunDetails<[Step[], 'keep' | 'discard']> =>
  fc.check(
    fc.property(steps, partial, (all, policy) => isolated(model, all, { partial: policy })),
    RUNS,
  );

describe.each([
  ['thread', thread],
  ['scoped', scoped],
])('ten sessions over %s, with the same ids in each', (_, model) => {
  it('[R50][R51][R53][R54] each ends as it would alone, whatever is interleaved, dropped or astray', () => {
    const run = holds(model);
    expect(run.failed ? fc.defaultReportMessage(run) : '').toBe('');
  });

  it('control: they do say something', () => {
    expect(busyness(model, long)).toBe(10);
  });
});

describe('negative control: an adapter that falls back to the last chat is caught', () => {
  it('[R50] scoped: an event without its scope goes to whom the user wrote last', () => {
    const wrong: Model = {
      ...scoped,
      spoil: (frame, recent) => ({ ...scopeOf(recent.session), ...frame, messageId: recent.key }),
    };
    expect(holds(wrong).failed).toBe(true);
    expect(() => isolated(wrong, long, {})).toThrow();
    expect(() => isolated(scoped, long, {})).not.toThrow();
  });

  it('[R39] thread: an event of an unknown request goes to the last one', () => {
    const wrong: Model = {
      ...thread,
      spoil: (frame, recent) => ({ ...frame, threadId: undefined, requestId: recent.key }),
    };
    expect(holds(wrong).failed).toBe(true);
    expect(() => isolated(wrong, long, {})).toThrow();
  });
});
