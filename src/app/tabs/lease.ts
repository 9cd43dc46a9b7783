/** How long an ordinary request waits: long enough for a page that is being reloaded to be gone; ms. */
const GRACE_MS = 500;
/** How long a holder that was asked for the lease has before it counts as hung (R66), ms. */
const TRANSFER_MS = 3_000;
/** A connection that was just closed may still be closing at the server; ms. */
const LINGER_MS = 250;

const CHANNEL = 'aperture-leases';

/** What tabs tell each other; whoever hears it acts on it and passes nothing on (R31). */
interface Message {
  readonly kind: 'ask' | 'held' | 'released';
  readonly name: string;
  /** Of the holder that speaks; 0 in a question. */
  readonly epoch: number;
}

export interface LeaseHolder {
  /** Another tab asks for it: close the connection, and write down what it needs. The lease goes when this resolves. */
  handOver(): Promise<void>;
  /** It is gone already, without being asked: close the connection at once. */
  taken(): void;
}

/** The right to hold the one connection of something, until it is given up or taken away. */
export interface Lease {
  /** Greater than that of every earlier holder that may still be alive. 0 where the browser has no locks. */
  readonly epoch: number;
}

interface Held extends Lease {
  readonly holder: LeaseHolder;
  release(): void;
  /** It is being handed over. */
  leaving: boolean;
  over: boolean;
}

export interface LeaseParts {
  /** `navigator.locks`; undefined where there are none: then every tab gets what it asks for. */
  readonly locks: Pick<LockManager, 'request' | 'query'> | undefined;
  /** Undefined where tabs cannot talk: then taking over always waits for its patience to end. */
  readonly channel?: () => BroadcastChannel;
}

/**
 * One driver for each connection that must not exist twice (R64). A Web Lock says who it is, so a tab that is gone
 * holds nothing. Taking over asks the holder first, and takes the lock by force only from one that does not answer.
 */
export class Leases {
  readonly #held = new Map<string, Held>();
  readonly #asking = new Map<string, Promise<Lease | undefined>>();
  readonly #touched = new Set<string>();
  readonly #lingering = new Map<string, ReturnType<typeof setTimeout>>();
  /** The locks that say up to which epoch this tab has driven; kept as long as it lives. */
  readonly #marks = new Map<string, () => void>();
  readonly #locks: LeaseParts['locks'];
  readonly #channel: BroadcastChannel | undefined;
  readonly #abort = new AbortController();

