import type { Clock } from '../../../src/app/client/clock.ts';
import type { Environment, EnvironmentHint } from '../../../src/app/client/environment.ts';
import type {
  Attached,
  CancelState,
  ClientHost,
  OutboxEntry,
} from '../../../src/app/client/ports.ts';
import { apertureProtocol } from '../../../src/app/client/protocols/aperture.ts';
import type {
  Incoming,
  Link,
  OpenRequest,
  Place,
  Protocol,
} from '../../../src/app/client/protocols/port.ts';
import { DEFAULT_POLICY, type EndpointPolicy } from '../../../src/core/endpoint/policy.ts';
import type { ProbeAnswer } from '../../../src/core/endpoint/probe.ts';
import type { SessionId } from '../../../src/core/ids.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { SessionAbilities } from '../../../src/core/session/abilities.ts';
import type { ConnectionState } from '../../../src/core/session/connection-state.ts';
import type { NumberedEvent, SessionEvent } from '../../../src/core/session/event.ts';
import { classifyClose } from '../../../src/core/wire/close-codes.ts';
import type { SessionSummary } from '../../../src/core/wire/rest.ts';

/** Time that moves only when told to. */
export class ManualClock implements Clock {
  #now = 1_700_000_000_000;
  #timers: { at: number; run: () => void; order: number }[] = [];
  #order = 0;
  /** How far the wall clock was set, beside the time that passed. */
  jump = 0;

  now(): number {
    return this.#now + this.jump;
  }

