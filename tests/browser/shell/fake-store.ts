import { batch, signal } from '@preact/signals-core';
import type { SessionId } from '../../../src/core/ids.ts';
import { DEFAULT_POLICY } from '../../../src/core/endpoint/policy.ts';
import type { ProbeReport } from '../../../src/core/endpoint/probe.ts';
import type { SessionAbilities } from '../../../src/core/session/abilities.ts';
import type { ConnectionState } from '../../../src/core/session/connection-state.ts';
import type { SessionEvent } from '../../../src/core/session/event.ts';
import { previewIn } from '../../../src/core/session/messages.ts';
import { applyEvent, noChange } from '../../../src/core/session/reduce.ts';
import { emptyTranscript, type Transcript } from '../../../src/core/session/transcript.ts';
import type {
  AgentsResponse,
  DirectoriesResponse,
  SessionSummary,
} from '../../../src/core/wire/rest.ts';
import type {
  AtGateway,
  ConnectionReport,
  EndpointId,
  EndpointView,
  NewEndpoint,
  RemoteSessionView,
} from '../../../src/app/store/endpoint-types.ts';
import type {
  Actions,
  AnswerState,
  CancelState,
  Attention,
  EndpointState,
  OutboxEntry,
  OlderState,
  SessionRecord,
  Settings,
  StorageState,
  Store,
  Toast,
  TurnView,
} from '../../../src/app/store/types.ts';

export const GATEWAY = 'http://127.0.0.1:4800';

/** An endpoint that is well, unless told otherwise. */
export const endpointView = (change: Partial<EndpointView> = {}): EndpointView => {
  const { protocol = 'aperture', url = GATEWAY } = change;
  return {
    id: protocol === 'aperture' ? url : `${protocol}:${url}`,
    name: new URL(url).host,
    url,
    protocol,
    policy: DEFAULT_POLICY[protocol],
    state: { status: 'ready', url },
    keeping: 'tab',
    locked: false,
    tried: true,
    lists: false,
    ...change,
  };
};

/** What is told of a connection that has seen some use. */
export const REPORT: ConnectionReport = {
  connectionId: 'c-12',
  endpoint: GATEWAY,
  protocol: 'aperture',
  attempts: 4,
  reconnects: 3,
  eventsIn: 1_284,
  promptsOut: 6,
  cancels: 1,
  ignored: { foreign_scope: 2, late: 0 },
  lastFrameAt: Date.now() - 4_000,
  connectedSince: Date.now() - 3_722_000,
  roundTrip: 12.4,
  turns: { count: 5, median: 42_000, longest: 127_000 },
  log: ['12:00:01 c-11 s1 closed 1006', '12:00:02 c-12 s1 attached at 41'],
};

export interface FakeOptions {
  endpoint?: EndpointId;
  title: string;
  agentTitle?: string;
  cwd?: string;
}

/** A session made of real signals and the real reducer. `feed` does what the store does in one frame. */
export class FakeRecord {
  readonly transcriptState: Transcript = emptyTranscript();
  readonly title;
  readonly summary;
  readonly connection = signal<ConnectionState>({ status: 'connected', since: 0 });
  readonly endpoint;
  readonly abilities = signal<SessionAbilities | undefined>(undefined);
  readonly turn = signal<TurnView>({ state: 'idle', startedAt: undefined });
  readonly preview = signal('');
  readonly activity = signal('');
  readonly unread = signal(0);
  readonly attention = signal<Attention | undefined>(undefined);
  readonly structure = signal(0);
  readonly touched = signal<ReadonlySet<string>>(new Set());
  readonly details = signal(0);
  readonly outbox = signal<readonly OutboxEntry[]>([]);
  readonly stopping = signal<CancelState>('none');
  readonly answers = signal<ReadonlyMap<string, AnswerState>>(new Map());
  readonly draft = signal('');
  readonly loading = signal(false);
  readonly older = signal<OlderState>('none');
  readonly readMark = signal(Number.POSITIVE_INFINITY);
  readonly transcript = () => this.transcriptState;
  scrollTop: number | undefined;
  shownFrom: number | undefined;
  #n = 0;

  constructor(
    readonly id: SessionId,
    {
      title,
      agentTitle = 'Claude Code',
      cwd = '/home/ada/code/harbour',
      endpoint = GATEWAY,
    }: FakeOptions,
  ) {
    this.title = signal(title);
    this.endpoint = signal<EndpointId | undefined>(endpoint);
    this.summary = signal<SessionSummary>({
      id,
      title,
      agent: agentTitle.toLowerCase().replace(/\W+/g, '-'),
      agentTitle,
      cwd,
      createdAt: 0,
      updatedAt: 0,
      agentState: 'ready' as 'ready' | 'failed',
      turn: 'idle' as const,
      epoch: 'e',
      head: 0,
      pending: [],
    });
  }

