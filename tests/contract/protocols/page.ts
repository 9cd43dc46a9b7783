import { WebSocket } from 'ws';
import type {
  Incoming,
  Link,
  OpenRequest,
  Protocol,
  SequencedEvent,
  Socket,
  SocketFactory,
} from '../../../src/app/client/protocols/port.ts';
import type { TurnState } from '../../../src/core/acp.ts';
import { DEFAULT_POLICY, type EndpointPolicy } from '../../../src/core/endpoint/policy.ts';
import { newId } from '../../../src/core/ids.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { SessionEvent } from '../../../src/core/session/event.ts';
import type { CloseInfo } from '../../../src/core/wire/close-codes.ts';
import type { SessionSummary } from '../../../src/core/wire/rest.ts';

export interface PageOptions {
  readonly protocol: Protocol;
  readonly url: string;
  readonly token?: string;
  readonly policy?: Partial<EndpointPolicy>;
  readonly summary?: Partial<SessionSummary>;
  readonly remote?: JsonObject;
  /** Real ones unless given. */
  readonly sockets?: SocketFactory;
  readonly fetch?: OpenRequest['fetch'];
}

const PATIENCE_MS = 10_000;

/** Waits for a condition; says which one it was if it never comes. */
export async function until(what: string, met: () => boolean): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!met()) {
    if (Date.now() > end) throw new Error(`Waited ${PATIENCE_MS} ms for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
}

/**
 * One session as a page keeps it, over as many links as it takes. It checks all the while what every adapter
 * promises, and notes what was broken in `violations`.
 */
export class Page {
  readonly violations: string[] = [];
  readonly incoming: Incoming[] = [];
  readonly log: SequencedEvent[] = [];
  readonly ignored: Extract<Incoming, { kind: 'ignored' }>[] = [];
  readonly keys: string[] = [];
  /** The patience, in ms, that a link asked for while it opened. */
  readonly openings: number[] = [];
  remote: JsonObject | undefined;
  epoch: string | undefined;
  turn: TurnState = 'idle';
  readonly pending = new Set<string>();
  link: Link | undefined;
  /** How the last link ended, if it did by itself. */
  closed: (CloseInfo & { closeCode: number }) | undefined;
  /** The words with which links ended. */
  readonly reasons: string[] = [];
  /** Sockets say that they are closing: nothing can be sent, and nobody was told yet. */
  blocked = false;
  readonly #options: PageOptions;

  constructor(options: PageOptions) {
    this.#options = options;
    this.remote = options.remote;
  }

  /** The page dies with what it has on disk, and another one takes its place. */
  reload(): Page {
    const next = new Page(this.#options);
    next.log.push(...this.log);
    next.remote = this.remote;
    next.epoch = this.epoch;
    next.turn = this.turn;
    for (const id of this.pending) next.pending.add(id);
    return next;
  }

  /** Opens a link without waiting for anything. */
  open(): Link {
    let returned = false;
    let attached = false;
    let over = false;
    this.closed = undefined;
    const { protocol, url, token = '', policy } = this.#options;
    const request: OpenRequest = {
      session: 'session-1',
      endpoint: { url, token },
      policy: { ...DEFAULT_POLICY[protocol.name], ...policy },
      summary: this.#summary(),
      remote: this.remote,
      was: { turn: this.turn, pending: [...this.pending] },
      client: 'tab-test',
      resume: { epoch: this.epoch, since: this.log.at(-1)?.n ?? 0 },
      sockets: this.#options.sockets ?? this.sockets,
      fetch: this.#options.fetch ?? ((to, init) => fetch(to, init)),
      now: () => Date.now(),
      sink: {
        incoming: (message) => {
          if (!returned) this.#violated('reported before open returned');
          if (over) this.#violated(`reported after the end: ${JSON.stringify(message)}`);
          if (message.kind === 'attached') {
            if (attached) this.#violated('attached twice');
            attached = true;
          } else if (!attached && !['remote', 'error', 'ignored'].includes(message.kind)) {
            this.#violated(`${message.kind} before attached`);
          }
          this.#take(message);
        },
        opening: (ms) => this.openings.push(ms),
        closed: (closeCode, reason) => {
          if (!returned) this.#violated('closed before open returned');
          if (over) this.#violated('closed after the end');
          over = true;
          if (attached && (this.turn !== 'idle' || this.pending.size > 0)) {
            this.#violated('closed with something unsettled');
          }
          this.link = undefined;
          this.reasons.push(reason);
          this.closed = { ...protocol.classifyClose(closeCode, reason), closeCode };
        },
      },
    };
    const link = protocol.open(request);
    returned = true;
    this.link = facade(link, (code, reason) => {
      over = true;
      this.link = undefined;
      link.close(code, reason);
      link.close(code, reason);
    });
    return this.link;
  }

  /** Opens a link and waits until it is attached. */
  async connect(): Promise<Link> {
    const before = this.#attachments;
    this.open();
    await until('attached', () => this.#attachments > before || this.closed !== undefined);
    if (!this.link) throw new Error(`Closed instead of attached: ${JSON.stringify(this.closed)}`);
    return this.link;
  }

  /** @returns the prompt's key. */
  prompt(text: string): string {
    const key = newId();
    this.keys.push(key);
    this.link!.prompt(key, [{ type: 'text', text }]);
    return key;
  }

  /** Sends it and waits for the end of its turn. @returns the stop reason. */
  async ask(text: string): Promise<string | undefined> {
    const before = this.ends.length;
    this.prompt(text);
    await until(`the end of “${text}”`, () => this.ends.length > before);
    return this.ends.at(-1)!.stopReason;
  }

  /** Sends it and waits for the first piece of an answer. */
  async begin(text: string): Promise<string> {
    const from = this.log.length;
    const key = this.prompt(text);
    await until(`an answer to “${text}”`, () => this.said('assistant', from) !== '');
    return key;
  }

  async lost(): Promise<CloseInfo> {
    await until('closed', () => this.closed !== undefined);
    return this.closed!;
  }

  get events(): SessionEvent[] {
    return this.log.map(({ event }) => event);
  }

  get ends(): Extract<SessionEvent, { type: 'turn' }>[] {
    return this.events.filter((event) => event.type === 'turn').filter((e) => e.state === 'idle');
  }

  of<T extends SessionEvent['type']>(type: T): Extract<SessionEvent, { type: T }>[] {
    return this.events.filter(
      (event): event is Extract<SessionEvent, { type: T }> => event.type === type,
    );
  }

  heard<K extends Incoming['kind']>(kind: K): Extract<Incoming, { kind: K }>[] {
    return this.incoming.filter(
      (message): message is Extract<Incoming, { kind: K }> => message.kind === kind,
    );
  }

  /** All text of a role, from a place in the log on. */
  said(role: 'user' | 'assistant' | 'thought', from = 0): string {
    return this.events
      .slice(from)
      .map((event) =>
        event.type === 'chunk' && event.role === role && event.content.type === 'text'
          ? event.content.text
          : '',
      )
      .join('');
  }

  readonly sockets: SocketFactory = (url, protocols) => {
    const socket = new WebSocket(url, [...protocols]);
    const readyState = (): number => (this.blocked ? socket.CLOSING : socket.readyState);
    return {
      get readyState() {
        return readyState();
      },
      addEventListener: socket.addEventListener.bind(socket) as Socket['addEventListener'],
      send: (data) => socket.send(data),
      close: (code, reason) => socket.close(code, reason),
    };
  };

  get #attachments(): number {
    return this.heard('attached').length;
  }

  #take(message: Incoming): void {
    this.incoming.push(message);
    if (message.kind === 'remote') this.remote = message.remote;
    else if (message.kind === 'ignored') this.ignored.push(message);
    else if (message.kind === 'attached') {
      const { epoch, head } = message.info;
      if (this.epoch === epoch && head !== (this.log.at(-1)?.n ?? 0)) {
        this.#violated(`attached at ${head} instead of ${this.log.at(-1)?.n ?? 0}`);
      }
      if (this.epoch !== epoch) this.log.length = 0;
      this.epoch = epoch;
    } else if (message.kind === 'event') this.#log(message.event);
  }

  #log(sequenced: SequencedEvent): void {
    const expected = (this.log.at(-1)?.n ?? 0) + 1;
    if (sequenced.from !== expected || sequenced.n < sequenced.from) {
      this.#violated(`number ${sequenced.from} instead of ${expected}`);
    }
    this.log.push(sequenced);
    const { event } = sequenced;
    if (event.type === 'turn') {
      if (event.state === 'idle' && this.turn === 'idle') this.#violated('a turn ended twice');
      this.turn = event.state;
    } else if (event.type === 'permission') {
      if (this.pending.has(event.id)) this.#violated('a request was told twice');
      this.pending.add(event.id);
    } else if (event.type === 'resolved' && !this.pending.delete(event.id)) {
      this.#violated('a request was settled twice');
    }
  }

  #summary(): SessionSummary {
    return {
      id: 'session-1',
      title: 'A session',
      agent: '',
      agentTitle: '',
      cwd: '/srv',
      createdAt: 1,
      updatedAt: 1,
      agentState: 'starting',
      turn: this.turn,
      epoch: this.epoch ?? '',
      head: this.log.at(-1)?.n ?? 0,
      pending: [...this.pending],
      ...this.#options.summary,
    };
  }

  #violated(what: string): void {
    this.violations.push(what);
  }
}

/** The link itself, whatever parts it has now or gets later, but for its end, which the page notes. */
function facade(link: Link, close: Link['close']): Link {
  return new Proxy(link, {
    get(of, name) {
      if (name === 'close') return close;
      // Its getters and methods see the link, whose private fields no proxy has.
      const part: unknown = Reflect.get(of, name);
      return typeof part === 'function' ? (part.bind(of) as unknown) : part;
    },
  });
}
