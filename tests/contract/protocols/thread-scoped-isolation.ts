import * as fc from 'fast-check';
import { expect } from 'vitest';
import type {
  Incoming,
  Link,
  Protocol,
  Socket,
  SocketEvent,
  SocketFactory,
} from '../../../src/app/client/protocols/port.ts';
import { DEFAULT_POLICY, type EndpointPolicy } from '../../../src/core/endpoint/policy.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { applyEvent, noChange } from '../../../src/core/session/reduce.ts';
import { emptyTranscript } from '../../../src/core/session/transcript.ts';
import { ManualClock, openRequest } from '../../unit/client/kit.ts';

// Ten sessions of one page over real adapters and the real reducer, with sockets of which the test is the other
// end. Each session has to end as it would without the nine others: nothing of them may be seen in it.

export const SESSIONS = 10;
/** Ids that all sessions have in common, on purpose. */
const KEYS = ['k0', 'k1', 'k2', 'k3'];
const TOOLS = ['t0', 't1'];
/** Text that belongs to no session. */
const STRAY = 'STRAY';

/** What the far end says. */
export type Said = { session: number; key: string } & (
  | { do: 'piece' }
  | { do: 'end' }
  | { do: 'error' }
  | { do: 'cancelled' }
  | { do: 'begin' }
  | { do: 'tool'; tool: string }
  /** Something that belongs to nobody: with no scope, a foreign one, an unknown request. */
  | { do: 'stray'; how: number }
);
export type Step =
  | Said
  | { session: number; do: 'prompt' }
  | { session: number; do: 'cancel' }
  | { session: number; do: 'reload' }
  | { session: number; do: 'drop' };

const session = fc.nat({ max: SESSIONS - 1 });
const key = fc.constantFrom(...KEYS);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('prompt' as const), session }) },
  {
    weight: 12,
    arbitrary: fc.record({ do: fc.constant('piece' as const), session, key }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('end' as const, 'error' as const, 'cancelled' as const, 'begin' as const),
      session,
      key,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('tool' as const),
      session,
      key,
      tool: fc.constantFrom(...TOOLS),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('stray' as const),
      session,
      key,
      how: fc.nat({ max: 5 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('cancel' as const, 'reload' as const, 'drop' as const),
      session,
    }),
  },
);

export const steps: fc.Arbitrary<Step[]> = fc.array(step as fc.Arbitrary<Step>, {
  minLength: 20,
  maxLength: 160,
});
export const partial = fc.constantFrom('keep' as const, 'discard' as const);

/** The test's end of a socket. */
export class FarSocket implements Socket {
  readyState = 0;
  readonly sent: JsonObject[] = [];
  readonly #listeners: [string, (event: SocketEvent) => void, AbortSignal | undefined][] = [];

  constructor(readonly url: string) {}

  addEventListener(
    type: string,
    listener: (event: SocketEvent) => void,
    options?: { signal: AbortSignal },
  ): void {
    this.#listeners.push([type, listener, options?.signal]);
  }

  send(data: string): void {
    this.sent.push(JSON.parse(data) as JsonObject);
  }

  close(): void {
    this.readyState = 3;
  }

  tell(type: string, event: SocketEvent = {}): void {
    if (type === 'open') this.readyState = 1;
    if (type === 'close') this.readyState = 3;
    for (const [wanted, listener, signal] of this.#listeners) {
      if (wanted === type && !signal?.aborted) listener(event);
    }
  }

  say(frame: object): void {
    if (this.readyState === 1) this.tell('message', { data: JSON.stringify(frame) });
  }
}

/** How one model is spoken by the far end. */
export interface Model {
  readonly protocol: () => Protocol;
  remote(session: number): JsonObject;
  /** Whether a drop at `dropped` costs `session` its connection too. */
  shares(session: number, dropped: number): boolean;
  /** The frame of a step that a server does. */
  frame(step: Said, text: string): object;
  /** Answers what was just sent, such as a subscription. */
  react?(socket: FarSocket, frame: JsonObject): void;
  /** A wrong adapter: what it would make of a frame, seen from the socket. */
  spoil?(frame: JsonObject, recent: { session: number; key: string }): JsonObject;
}

class Session {
  readonly transcript = emptyTranscript();
  link: Link | undefined;
  socket: FarSocket | undefined;
  prompts = 0;
  #epoch: string | undefined;
  #turn: 'idle' | 'running' | 'requires_action' = 'idle';

  constructor(
    readonly index: number,
    readonly model: Model,
    readonly policy: Partial<EndpointPolicy>,
    readonly protocol: Protocol,
    readonly sockets: Map<string, FarSocket>,
  ) {}