  /** Applies events as one frame of the store would. */
  feed(...events: SessionEvent[]): this {
    const change = noChange();
    for (const event of events) {
      applyEvent(this.transcriptState, { n: ++this.#n, at: Date.now(), event }, change);
    }
    const state = this.transcriptState;
    batch(() => {
      if (change.structure) this.structure.value++;
      if (change.touched.size > 0) this.touched.value = change.touched;
      this.details.value++;
      this.preview.value = previewIn(state);
      this.activity.value = state.activity;
      const startedAt =
        state.turn === 'idle' ? undefined : (this.turn.peek().startedAt ?? Date.now());
      if (this.turn.peek().state !== state.turn) this.turn.value = { state: state.turn, startedAt };
      if (state.pending.size > 0) this.attention.value = 'approval';
      else if (this.attention.peek() === 'approval') this.attention.value = undefined;
    });
    return this;
  }

  /** A turn began `ago` ms ago and goes on. */
  running(ago: number): this {
    this.feed({ type: 'turn', state: 'running' });
    this.turn.value = { state: 'running', startedAt: Date.now() - ago };
    return this;
  }

  says(text: string): this {
    return this.feed({ type: 'chunk', role: 'assistant', content: { type: 'text', text } });
  }

  told(text: string): this {
    return this.feed({ type: 'chunk', role: 'user', content: { type: 'text', text } });
  }

  uses(toolCallId: string, title: string): this {
    return this.feed({
      type: 'tool',
      call: { toolCallId, title, kind: 'execute', status: 'in_progress' },
    });
  }

  asks(id: string, title: string, command?: string): this {
    return this.feed(
      {
        type: 'permission',
        id,
        tool: {
          toolCallId: `tool-${id}`,
          title,
          kind: 'execute',
          ...(command && { rawInput: { command } }),
        },
        options: [
          { optionId: 'once', name: 'Allow once', kind: 'allow_once' },
          { optionId: 'always', name: 'Always allow', kind: 'allow_always' },
          { optionId: 'reject', name: 'Reject', kind: 'reject_once' },
        ],
      },
      { type: 'turn', state: 'requires_action' },
    );
  }
}

export const AGENTS: AgentsResponse = {
  defaultCwd: '/home/ada/code',
  agents: [
    {
      name: 'workspace',
      title: 'Workspace',
      description: 'Built in. Reads, searches and runs commands; no language model.',
      available: true,
      source: 'builtin',
      account: { from: 'none', text: 'Calls no model: nothing is billed.' },
    },
    {
      name: 'claude',
      title: 'Claude Code',
      description: 'Anthropic’s coding agent, with your own account.',
      available: true,
      source: 'path',
      account: { from: 'key', text: 'Uses ANTHROPIC_API_KEY.' },
      needs: 'A key.',
    },
    {
      name: 'opencode',
      title: 'opencode',
      description: 'Open source, any provider.',
      available: true,
      source: 'path',
      account: { from: 'unknown', text: 'Unknown: no key.' },
      needs: 'A login.',
    },
    {
      name: 'gemini',
      title: 'Gemini CLI',
      description: 'Google’s coding agent.',
      available: false,
      install: 'npm install -g @google/gemini-cli',
      needs: 'A Gemini API key.',
      source: 'path',
    },
    {
      name: 'goose',
      title: 'Goose',
      available: false,
      install: 'See block.github.io/goose',
      source: 'path',
    },
  ],
};

export type Call = [name: keyof Actions, ...args: unknown[]];

/** A store and its actions with nothing behind them; every action is written down in `calls`. */
export class FakeStore {
  readonly activeSessionId = signal<SessionId | undefined>(undefined);
  readonly sessions = signal<readonly FakeRecord[]>([]);
  readonly endpoint = signal<EndpointState>({ status: 'ready', url: 'http://127.0.0.1:4800' });
  readonly endpoints = signal<readonly EndpointView[]>([endpointView()]);
  readonly agents = signal<AgentsResponse | undefined>(AGENTS);
  readonly toasts = signal<readonly Toast[]>([]);
  readonly settings = signal<Readonly<Settings>>({ theme: 'auto', whileBusy: 'queue', keys: {} });
  readonly storage = signal<StorageState>({ mode: 'database' });
  readonly started = signal(true);
  readonly calls: Call[] = [];
  /** What `probeEndpoint` is to find, and what `remoteSessions`. */
  report: ProbeReport | Promise<ProbeReport> = { url: GATEWAY, proposals: [] };
  remote: readonly RemoteSessionView[] = [];
  inspected: ConnectionReport = REPORT;
  /** What is asked of a gateway now and then; what is not there fails. */
  gateway: Partial<AtGateway> = {};
  /** The passphrase that opens what is locked. */
  passphrase = 'correct horse';
  /** What whatever can fail is to fail with. */
  failure: Error | undefined;
  #made = 0;

  get store(): Store {
    return this as unknown as Store;
  }

  record(id: SessionId): SessionRecord | undefined {
    return this.sessions.value.find((record) => record.id === id);
  }

  add(options: FakeOptions): FakeRecord {
    const record = new FakeRecord(`s${++this.#made}`, options);
    this.sessions.value = [...this.sessions.value, record];
    return record;
  }

  remove(id: SessionId): void {
    batch(() => {
      this.sessions.value = this.sessions.value.filter((record) => record.id !== id);
      if (this.activeSessionId.value === id)
        this.activeSessionId.value = this.sessions.value[0]?.id;
    });
  }

  called(name: keyof Actions): unknown[][] {
    return this.calls.filter((call) => call[0] === name).map(([, ...args]) => args);
  }

  readonly actions: Actions = new Proxy({} as Actions, {
    get:
      (_, name: keyof Actions) =>
      (...args: unknown[]) => {
        this.calls.push([name, ...args]);
        return this.#do(name, args);
      },
  });

  #find(id: unknown): FakeRecord {
    return this.sessions.value.find((record) => record.id === id)!;
  }

  #do(name: keyof Actions, args: unknown[]): unknown {
    const [first, second] = args;
    switch (name) {
      case 'activate':
        batch(() => {
          this.activeSessionId.value = first as SessionId;
          const record = this.#find(first);
          record.unread.value = 0;
          if (record.attention.value === 'done') record.attention.value = undefined;
        });
        return undefined;
      case 'createSession': {
        if (this.failure) return Promise.reject(this.failure);
        const { title = 'New session', ...rest } = first as Partial<FakeOptions>;
        const record = this.add({ title, ...rest });
        this.activeSessionId.value = record.id;
        return Promise.resolve(record.id);
      }
      case 'endSession':
        if (this.failure) return Promise.reject(this.failure);
        this.remove(first as SessionId);
        return Promise.resolve();
      case 'setEndpoint':
        if (this.failure) return Promise.reject(this.failure);
        this.endpoint.value = { status: 'ready', url: first as string };
        return Promise.resolve();
      case 'probeEndpoint':
        return Promise.resolve(this.report);
      case 'addEndpoint': {
        if (this.failure) return Promise.reject(this.failure);
        const { url, protocol, name } = first as NewEndpoint;
        const added = endpointView({ url, protocol, ...(name && { name }) });
        this.endpoints.value = [...this.endpoints.value, added];
        return Promise.resolve(added.id);
      }
      case 'changeEndpoint':
        if (this.failure) return Promise.reject(this.failure);
        this.endpoints.value = this.endpoints.value.map((each) =>
          each.id === first ? { ...each, ...(second as Partial<EndpointView>) } : each,
        );
        return Promise.resolve();
      case 'removeEndpoint':
        if (this.failure) return Promise.reject(this.failure);
        batch(() => {
          this.endpoints.value = this.endpoints.value.filter(({ id }) => id !== first);
          this.sessions.value = this.sessions.value.filter(
            (record) => record.endpoint.value !== first,
          );
        });
        return Promise.resolve();
      case 'unlockEndpoints': {
        if (first !== this.passphrase) return Promise.resolve(0);
        const locked = this.endpoints.value.filter((each) => each.locked).length;
        this.endpoints.value = this.endpoints.value.map((each) => ({ ...each, locked: false }));
        return Promise.resolve(locked);
      }
      case 'remoteSessions':
        if (this.failure) return Promise.reject(this.failure);
        return Promise.resolve(this.remote);
      case 'inspect':
        return this.inspected;
      case 'renameSession':
        this.#find(first).title.value = second as string;
        return Promise.resolve();
      case 'markUnread':
        this.#find(first).unread.value = 1;
        return undefined;
      case 'setDraft':
        this.#find(first).draft.value = second as string;
        return undefined;
      case 'moveSession': {
        const rest = this.sessions.value.filter((record) => record.id !== first);
        rest.splice(second as number, 0, this.#find(first));
        this.sessions.value = rest;
        return undefined;
      }
      case 'answer':
        this.#find(first).feed({
          type: 'resolved',
          id: second as string,
          outcome: 'selected',
          optionId: args[2] as string,
        });
        return undefined;
      case 'changeSettings':
        this.settings.value = { ...this.settings.value, ...(first as Partial<Settings>) };
        return undefined;
      case 'dismissToast':
        this.toasts.value = this.toasts.value.filter((toast) => toast.id !== first);
        return undefined;
      case 'atGateway':
        return Promise.resolve(this.gateway);
      case 'directories':
        return listing((first as string | undefined) ?? AGENTS.defaultCwd);
      case 'refreshAgents':
      case 'forgetSession':
        return Promise.resolve();
      default:
        return undefined;
    }
  }
}

