import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApertureError } from '../../../src/core/errors.ts';
import { MAX_JSON_DEPTH } from '../../../src/core/limits.ts';
import { decodeClientFrame, decodeServerFrame } from '../../../src/core/wire/decode.ts';
import type { ClientFrame, ServerFrame } from '../../../src/core/wire/frames.ts';
import type { SessionSummary } from '../../../src/core/wire/rest.ts';

const session: SessionSummary = {
  id: 's',
  title: 't',
  agent: 'a',
  agentTitle: 'A',
  cwd: '/x',
  createdAt: 1,
  updatedAt: 2,
  agentState: 'ready',
  turn: 'idle',
  epoch: 'e',
  head: 0,
  pending: [],
};
const error = { code: 'x', message: 'y', retryable: true };

const CLIENT: ClientFrame[] = [
  { t: 'attach', token: 'secret', client: 'tab-1', since: 0 },
  { t: 'attach', token: 'secret', client: 'tab-1', epoch: 'e', since: 41 },
  { t: 'prompt', k: 'k', prompt: [{ type: 'text', text: 'hi' }] },
  { t: 'answer', k: 'k', id: 'r0', result: { outcome: { outcome: 'cancelled' } } },
  { t: 'answer', k: 'k', id: 'r0', result: { outcome: { outcome: 'selected', optionId: 'o' } } },
  { t: 'cancel', k: 'k' },
  { t: 'persisted', n: 7 },
  { t: 'ping', c: 1 },
];

const SERVER: ServerFrame[] = [
  { t: 'attached', epoch: 'e', mode: 'gap', low: 3, head: 9, session, pending: ['r0'] },
  { t: 'm', n: 2, from: 1, at: 5, m: { method: 'session/update', id: 'r', params: { a: [1] } } },
  { t: 'ack', k: 'k', n: 3, dup: true },
  { t: 'refused', k: 'k', error },
  { t: 'session', session: { ...session, turnStartedAt: 4, error } },
  { t: 'pong', c: 1 },
  { t: 'error', error },
];

const codeOf = (read: () => unknown): string => {
  try {
    read();
    return 'accepted';
  } catch (thrown) {
    return thrown instanceof ApertureError ? thrown.code : `foreign: ${String(thrown)}`;
  }
};
const client = (frame: unknown): string => codeOf(() => decodeClientFrame(JSON.stringify(frame)));
const server = (frame: unknown): string => codeOf(() => decodeServerFrame(JSON.stringify(frame)));

describe('decodeClientFrame', () => {
  it.each(CLIENT.map((frame) => [frame.t, frame] as const))('[R71] reads %s', (_, frame) => {
    expect(decodeClientFrame(JSON.stringify(frame))).toEqual(frame);
  });

  it.each([
    ['no object', 1],
    ['no kind', {}],
    ['an unknown kind', { t: 'sudo' }],
    ['a negative number', { t: 'attach', token: 'x', client: 'c', since: -1 }],
    ['half a number', { t: 'persisted', n: 1.5 }],
    ['a number too large to count with', { t: 'persisted', n: 2 ** 60 }],
    ['an empty key', { t: 'cancel', k: '' }],
    ['a key without end', { t: 'cancel', k: 'k'.repeat(10_000) }],
    ['a name without end', { t: 'attach', token: 'x', client: 'c'.repeat(65), since: 0 }],
    ['a prompt that is no list', { t: 'prompt', k: 'k', prompt: 'hi' }],
    ['a block without a type', { t: 'prompt', k: 'k', prompt: [{ text: 'hi' }] }],
    ['an answer of no kind', { t: 'answer', k: 'k', id: 'r', result: { outcome: {} } }],
    [
      'a choice of nothing',
      { t: 'answer', k: 'k', id: 'r', result: { outcome: { outcome: 'selected' } } },
    ],
  ])('[R71] refuses %s', (_, frame) => {
    expect(client(frame)).toBe('bad_frame');
  });

  it('[R67] takes a missing token for a wrong one, so that it is refused as one', () => {
    expect(client({ t: 'attach', client: 'c', since: 0 })).toBe('accepted');
  });

  it('[R71] keeps room for the envelope that goes around it in the log', () => {
    let nested: unknown = 1;
    for (let depth = 0; depth < MAX_JSON_DEPTH - 3; depth++) nested = [nested];
    expect(client({ t: 'prompt', k: 'k', prompt: [{ type: 'x', nested }] })).toBe('frame_too_deep');
  });
});

describe('decodeServerFrame', () => {
  it.each(SERVER.map((frame) => [frame.t, frame] as const))('[R71] reads %s', (_, frame) => {
    expect(decodeServerFrame(JSON.stringify(frame))).toEqual(frame);
  });

  it('keeps fields that it does not know inside a message, for whoever does', () => {
    const params = { update: { sessionUpdate: 'hologram', beam: { deep: [1, { x: 2 }] } } };
    const frame = decodeServerFrame(
      JSON.stringify({ t: 'm', n: 1, at: 0, m: { method: 'session/update', params } }),
    );
    expect(frame).toMatchObject({ m: { params } });
  });

  it('tells a kind of frame that is new from one that is broken', () => {
    expect(server({ t: 'hologram' })).toBe('unknown_frame');
    expect(server({ t: 'm', n: 'one', at: 0, m: {} })).toBe('bad_frame');
    expect(server([])).toBe('bad_frame');
  });
});

const told = (read: () => unknown): string => {
  try {
    read();
    return 'accepted';
  } catch (thrown) {
    return (thrown as Error).message;
  }
};

describe('a broken frame', () => {
  it('[R71] is told by the way to the field that is wrong', () => {
    const broken = { t: 'session', session: { ...session, error: { ...error, retryable: 'yes' } } };
    expect(told(() => decodeServerFrame(JSON.stringify(broken)))).toContain(
      '“session.error.retryable”',
    );
    const prompt = { t: 'prompt', k: 'k', prompt: [{ type: 'text', text: 'a' }, { type: 'text' }] };
    expect(told(() => decodeClientFrame(JSON.stringify(prompt)))).toContain('“prompt.1”');
    expect(told(() => decodeClientFrame('[]'))).toContain('“t”');
  });

  it('[R71] has no field by inheritance', () => {
    expect(server({ t: 'toString' })).toBe('unknown_frame');
    expect(client({ t: 'constructor' })).toBe('bad_frame');
  });
});

describe('both', () => {
  const valid: readonly unknown[] = [...CLIENT, ...SERVER];

  it('[R71] throw ApertureErrors and nothing else, for a valid frame with one thing broken', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...valid),
        fc.nat(),
        fc.anything({ maxDepth: 2, withNullPrototype: true }),
        (frame, which, value) => {
          const fields = Object.keys(frame as object);
          const broken = { ...(frame as object), [fields[which % fields.length]!]: value };
          for (const outcome of [client(broken), server(broken)])
            expect(outcome).not.toMatch(/^foreign/);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('[R71] throw ApertureErrors and nothing else, for any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        for (const read of [decodeClientFrame, decodeServerFrame])
          expect(codeOf(() => read(text))).not.toMatch(/^foreign/);
      }),
      { numRuns: 1_000 },
    );
  });
});
