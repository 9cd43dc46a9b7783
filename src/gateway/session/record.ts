import type { SessionId } from '../../core/ids.ts';
import type { LoggedMessage } from '../../core/log/entry.ts';
import type { SessionLog } from '../journal/port.ts';
import type { SessionFacts } from './facts.ts';
import { KnownSettings } from './known-settings.ts';
import { Observers } from './observers.ts';
import { Title } from './title.ts';

export interface RecordOptions {
  readonly id: SessionId;
  readonly facts: SessionFacts;
  readonly log: SessionLog;
  /** Told whenever the facts changed. */
  readonly keep: (facts: SessionFacts) => void;
}

/** What of one session is written down (its log, and the facts beside it), and who is told of it. */
export class SessionRecord {
  readonly id: SessionId;
  readonly log: SessionLog;
  readonly title: Title;
  readonly observers = new Observers();
  /** Since this gateway started the agent. */
  readonly settings = new KnownSettings();
  #facts: SessionFacts;
  #updatedAt: number;
  #closed = false;
  readonly #save: (facts: SessionFacts) => void;

  constructor({ id, facts, log, keep }: RecordOptions) {
    this.id = id;
    this.log = log;
    this.title = new Title(facts.title.text, facts.title.by);
    this.#facts = facts;
    this.#updatedAt = facts.createdAt;
    this.#save = keep;
  }

  /** As a restarted gateway would know them. */
  get facts(): Readonly<SessionFacts> {
    return this.#facts;
  }

  /** When the log got its last entry; ms since 1970. */
  get updatedAt(): number {
    return this.#updatedAt;
  }

  /**
   * @param key an idempotency key that this entry accepts.
   * @returns its number.
   */
  append(message: LoggedMessage, key?: string): number {
    const { n, at } = this.log.append(message, key);
    this.#updatedAt = at;
    this.settings.read(message);
    return n;
  }

  /** Changes facts, and has them written with the entries that were appended in the same breath. */
  keep(changes: Partial<SessionFacts> = {}): void {
    if (this.#closed) return;
    const { text, by } = this.title;
    this.#facts = { ...this.#facts, ...changes, title: { text, by } };
    this.#save(this.#facts);
  }

  /** Final: facts are kept as they are. What the gateway's own end does to agents is none of their changes. */
  close(): void {
    this.#closed = true;
  }
}