  constructor({ locks, channel = () => new BroadcastChannel(CHANNEL) }: LeaseParts) {
    this.#locks = locks;
    if (!locks) return;
    try {
      this.#channel = channel();
      const { signal } = this.#abort;
      this.#channel.addEventListener('message', ({ data }) => this.#hear(data as Message), {
        signal,
      });
    } catch {
      // Then taking over waits for its patience to end, and then takes.
    }
  }

  /** Whether anything keeps two tabs apart here. */
  get works(): boolean {
    return this.#locks !== undefined;
  }

  /** Another tab has driven it since this was asked last, so what this tab knows of it may be old. */
  wasElsewhere(name: string): boolean {
    return this.#touched.delete(name);
  }

  /**
   * @param force takes it from whoever has it.
   * @returns undefined if another tab has it.
   */
  acquire(name: string, holder: LeaseHolder, force = false): Promise<Lease | undefined> {
    clearTimeout(this.#lingering.get(name));
    this.#lingering.delete(name);
    const held = this.#held.get(name);
    if (held) return Promise.resolve(held.leaving ? undefined : held);
    const before = this.#asking.get(name);
    if (before && !force) return before;
    const asked = (before ?? Promise.resolve(undefined))
      .then((got) => got ?? (force ? this.#takeOver(name, holder) : this.#request(name, holder)))
      .finally(() => {
        if (this.#asking.get(name) === asked) this.#asking.delete(name);
      });
    this.#asking.set(name, asked);
    return asked;
  }

  /** Gives it up, a little later: the server may not have seen the end of the connection yet. */
  release(name: string): void {
    if (!this.#held.has(name) || this.#lingering.has(name)) return;
    const timer = setTimeout(() => {
      this.#lingering.delete(name);
      this.#held.get(name)?.release();
    }, LINGER_MS);
    this.#lingering.set(name, timer);
  }

  get #disposed(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Idempotent and final: gives up all that this tab holds. */
  dispose(): void {
    if (this.#disposed) return;
    this.#abort.abort();
    for (const timer of this.#lingering.values()) clearTimeout(timer);
    for (const held of this.#held.values()) held.release();
    for (const drop of this.#marks.values()) drop();
    this.#channel?.close();
  }

  async #request(name: string, holder: LeaseHolder): Promise<Lease | undefined> {
    if (!this.#locks) return this.#withoutLocks(name, holder);
    const got = await this.#lock(name, holder, { signal: AbortSignal.timeout(GRACE_MS) });
    if (!got) this.#touched.add(name);
    return got;
  }

  /** One taker at a time: two that take from each other would both find the lock free for a moment. */
  async #takeOver(name: string, holder: LeaseHolder): Promise<Lease | undefined> {
    if (!this.#locks) return this.#withoutLocks(name, holder);
    return this.#locks.request(`${lockOf(name)}!`, async () => {
      this.#say('ask', name, 0);
      this.#touched.add(name);
      const patience = AbortSignal.timeout(TRANSFER_MS);
      const given = await this.#lock(name, holder, { signal: patience });
      return given ?? this.#lock(name, holder, { steal: true });
    });
  }

  /** Resolves when the lock is ours and its epoch known; undefined if it could not be had. */
  #lock(name: string, holder: LeaseHolder, options: LockOptions): Promise<Lease | undefined> {
    return new Promise((resolve) => {
      let mine: Held | undefined;
      let lost = false;
      this.#locks!.request(lockOf(name), options, async () => {
        const epoch = await this.#mark(name);
        if (this.#disposed || lost) return resolve(undefined);
        await new Promise<void>((free) => {
          mine = this.#keep(name, holder, epoch, free);
          this.#say('held', name, epoch);
          resolve(mine);
        });
        this.#say('released', name, epoch);
      }).catch(() => {
        // Not granted in time; or granted, and taken by force.
        lost = true;
        resolve(undefined);
        if (mine) this.#lose(name, mine);
      });
    });
  }

  #keep(name: string, holder: LeaseHolder, epoch: number, free: () => void): Held {
    const held: Held = {
      epoch,
      holder,
      leaving: false,
      over: false,
      release: () => {
        held.over = true;
        if (this.#held.get(name) === held) this.#held.delete(name);
        free();
      },
    };
    this.#held.set(name, held);
    return held;
  }

  #withoutLocks(name: string, holder: LeaseHolder): Lease {
    return this.#keep(name, holder, 0, () => {});
  }

  /**
   * One more than the greatest epoch of any tab that is alive. It is itself the name of a lock, which every holder
   * keeps for as long as it lives: nothing is written anywhere, so nothing can be stale.
   */
  async #mark(name: string): Promise<number> {
    const locks = this.#locks!;
    const prefix = `${lockOf(name)}#`;
    for (;;) {
      const { held = [] } = await locks.query();
      const epochs = held.map((lock) =>
        lock.name?.startsWith(prefix) ? Number(lock.name.slice(prefix.length)) : 0,
      );
      const epoch = Math.max(0, ...epochs) + 1;
      const drop = await this.#tryMark(`${prefix}${epoch}`);
      if (!drop) continue;
      this.#marks.get(name)?.();
      this.#marks.set(name, drop);
      return epoch;
    }
  }

  #tryMark(name: string): Promise<(() => void) | undefined> {
    return new Promise((resolve) => {
      void this.#locks!.request(name, { ifAvailable: true }, (lock) => {
        if (!lock) return resolve(undefined);
        return new Promise<void>((free) => resolve(free));
      });
    });
  }

  #hear(message: Message): void {
    if (this.#disposed) return;
    const { kind, name, epoch } = message;
    const held = this.#held.get(name);
    if (kind === 'ask') {
      if (held) void this.#handOver(name, held);
      return;
    }
    this.#touched.add(name);
    // The lock was taken while this tab was stopped, and it hears of that first.
    if (kind === 'held' && held && epoch > held.epoch) this.#lose(name, held);
  }

  async #handOver(name: string, held: Held): Promise<void> {
    if (held.over || held.leaving) return;
    held.leaving = true;
    try {
      await held.holder.handOver();
    } finally {
      // Told before the lock is free, and kept in mind: from here on this tab knows less than the other.
      this.#touched.add(name);
      held.release();
    }
  }

  #lose(name: string, held: Held): void {
    if (held.over) return;
    held.release();
    this.#touched.add(name);
    held.holder.taken();
  }

  #say(kind: Message['kind'], name: string, epoch: number): void {
    if (this.#disposed && kind !== 'released') return;
    try {
      this.#channel?.postMessage({ kind, name, epoch } satisfies Message);
    } catch {
      // Closed: nobody is left to be told.
    }
  }
}

const lockOf = (name: string): string => `aperture:lease:${name}`;