const TREE: Record<string, string[]> = {
  '/home/ada/code': ['harbour', 'harbour-docs', 'lighthouse', 'tide', '.cache'],
  '/home/ada/code/harbour': ['api', 'web', 'docs'],
};

async function listing(asked: string): Promise<DirectoriesResponse> {
  const path = asked.replace(/(.)\/$/, '$1');
  const names = TREE[path];
  if (!names) throw new Error(`There is no directory ${path}.`);
  return { path, parent: null, entries: names.map((name) => ({ name, path: `${path}/${name}` })) };
}

/** Ten sessions, each in another state; the second-last is viewed. */
export function tenSessions(): FakeStore {
  const fake = new FakeStore();
  const add = (title: string, agentTitle: string, cwd: string) =>
    fake.add({ title, agentTitle, cwd });
  add('Resume after a drop', 'Claude Code', '/home/ada/code/harbour')
    .told('Make the client resume from the last persisted number.')
    .running(127_000)
    .says(
      'The reconnect path now asks the journal for everything after the last acknowledged entry',
    );
  add('Flaky login test', 'Codex', '/home/ada/code/harbour')
    .running(48_000)
    .asks('r1', 'Run the test suite', 'npm test -- --grep "login" --retries 0').unread.value = 2;
  const done = add('Release notes 2.4', 'Gemini CLI', '/home/ada/code/harbour-docs').says(
    'Drafted the notes for 2.4 from 38 commits. Three of them need your wording.',
  );
  done.unread.value = 3;
  done.attention.value = 'done';
  const lost = add('Search index rebuild', 'opencode', '/home/ada/code/lighthouse').says(
    'Indexed 12,480 documents.',
  );
  lost.connection.value = {
    status: 'reconnecting',
    attempt: 3,
    max: null,
    retryAt: Date.now() + 8_000,
    reason: 'The connection was lost',
  };
  add('Upgrade the bundler', 'Claude Code', '/home/ada/code/harbour/web')
    .running(731_000)
    .uses('t1', 'Reading vite.config.ts');
  const asleep = add('Dark theme contrast', 'Qwen Code', '/home/ada/code/harbour/web').says(
    'All tokens now reach 4.5:1 on both backgrounds.',
  );
  asleep.connection.value = { status: 'disconnected', reason: 'hibernated' };
  asleep.draft.value = 'And the focus ring, please';
  const failed = add('Import wizard', 'Goose', '/home/ada/code/tide').says('Starting…');
  failed.connection.value = {
    status: 'error',
    error: {
      code: 'agent_failed',
      message: 'The agent stopped with exit code 1. Send a message to start it again.',
      retryable: true,
    },
  };
  failed.attention.value = 'error';
  add('Typing indicators over the socket', 'Claude Code', '/home/ada/code/harbour/web')
    .running(9_000)
    .says('The indicator should expire on its own when nothing is heard for six seconds, so');
  const viewed = add('Retry with jitter', 'Codex', '/home/ada/code/harbour/api')
    .told('Give the retry policy full jitter and a cap of 30 seconds, with tests.')
    .says(
      'I’ll start with the policy itself, as a pure function of the attempt and a random number, so that the tests need no clock.\n\n```ts\nexport function fullJitter({ base = 1000, cap = 30_000 } = {}) {\n  return (attempt: number, random: number) =>\n    random * Math.min(cap, base * 2 ** (attempt - 1));\n}\n```\n\nThree things follow from that:\n\n- **The count survives attempts.** It resets only after an acknowledged attach *and* a minimum uptime.\n- **The cap is a ceiling of the range**, not of the result, so the spread stays uniform.\n- `Retry-After` is honoured when the server sends one.\n',
    )
    .running(63_000)
    .uses('t2', 'Running npm test -- retry');
  add('Accessibility of the date picker', 'opencode', '/home/ada/code/lighthouse').says(
    'Arrow keys move by day, Page Up and Page Down by month.',
  );
  fake.activeSessionId.value = viewed.id;
  return fake;
}
