import type { ContentBlock, TurnState } from '../../core/acp.ts';
import { ApertureError, type ErrorInfo } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import { MAX_CLIENT_FRAME_BYTES, MAX_OUTBOX, MAX_PROMPT_BYTES } from '../../core/limits.ts';
import type { Delivery } from '../../core/session/connection-state.ts';
import type { OutboxEntry } from './ports.ts';

/** The code of a refusal that means "a turn is running": not an error, the message waits (R40). */
const BUSY = 'busy';

export interface OutboxOptions {
  /** ms since 1970. */
  now: () => number;
  /** Puts a prompt on the wire; called only between `ready` and `lost`. */
  send: (key: string, prompt: readonly ContentBlock[], steer?: boolean) => void;
  changed: (entries: readonly OutboxEntry[]) => void;
  /** Whether messages go out beside a running turn, each as a request of its own (R40); not unless given. */
  parallel?: () => boolean;
}

/**
 * Messages of one session on their way to its agent, in order (R6, R38, R40). One is in flight at a time; the
 * next goes when the turn is idle. An entry leaves when the log shows its key, so nothing is lost between
 * "accepted" and "seen", and a resent one has the same key, so it runs once.
 */
export class Outbox {
  #entries: readonly OutboxEntry[] = [];
  #ready = false;
  #sameLog = false;
  #turn: TurnState = 'idle';
  readonly #options: OutboxOptions;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  get entries(): readonly OutboxEntry[] {
    return this.#entries;
  }

  /** Something would be lost or delayed if the connection were given up. */
  get waiting(): boolean {
    return this.#entries.some(({ delivery }) => delivery.state !== 'refused');
  }

  /**
   * What was kept over a reload, or belonged to a tab that is gone. Whether a sent one arrived is not known any
   * more; it comes first. What is too much is refused, visibly, with its words (R30).
   */
  restore(entries: readonly OutboxEntry[]): void {
    const have = new Set(this.#entries.map((entry) => entry.key));
    const kept = entries
      .filter((entry) => !have.has(entry.key))
      .map((entry) => (inFlight(entry) ? withDelivery(entry, { state: 'unconfirmed' }) : entry));
    if (kept.length > 0) {
      const all = [...kept, ...this.#entries];
      const ordered = [...all.filter(mayHaveArrived), ...all.filter((e) => !mayHaveArrived(e))];
      let waiting = 0;
      this.#write(
        ordered.map((entry) =>
          entry.delivery.state === 'refused' || ++waiting <= MAX_OUTBOX
            ? entry
            : withDelivery(entry, { state: 'refused', error: full().toInfo() }),
        ),
      );
    }
    this.#pump();
  }

  /** Another tab sends these now: they are not ours any more. */
  release(keys: readonly string[]): void {
    const gone = new Set(keys);
    if (!this.#entries.some(({ key }) => gone.has(key))) return;
    this.#write(this.#entries.filter(({ key }) => !gone.has(key)));
    this.#pump();
  }

  /**
   * @returns the new entry's key.
   * @throws ApertureError `outbox_full`, `message_too_large`; nothing was queued then.
   */
  add(prompt: readonly ContentBlock[]): string {
    checkSize(prompt);
    if (this.#entries.length >= MAX_OUTBOX) throw full();
    const entry: OutboxEntry = {
      key: newId(),
      prompt: [...prompt],
      createdAt: this.#options.now(),
      delivery: { state: 'queued' },
    };
    this.#write([...this.#entries, entry]);
    this.#pump();
    return entry.key;
  }

  /** @returns whether it was there and not yet on the wire. An unconfirmed one may be discarded too. */
  withdraw(key: string): OutboxEntry | undefined {
    const entry = this.#find(key);
    if (!entry || inFlight(entry)) return undefined;
    this.#write(this.#entries.filter((other) => other !== entry));
    this.#pump();
    return entry;
  }

  /**
   * Only a queued or refused one may change: the others may have arrived under their key.
   * @throws ApertureError `message_too_large`; it stays as it was.
   */
  edit(key: string, prompt: readonly ContentBlock[]): boolean {
    const entry = this.#find(key);
    if (!entry || (entry.delivery.state !== 'queued' && entry.delivery.state !== 'refused')) {
      return false;
    }
    checkSize(prompt);
    // A refused key ran nothing, but the other side may remember it; changed words get a new one.
    const changed: OutboxEntry = { ...entry, key: newId(), prompt: [...prompt] };
    this.#replace(entry, withDelivery(changed, { state: 'queued' }));
    this.#pump();
    return true;
  }

  /**
   * Changes the order in which queued messages go. Only a queued one moves, and never before one that may have
   * arrived already.
   * @param toIndex among all entries; clamped.
   */
  move(key: string, toIndex: number): boolean {
    const entry = this.#find(key);
    if (entry?.delivery.state !== 'queued') return false;
    const others = this.#entries.filter((other) => other !== entry);
    const first = others.findLastIndex(mayHaveArrived) + 1;
    const index = Math.max(first, Math.min(toIndex, others.length));
    if (this.#entries[index] === entry) return true;
    this.#write([...others.slice(0, index), entry, ...others.slice(index)]);
    return true;
  }

  /**
   * Sends a queued one into the running turn, before the others. If the turn is over by then, it begins the next; if
   * it takes none, it is queued again.
   * @returns false when it cannot go now: nothing has changed then.
   */
  steer(key: string): boolean {
    const entry = this.#find(key);
    if (entry?.delivery.state !== 'queued' || !this.#ready || this.#turn === 'idle') return false;
    if (this.#entries.some(inFlight)) return false;
    this.move(key, 0);
    this.#transmit(entry, true);
    return true;
  }

  /** Sends a refused or unconfirmed one again, by its key. */
  resend(key: string): boolean {
    const entry = this.#find(key);
    if (!entry) return false;
    if (entry.delivery.state === 'refused') {
      this.#replace(entry, withDelivery(entry, { state: 'queued' }));
    } else if (entry.delivery.state === 'unconfirmed' && this.#ready) {
      this.#transmit(entry);
    } else return false;
    this.#pump();
    return true;
  }

  /**
   * The connection is up and the log has been read to its end.
   * @param sameLog the log is the one that unconfirmed messages were sent to, and their keys are known there.
   */
  ready(turn: TurnState, sameLog: boolean): void {
    this.#ready = true;
    this.#sameLog = sameLog;
    this.#turn = turn;
    this.#pump();
  }

  /** The connection is gone; what was in flight is uncertain now (R43). */
  lost(): void {
    this.#ready = false;
    if (!this.#entries.some(inFlight)) return;
    this.#write(
      this.#entries.map((entry) =>
        inFlight(entry) ? withDelivery(entry, { state: 'unconfirmed' }) : entry,
      ),
    );
  }

  turnChanged(turn: TurnState): void {
    this.#turn = turn;
    this.#pump();
  }

  /**
   * @param duplicate the key had been accepted before, in a part of the log that is not to be had any more.
   * @returns whether the key is one of these.
   */
  acknowledged(key: string, duplicate: boolean): boolean {
    const entry = this.#find(key);
    if (!entry) return false;
    if (duplicate) {
      this.#write(this.#entries.filter((other) => other !== entry));
      this.#pump();
    } else if (inFlight(entry)) this.#replace(entry, withDelivery(entry, { state: 'accepted' }));
    return true;
  }

  refused(key: string, error: ErrorInfo): boolean {
    const entry = this.#find(key);
    if (!entry) return false;
    if (error.code === BUSY) {
      // Somebody else's turn runs; the log will say when it is idle, so nothing is sent before that.
      if (this.#turn === 'idle') this.#turn = 'running';
      this.#replace(entry, withDelivery(entry, { state: 'queued' }));
    } else {
      this.#replace(entry, withDelivery(entry, { state: 'refused', error }));
      this.#pump();
    }
    return true;
  }

  /** The log shows this key: the message has arrived, whatever became of its acknowledgement. */
  seen(key: string): void {
    const entry = this.#find(key);
    if (!entry) return;
    this.#write(this.#entries.filter((other) => other !== entry));
    // Its turn is starting; the next waits for the log to say that it ended.
    this.#turn = 'running';
  }

  #pump(): void {
    if (this.#ready && this.#options.parallel?.()) return this.#pumpAll();
    if (!this.#ready || this.#turn !== 'idle' || this.#entries.some(inFlight)) return;
    const next = this.#entries.find(({ delivery }) => delivery.state !== 'refused');
    if (!next) return;
    // The log was read to its end and does not show it: by its key it is safe to send again. In another log
    // that key means nothing, and the user decides; order is kept, so the others wait for that.
    if (next.delivery.state === 'queued' || this.#sameLog) this.#transmit(next);
  }

  /** Requests that know nothing of each other wait for nothing. What is uncertain in another log is the user's. */
  #pumpAll(): void {
    for (const entry of this.#entries) {
      const { state } = entry.delivery;
      if (state === 'queued' || (state === 'unconfirmed' && this.#sameLog)) this.#transmit(entry);
    }
  }

  #transmit(entry: OutboxEntry, steer?: boolean): void {
    // Written down before it goes out, so that a crash in between leaves it uncertain, not unknown.
    this.#replace(entry, withDelivery(entry, { state: 'sent' }));
    this.#options.send(entry.key, entry.prompt, steer);
  }

  #find(key: string): OutboxEntry | undefined {
    return this.#entries.find((entry) => entry.key === key);
  }

  #replace(old: OutboxEntry, entry: OutboxEntry): void {
    this.#write(this.#entries.map((other) => (other === old ? entry : other)));
  }

  #write(entries: readonly OutboxEntry[]): void {
    this.#entries = entries;
    this.#options.changed(entries);
  }
}

function checkSize(prompt: readonly ContentBlock[]): void {
  const text = JSON.stringify(prompt);
  // A UTF-16 unit is at most three bytes, so most need no counting.
  if (text.length * 3 <= MAX_PROMPT_BYTES) return;
  if (new TextEncoder().encode(text).byteLength <= MAX_PROMPT_BYTES) return;
  throw new ApertureError(
    'message_too_large',
    `The message is larger than ${MAX_CLIENT_FRAME_BYTES / 1024 / 1024} MB. Shorten it or attach less, or put it into a file that the agent can read.`,
  );
}

const full = (): ApertureError =>
  new ApertureError(
    'outbox_full',
    `${MAX_OUTBOX} messages are waiting in this session already. Withdraw some, or wait.`,
    { retryable: true },
  );

/** Under its key the other side may have it: nothing goes before it. */
const mayHaveArrived = (entry: OutboxEntry): boolean =>
  inFlight(entry) || entry.delivery.state === 'unconfirmed';

const inFlight = ({ delivery }: OutboxEntry): boolean =>
  delivery.state === 'sent' || delivery.state === 'accepted';

const withDelivery = (entry: OutboxEntry, delivery: Delivery): OutboxEntry => ({
  ...entry,
  delivery,
});
