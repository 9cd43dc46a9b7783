import { batch, signal } from '@preact/signals-core';
import type { SessionEvent } from '../../../src/core/session/event.ts';
import { applyEvent, noChange } from '../../../src/core/session/reduce.ts';
import { emptyTranscript } from '../../../src/core/session/transcript.ts';
import type { SessionAbilities } from '../../../src/core/session/abilities.ts';
import type { SessionSummary } from '../../../src/core/wire/rest.ts';
import type { Actions, SessionRecord } from '../../../src/app/store/types.ts';
import type {
  AnswerState,
  CancelState,
  OlderState,
  OutboxEntry,
  TurnView,
} from '../../../src/app/store/types.ts';
import type { ConnectionState } from '../../../src/core/session/connection-state.ts';
import type { IntentEvent } from '../../../src/app/ui/intent.ts';
import { ApConversation } from '../../../src/app/ui/conversation/conversation.ts';
import { loadCards } from '../../../src/app/ui/conversation/items/create.ts';

export type Call = [name: keyof Actions, ...args: unknown[]];

/**
 * A session record made of real signals and the real reducer, with nothing behind it. `feed` does what the
 * store does in one frame.
 */
export class FakeSession {
  transcript = emptyTranscript();
  readonly title = signal('Fix the parser');
  readonly summary = signal<SessionSummary>({
    id: 's1',
    title: 'Fix the parser',
    agent: 'workspace',
    agentTitle: 'Workspace',
    cwd: '/home/ada/project',
    createdAt: 0,
    updatedAt: 0,
    agentState: 'ready',
    turn: 'idle',
    epoch: 'e',
    head: 0,
    pending: [],
  });
  readonly connection = signal<ConnectionState>({ status: 'connected', since: 0 });
  readonly abilities = signal<SessionAbilities | undefined>(undefined);
  readonly turn = signal<TurnView>({ state: 'idle', startedAt: undefined });
  readonly structure = signal(0);
  readonly touched = signal<ReadonlySet<string>>(new Set());
  readonly details = signal(0);
  readonly outbox = signal<readonly OutboxEntry[]>([]);
  readonly stopping = signal<CancelState>('none');
  readonly answers = signal<ReadonlyMap<string, AnswerState>>(new Map());
  readonly draft = signal('');
  readonly loading = signal(false);
  readonly older = signal<OlderState>('none');
  readonly readMark = signal(0);
  readonly record: SessionRecord;
  n = 0;
  at = Date.UTC(2026, 0, 15, 9, 30);

  constructor(id = 's1') {
    this.summary.value = { ...this.summary.value, id };
    this.record = {
      id,
      title: this.title,
      summary: this.summary,
      connection: this.connection,
      endpoint: signal('http://127.0.0.1:4800'),
      abilities: this.abilities,
      turn: this.turn,
      preview: signal(''),
      activity: signal(''),
      unread: signal(0),
      attention: signal(undefined),
      transcript: () => this.transcript,
      structure: this.structure,
      touched: this.touched,
      details: this.details,
      outbox: this.outbox,
      answers: this.answers,
      stopping: this.stopping,
      draft: this.draft,
      loading: this.loading,
      older: this.older,
      readMark: this.readMark,
      scrollTop: undefined,
      shownFrom: undefined,
    };
  }

  /** Applies events as one frame of the store would. */
  feed(...events: SessionEvent[]): void {
    const change = noChange();
    for (const event of events) {
      applyEvent(this.transcript, { n: ++this.n, at: (this.at += 700), event }, change);
    }
    batch(() => {
      if (change.structure) this.structure.value++;
      this.touched.value = change.touched;
      if (change.summary) this.details.value++;
      if (this.turn.value.state !== this.transcript.turn) {
        this.turn.value = { state: this.transcript.turn, startedAt: Date.now() };
      }
    });
  }

  /** The store reads everything again, as on attach with `full`. */
  replace(): void {
    this.transcript = emptyTranscript();
    this.n = 0;
    this.structure.value++;
  }