  after(ms: number, run: () => void): unknown {
    const timer = { at: this.#now + ms, run, order: this.#order++ };
    this.#timers.push(timer);
    return timer;
  }

  clear(handle: unknown): void {
    this.#timers = this.#timers.filter((timer) => timer !== handle);
  }

  get pending(): number {
    return this.#timers.length;
  }

  /** Runs what falls due, in order, promises in between. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (;;) {
      const next = this.#timers
        .filter((timer) => timer.at <= until)
        .toSorted((a, b) => a.at - b.at || a.order - b.order)[0];
      if (!next) break;
      this.clear(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
      await settle();
    }
    this.#now = until;
  }
}

/** Lets every promise that can go on do so. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

export class ManualEnvironment implements Environment {
  isVisible = true;
  isOnline = true;
  readonly #listeners = new Set<(hint: EnvironmentHint) => void>();

  visible = (): boolean => this.isVisible;
  online = (): boolean => this.isOnline;

  listen(listener: (hint: EnvironmentHint) => void, signal: AbortSignal): void {
    this.#listeners.add(listener);
    signal.addEventListener('abort', () => this.#listeners.delete(listener));
  }

  tell(hint: EnvironmentHint): void {
    if (hint === 'online' || hint === 'offline') this.isOnline = hint === 'online';
    if (hint === 'shown' || hint === 'hidden') this.isVisible = hint === 'shown';
    for (const listener of this.#listeners) listener(hint);
  }
}

/** One attempt, seen from the other side. */
export class ScriptedLink implements Link {
  readonly sent: unknown[] = [];
  closed = false;
  readonly cancel = {
    send: (key: string, turn?: string) =>
      void this.sent.push({ t: 'cancel', key, ...(turn !== undefined && { turn }) }),
  };
  readonly approve = {
    answer: (key: string, id: string, optionId: string | undefined) =>
      void this.sent.push({ t: 'answer', key, id, optionId }),
  };
  readonly settings = {
    setMode: (key: string, mode: string) => void this.sent.push({ t: 'set_mode', key, mode }),
    setOption: (key: string, option: string, value: string | boolean) =>
      void this.sent.push({ t: 'set_option', key, option, value }),
  };
  readonly liveness = {
    ping: (token: number) => {
      this.pings.push(token);
      if (this.answersPings) this.say({ kind: 'pong', token });
    },
  };
  readonly retention = { persisted: (n: number) => void this.sent.push({ t: 'persisted', n }) };
  readonly pings: number[] = [];
  answersPings = true;

  constructor(readonly request: OpenRequest) {}

  prompt(key: string): void {
    this.sent.push({ t: 'prompt', key });
  }

  close(): void {
    this.closed = true;
  }

  get prompts(): string[] {
    return this.sent
      .filter((frame) => (frame as { t: string }).t === 'prompt')
      .map((frame) => (frame as { key: string }).key);
  }

  say(message: Incoming): void {
    this.request.sink.incoming(message);
  }

  attach(info: Partial<Attached> & { pending?: string[] } = {}): void {
    const { pending = [], ...rest } = info;
    const session = rest.session ?? summary(this.request.session);
    const attached: Attached = { epoch: 'e1', mode: 'resume', low: 1, head: 0, session, ...rest };
    this.say({ kind: 'attached', info: attached, pending });
  }

  event(n: number, event: SessionEvent = text('x'), from = n): void {
    this.say({ kind: 'event', event: { from, n, at: n, event } });
  }

  drop(code = 1006): void {
    this.request.sink.closed(code, '');
  }
}

/** The protocol port with a person at the other end instead of a socket. */
export class ScriptedProtocol implements Protocol {
  readonly name = 'aperture';
  readonly afterDrop = 'resume';
  readonly shared: boolean = true;
  readonly knowsKeys = true;
  readonly classifyClose = classifyClose;
  readonly links: ScriptedLink[] = [];
  onOpen: (link: ScriptedLink) => void = () => {};

  probe = async (): Promise<ProbeAnswer> => ({ verdict: 'maybe', how: 'scripted' });

  open(request: OpenRequest): Link {
    const link = new ScriptedLink(request);
    this.links.push(link);
    // As with a socket: nothing is heard before the call has returned.
    queueMicrotask(() => this.onOpen(link));
    return link;
  }

  get last(): ScriptedLink {
    return this.links.at(-1)!;
  }

  of(id: SessionId): ScriptedLink[] {
    return this.links.filter((link) => link.request.session === id);
  }
}

/** A host that keeps what it was told. */
export class RecordingHost implements ClientHost {
  readonly states = new Map<SessionId, ConnectionState[]>();
  readonly log = new Map<SessionId, NumberedEvent[]>();
  readonly cancels: CancelState[] = [];
  readonly outboxes = new Map<SessionId, readonly OutboxEntry[]>();
  readonly attachments: { id: SessionId; info: Attached }[] = [];
  readonly abilities = new Map<SessionId, SessionAbilities>();
  readonly epochs = new Map<SessionId, string>();
  viewed: SessionId | undefined;
  readonly busy = new Set<SessionId>();

  resumePoint(id: SessionId): { epoch: string | undefined; since: number } {
    return { epoch: this.epochs.get(id), since: this.log.get(id)?.at(-1)?.n ?? 0 };
  }

  evictionHints(id: SessionId): { viewed: boolean; busy: boolean } {
    return { viewed: this.viewed === id, busy: this.busy.has(id) };
  }

  connectionChanged(id: SessionId, state: ConnectionState): void {
    this.states.set(id, [...(this.states.get(id) ?? []), state]);
  }

  attached(id: SessionId, info: Attached, abilities: SessionAbilities): void {
    this.abilities.set(id, abilities);
    this.attachments.push({ id, info });
    if (info.mode === 'full') this.log.delete(id);
    this.epochs.set(id, info.epoch);
  }

  events(id: SessionId, events: NumberedEvent[]): void {
    this.log.set(id, [...(this.log.get(id) ?? []), ...events]);
  }

  summaryChanged(): void {}

  readonly remotes = new Map<SessionId, JsonObject>();

  remoteChanged(id: SessionId, remote: JsonObject): void {
    this.remotes.set(id, remote);
  }

  outboxChanged(id: SessionId, entries: readonly OutboxEntry[]): void {
    this.outboxes.set(id, entries);
  }

  cancelChanged(_id: SessionId, state: CancelState): void {
    this.cancels.push(state);
  }

  deliveries(id: SessionId): string[] {
    return (this.outboxes.get(id) ?? []).map(({ delivery }) => delivery.state);
  }

  numbers(id: SessionId): number[] {
    return (this.log.get(id) ?? []).map(({ n }) => n);
  }
}

export const text = (value: string, more: object = {}): SessionEvent => ({
  type: 'chunk',
  role: 'assistant',
  content: { type: 'text', text: value },
  ...more,
});

export const turn = (state: 'idle' | 'running'): SessionEvent => ({ type: 'turn', state });

export function summary(id: SessionId, more: Partial<SessionSummary> = {}): SessionSummary {
  return {
    id,
    title: `Session ${id}`,
    agent: 'scripted',
    agentTitle: 'Scripted',
    cwd: '/srv',
    createdAt: 1,
    updatedAt: 1,
    agentState: 'ready',
    turn: 'idle',
    epoch: 'e1',
    head: 0,
    pending: [],
    ...more,
  };
}

/** Where every session lives, for tests that care for one place only. */
export const placeAt =
  (
    url: string,
    protocol: Protocol = apertureProtocol,
    policy: Partial<EndpointPolicy> = {},
  ): ((id: SessionId) => Place) =>
  (id) => ({
    endpoint: { url, token: 'secret' },
    protocol,
    policy: { ...DEFAULT_POLICY[protocol.name], ...policy },
    summary: summary(id),
    remote: undefined,
    was: { turn: 'idle', pending: [] },
  });

/** An attempt's request, for tests that speak with an adapter alone. */
export const openRequest = (
  request: Partial<OpenRequest> & Pick<OpenRequest, 'endpoint' | 'sink' | 'sockets'>,
): OpenRequest => ({
  session: 'a',
  policy: DEFAULT_POLICY.aperture,
  summary: summary(request.session ?? 'a'),
  remote: undefined,
  was: { turn: 'idle', pending: [] },
  client: 'tab-test',
  resume: { epoch: undefined, since: 0 },
  fetch: (to, init) => fetch(to, init),
  now: () => Date.now(),
  ...request,
});