  open(): void {
    const dial: SocketFactory = (url) => {
      const socket = new FarSocket(url);
      this.sockets.set(url, socket);
      return socket;
    };
    let dialled: string | undefined;
    const remote = this.model.remote(this.index);
    this.link = this.protocol.open(
      openRequest({
        session: `session-${this.index}`,
        endpoint: { url: 'http://far.test', token: '' },
        policy: { ...DEFAULT_POLICY[this.protocol.name], ...this.policy },
        remote,
        was: { turn: this.#turn, pending: [] },
        resume: { epoch: this.#epoch, since: this.transcript.lastN },
        sockets: (url, protocols) => {
          dialled = url;
          return dial(url, protocols);
        },
        now: () => 0,
        clock: new ManualClock(),
        sink: {
          incoming: (message) => this.#take(message),
          closed: () => (this.link = undefined),
        },
      }),
    );
    if (dialled !== undefined) this.sockets.get(dialled)!.tell('open');
    this.socket = [...this.sockets.values()].findLast((socket) => this.#isOurs(socket));
  }

  #isOurs(socket: FarSocket): boolean {
    const query = new URL(socket.url).searchParams;
    const remote = this.model.remote(this.index);
    return ['threadId', 'worldId'].every(
      (name) => !query.has(name) || query.get(name) === remote[name],
    );
  }

  #take(message: Incoming): void {
    if (message.kind === 'attached') this.#epoch = message.info.epoch;
    if (message.kind !== 'event') return;
    const { n, at, event } = message.event;
    expect(n).toBe(this.transcript.lastN + 1);
    if (event.type === 'turn') this.#turn = event.state;
    applyEvent(this.transcript, { n, at, event: structuredClone(event) }, noChange());
  }
}

/** What a reader of each session has at the end, by index. Sessions that are not in `only` never existed. */
export function play(
  model: Model,
  all: readonly Step[],
  policy: Partial<EndpointPolicy>,
  only: readonly number[] = Array.from({ length: SESSIONS }, (_, index) => index),
): Map<number, Session> {
  const protocol = model.protocol();
  const sockets = new Map<string, FarSocket>();
  const recent = { session: only[0]!, key: KEYS[0]! };
  const sessions = new Map(
    only.map((index) => [index, new Session(index, model, policy, protocol, sockets)]),
  );
  const settle = (): void => {
    for (const socket of sockets.values()) {
      for (const frame of socket.sent.splice(0)) model.react?.(socket, frame);
    }
  };
  for (const each of sessions.values()) each.open();
  settle();

  for (const [index, each] of all.entries()) {
    if (each.do === 'drop') {
      const lost = [...sessions.values()].filter((one) => model.shares(one.index, each.session));
      for (const socket of new Set(lost.map((one) => one.socket!))) {
        socket.tell('close', { code: 1006, reason: '' });
      }
      for (const one of lost) one.open();
    } else if (each.do === 'stray') {
      // Whoever shares a socket hears it; nobody may take it.
      for (const socket of new Set([...sessions.values()].map((one) => one.socket!))) {
        const frame = model.frame(each, STRAY) as JsonObject;
        socket.say(model.spoil?.(frame, recent) ?? frame);
      }
    } else {
      const one = sessions.get(each.session);
      if (!one) continue;
      if (each.do === 'reload') {
        one.link?.close();
        one.open();
      } else if (each.do === 'cancel') one.link?.cancel?.send('c');
      else if (each.do === 'prompt') {
        const chosen = KEYS[one.prompts];
        if (chosen === undefined) continue;
        one.prompts++;
        Object.assign(recent, { session: each.session, key: chosen });
        one.link?.prompt(chosen, [{ type: 'text', text: tag(each.session, index) }]);
      } else one.socket!.say(model.frame(each, tag(each.session, index)));
    }
    settle();
  }
  return sessions;
}

const tag = (session: number, index: number): string => `<${session}>${index};`;

/** Everything that a reader sees of a session, as text. */
export const seen = ({ transcript }: Session): string =>
  JSON.stringify(transcript, (_, value: unknown) =>
    value instanceof Map || value instanceof Set ? [...value] : value,
  );

/** The property itself: each session is as it would be alone, and holds nothing that is another's or nobody's. */
export function isolated(
  model: Model,
  all: readonly Step[],
  policy: Partial<EndpointPolicy>,
): void {
  const together = play(model, all, policy);
  for (const [index, one] of together) {
    const text = seen(one);
    expect(text).not.toContain(STRAY);
    for (const [, owner] of text.matchAll(/<(\d)>/g)) expect(Number(owner)).toBe(index);
    expect(text).toBe(seen(play(model, all, policy, [index]).get(index)!));
  }
}

/** Whether the runs did what they are for: answers, tool calls, several ends. */
export function busyness(model: Model, all: readonly Step[]): number {
  return [...play(model, all, {}).values()].filter(({ transcript }) =>
    transcript.items.some((item) => item.kind === 'message' && item.role === 'assistant'),
  ).length;
}