  prompt(text: string): void {
    this.feed({ type: 'turn', state: 'running' }, user(text));
  }
  say(text: string): void {
    this.feed(say(text));
  }
  finish(stopReason = 'end_turn'): void {
    this.feed({ type: 'turn', state: 'idle', stopReason });
  }

  /** `turns` finished turns of a prompt, a tool call and an answer, numbered from `first`. */
  history(turns: number, first = 0): void {
    const events: SessionEvent[] = [];
    for (let i = first; i < first + turns; i++) {
      events.push(
        { type: 'turn', state: 'running' },
        user(`Question ${i}`),
        {
          type: 'tool',
          call: { toolCallId: `h${i}`, title: `Read file ${i}`, kind: 'read', status: 'completed' },
        },
        say(`Answer ${i}. ${'Some words to fill a line or two. '.repeat(4)}`),
        { type: 'turn', state: 'idle', stopReason: 'end_turn' },
      );
    }
    this.feed(...events);
  }
}

export const say = (text: string): SessionEvent => ({
  type: 'chunk',
  role: 'assistant',
  content: { type: 'text', text },
});
export const think = (text: string): SessionEvent => ({
  type: 'chunk',
  role: 'thought',
  content: { type: 'text', text },
});
export const user = (text: string): SessionEvent => ({
  type: 'chunk',
  role: 'user',
  content: { type: 'text', text },
});

export interface Mounted {
  readonly host: HTMLElement;
  readonly element: ApConversation;
  /** Every action that was asked for, in order. */
  readonly calls: Call[];
  readonly log: HTMLElement;
  readonly scroller: HTMLElement;
  readonly area: HTMLTextAreaElement;
  settled(): Promise<void>;
}

/** Puts a conversation of `fake` into a 720 × 600 box and records what it asks for. */
export async function mount(
  fake: FakeSession,
  host = box(),
  { cards = true, active = true } = {},
): Promise<Mounted> {
  // A page has their code from the first card on.
  if (cards) await loadCards();
  const calls: Call[] = [];
  const actions = new Proxy({} as Actions, {
    get:
      (_, name) =>
      (...args: unknown[]) => {
        calls.push([name as keyof Actions, ...args]);
        if (name === 'setDraft') fake.draft.value = String(args[1]);
        return name === 'keptFiles' ? Promise.resolve([]) : undefined;
      },
  });
  host.addEventListener('ap-intent', (each) => {
    const event = each as IntentEvent;
    event.handled = true;
    event.result = event.run(actions);
  });
  const element = new ApConversation();
  element.record = fake.record;
  element.active = active;
  host.append(element);
  await element.updateComplete;
  const transcript = element.renderRoot.querySelector('ap-transcript')!;
  const composer = element.renderRoot.querySelector('ap-composer')!;
  await transcript.updateComplete;
  await composer.updateComplete;
  return {
    host,
    element,
    calls,
    log: transcript.renderRoot.querySelector<HTMLElement>('[role=log]')!,
    scroller: transcript.renderRoot.querySelector<HTMLElement>('.scroller')!,
    area: composer.renderRoot.querySelector('textarea')!,
    async settled() {
      await frames();
      await Promise.all([
        element.updateComplete,
        transcript.updateComplete,
        composer.updateComplete,
        element.renderRoot.querySelector('ap-outbox')!.updateComplete,
      ]);
    },
  };
}

export function box(): HTMLElement {
  const host = document.createElement('div');
  host.style.cssText = 'width: 720px; height: 600px; contain: strict;';
  document.body.append(host);
  return host;
}

/** Two frames: whatever was asked for in this one has been laid out and observed. */
export const frames = (count = 2): Promise<void> =>
  new Promise((resolve) => {
    const step = (left: number): void => {
      if (left === 0) resolve();
      else requestAnimationFrame(() => step(left - 1));
    };
    step(count);
  });
