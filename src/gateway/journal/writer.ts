import type { Database } from './database.ts';

export type Operation = { type: 'put'; key: string; value: Buffer } | { type: 'del'; key: string };

/** A log that has entries in the group that is being written. */
export interface GroupMember {
  /** What it has not handed over yet, and its head record, as they stand when the group is written. */
  take(): Operation[];
  /** Entries up to `n` may be sent. `durable`: they are in the store, rather than only in memory. */
  settled(n: number, durable: boolean): void;
}

interface Group {
  operations: Operation[];
  bytes: number;
  sync: boolean;
  members: Map<GroupMember, number>;
}

const emptyGroup = (): Group => ({ operations: [], bytes: 0, sync: false, members: new Map() });

const isEmpty = ({ operations, members }: Group): boolean =>
  operations.length === 0 && members.size === 0;

const asError = (error: unknown): Error =>
  error instanceof Error ? error : new Error(String(error));

const RETRY_MS = 2_000;
/** What may wait in memory while the disk refuses; beyond it new entries live in the log's own memory only. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/**
 * Writes in groups: what arrives while a batch is under way goes into the next one, so that the cost
 * of a commit is shared by all sessions. If the disk refuses, sessions go on in memory, somebody is
 * told, and writing is tried again until it works (R32).
 */
export class BatchWriter {
  #next = emptyGroup();
  #running: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #failing = false;
  #closed = false;
  #dropped = false;
  #due = false;

  constructor(
    private readonly db: Database,
    private readonly onTrouble: (error: Error | undefined) => void,
  ) {}

  /** Everything that a reader was shown is in the store. */
  get isWhole(): boolean {
    return !this.#dropped && !this.#failing;
  }

  /**
   * Announces entry `n` of `member`, of that many bytes, which is taken when the next group is written.
   *
   * @returns false when it will not be: too much waits for a disk that refuses. The member keeps it in its
   *   memory only.
   */
  add(member: GroupMember, n: number, bytes: number, sync: boolean): boolean {
    const accepted = this.#accept(bytes, sync);
    this.#next.members.set(member, n);
    // While the disk refuses, readers must not wait for it.
    if (this.#failing) member.settled(n, false);
    return accepted;
  }

  /** Adds operations that no reader waits for. */
  put(operations: readonly Operation[], sync = false): void {
    for (const operation of operations) {
      const bytes = operation.type === 'put' ? operation.value.byteLength : 0;
      if (this.#accept(bytes, sync)) this.#next.operations.push(operation);
    }
  }

  /** Runs after everything that was added before it; its failure is told like any other. */
  async after(work: () => Promise<void>): Promise<void> {
    await this.flush();
    try {
      await work();
    } catch (error) {
      this.onTrouble(asError(error));
    }
  }

  /** Resolves when everything that was added so far is written, or has been refused by the disk. */
  async flush(): Promise<void> {
    while (!this.#failing && (this.#running || !isEmpty(this.#next))) {
      this.#start();
      await this.#running;
    }
  }

  /** Tries once more to write what is left. Nothing may be added afterwards. */
  async close(): Promise<void> {
    clearTimeout(this.#retry);
    this.#failing = false;
    await this.flush();
    clearTimeout(this.#retry);
    this.#closed = true;
  }

  #accept(bytes: number, sync: boolean): boolean {
    if (this.#closed || (this.#failing && this.#next.bytes + bytes > MAX_WAITING_BYTES)) {
      this.#dropped = true;
      return false;
    }
    this.#next.bytes += bytes;
    this.#next.sync ||= sync;
    // The rest of this tick's entries go with it.
    if (!this.#running && !this.#failing && !this.#due) {
      this.#due = true;
      setImmediate(() => {
        this.#due = false;
        this.#start();
      });
    }
    return true;
  }

  #start(): void {
    if (this.#running || this.#failing || isEmpty(this.#next)) return;
    const group = this.#next;
    this.#next = emptyGroup();
    this.#running = this.#write(group).finally(() => {
      this.#running = undefined;
      this.#start();
    });
  }

  async #write(group: Group): Promise<void> {
    for (const member of group.members.keys()) group.operations.push(...member.take());
    try {
      await this.db.batch(group.operations, { sync: group.sync });
    } catch (error) {
      this.#refused(group, asError(error));
      return;
    }
    for (const [member, n] of group.members) member.settled(n, true);
  }

  #refused(group: Group, error: Error): void {
    const waiting = this.#next;
    this.#next = {
      operations: [...group.operations, ...waiting.operations],
      bytes: group.bytes + waiting.bytes,
      sync: true,
      members: new Map([...group.members, ...waiting.members]),
    };
    this.#failing = true;
    this.onTrouble(error);
    for (const [member, n] of this.#next.members) member.settled(n, false);
    this.#retry = setTimeout(() => void this.#tryAgain(), RETRY_MS);
    this.#retry.unref();
  }

  async #tryAgain(): Promise<void> {
    this.#failing = false;
    this.#start();
    await this.#running;
    if (!this.#failing) this.onTrouble(undefined);
  }
}
