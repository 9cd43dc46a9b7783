import type { SessionId } from '../../core/ids.ts';
import type { Clock } from './clock.ts';

/** Lines of one session's log that are kept (R30), and the longest of them in UTF-16 units. */
const MAX_LINES = 50;
const MAX_LINE = 300;
/** Turns whose length is remembered for the median. */
const MAX_TURNS = 200;

/** What was counted of one session's connection since the page was opened (R48). Times are ms. */
export interface ConnectionCounts {
  readonly connectionId: string | undefined;
  readonly attempts: number;
  readonly reconnects: number;
  readonly eventsIn: number;
  readonly promptsOut: number;
  readonly cancels: number;
  readonly ignored: Readonly<Record<string, number>>;
  /** ms since 1970; undefined before the first. */
  readonly lastFrameAt: number | undefined;
  readonly connectedSince: number | undefined;
  readonly roundTrip: number | undefined;
  readonly turns: { readonly count: number; readonly median: number; readonly longest: number };
  /** Oldest first. Each line names connection, request and session; none holds what was said. */
  readonly log: readonly string[];
}

/** Of a session that was not connected on this page yet. */
export const NOTHING_COUNTED: ConnectionCounts = {
  connectionId: undefined,
  attempts: 0,
  reconnects: 0,
  eventsIn: 0,
  promptsOut: 0,
  cancels: 0,
  ignored: {},
  lastFrameAt: undefined,
  connectedSince: undefined,
  roundTrip: undefined,
  turns: { count: 0, median: 0, longest: 0 },
  log: [],
};

/** Counts and notes what one session's connection does; cheap enough to be always on. */
export class SessionReport {
  connectionId: string | undefined;
  attempts = 0;
  reconnects = 0;
  eventsIn = 0;
  promptsOut = 0;
  cancels = 0;
  lastFrameAt: number | undefined;
  connectedSince: number | undefined;
  roundTrip: number | undefined;
  readonly #ignored = new Map<string, number>();
  readonly #log: string[] = [];
  readonly #turns: number[] = [];
  #turnCount = 0;
  #longest = 0;
  #turnBegan: number | undefined;

  constructor(
    private readonly id: SessionId,
    private readonly clock: Clock,
  ) {}

  /** A dial begins. @param generation counts the attempts of one session. */
  dialled(generation: number): void {
    // Unique on a page: a session's id is, and so is the number of its attempt.
    this.connectionId = `${this.id}#${generation}`;
    this.attempts++;
    this.note('dial');
  }

  attached(again: boolean, how: string): void {
    this.connectedSince = this.clock.now();
    if (again) this.reconnects++;
    this.note(`attached, ${how}`);
  }

  /** The attempt is over. */
  closed(why: string): void {
    if (this.connectionId === undefined) return;
    this.note(`closed: ${why}`);
    this.connectionId = undefined;
    this.connectedSince = undefined;
    this.roundTrip = undefined;
  }

  heard(): void {
    this.lastFrameAt = this.clock.now();
  }

  ignored(why: string, detail: string): void {
    this.#ignored.set(why, (this.#ignored.get(why) ?? 0) + 1);
    this.note(`ignored (${why}): ${detail}`);
  }

  turn(running: boolean, key: string | undefined): void {
    const now = this.clock.now();
    if (running) {
      if (this.#turnBegan === undefined) this.note('turn begins', key);
      this.#turnBegan ??= now;
      return;
    }
    if (this.#turnBegan === undefined) return;
    // A clock that was set back makes no negative turns.
    const took = Math.max(0, now - this.#turnBegan);
    this.#turnBegan = undefined;
    this.#turnCount++;
    this.#longest = Math.max(this.#longest, took);
    this.#turns.push(took);
    if (this.#turns.length > MAX_TURNS) this.#turns.shift();
    this.note(`turn ends after ${took} ms`, key);
  }

  /** @param key of the request that it is about. Never given anything that was said. */
  note(text: string, key?: string): void {
    const time = new Date(this.clock.now()).toISOString();
    const line = `${time} c=${this.connectionId ?? '-'} r=${key ?? '-'} s=${this.id} ${text}`;
    this.#log.push(line.slice(0, MAX_LINE));
    if (this.#log.length > MAX_LINES) this.#log.shift();
  }

  get counts(): ConnectionCounts {
    const { connectionId, attempts, reconnects, eventsIn, promptsOut, cancels } = this;
    const { lastFrameAt, connectedSince, roundTrip } = this;
    const sorted = this.#turns.toSorted((a, b) => a - b);
    return {
      connectionId,
      attempts,
      reconnects,
      eventsIn,
      promptsOut,
      cancels,
      ignored: Object.fromEntries(this.#ignored),
      lastFrameAt,
      connectedSince,
      roundTrip,
      turns: {
        count: this.#turnCount,
        median: sorted[Math.floor(sorted.length / 2)] ?? 0,
        longest: this.#longest,
      },
      log: [...this.#log],
    };
  }
}
