import type { ContentBlock } from '../../../core/acp.ts';
import type { EndpointPolicy } from '../../../core/endpoint/policy.ts';
import type { ErrorInfo } from '../../../core/errors.ts';
import type { Role, ToolPatch } from '../../../core/session/event.ts';
import { oneLine } from '../../../core/text/sanitise.ts';
import { Timer, type Clock } from '../clock.ts';
import type { LocalLog } from './local-log.ts';
import type { IgnoredWhy } from './port.ts';
import { promptText } from './plain-prompt.ts';

/** A request of which nothing was heard for so long has failed; ms (R43). Agents think long, and some say nothing meanwhile. */
export const REQUEST_SILENCE_MS = 300_000;
/** A cancel that the server has not confirmed by then is over for this page; ms. */
export const CANCEL_PATIENCE_MS = 10_000;
/** Requests of one session that run at a time; a server that begins more of them is not heard on those (R30). */
const MAX_RUNNING = 100;
/** Requests that are over and remembered, so that what comes late is known as that. */
const MAX_FINISHED = 500;

export const LOST: ErrorInfo = {
  code: 'connection_lost',
  message: 'The connection was lost before the answer was complete. Send the message again.',
  retryable: true,
};

const TIMED_OUT: ErrorInfo = {
  code: 'request_timeout',
  message: `The server said nothing for ${REQUEST_SILENCE_MS / 60_000} minutes. Send the message again.`,
  retryable: true,
};

interface Running {
  readonly id: string;
  /** For the reader; empty for what the server started. */
  readonly label: string;
  readonly timer: Timer;
  /** When something of it was heard last, ms since 1970. */
  heardAt: number;
  /** What was streamed of the answer, and of it what came after the last tool call. */
  text: string;
  tail: string;
  spoke: boolean;
  cancelling: boolean;
  /** Cancels that wait for its end. */
  readonly cancels: string[];
  /** The server said that it works on it, and will say when it has done. */
  announced: boolean;
  /** Its answer is complete, so far. */
  answered: boolean;
}

export interface RequestsOptions {
  readonly log: LocalLog;
  readonly partial: EndpointPolicy['partial'];
  readonly clock: Clock;
  /** Tells the server that nobody waits for this request any more. */
  abandon(id: string): void;
}

/** Why an event was dropped; nothing if it was taken. */
type Verdict = IgnoredWhy | undefined;

/**
 * Requests of one session by their ids, each settled exactly once (R38–R45). The answer to a request is the
 * message of the same id, so several may stream side by side; the turn runs until the last has ended. Nothing
 * done for an old request touches a newer one (R42).
 */
export class Requests {
  readonly #running = new Map<string, Running>();
  readonly #finished = new Set<string>();
  readonly #options: RequestsOptions;

  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  get running(): readonly string[] {
    return [...this.#running.keys()];
  }

  has(id: string): boolean {
    return this.#running.has(id);
  }

  /** Whether anything of its answer was heard. */
  spoke(id: string): boolean {
    return this.#running.get(id)?.spoke === true;
  }

  /** A prompt of this page went out: it is shown, and its request is its key's. */
  started(key: string, prompt: readonly ContentBlock[]): void {
    this.#options.log.accepted(key, prompt);
    this.#add(key, oneLine(promptText(prompt) ?? '', 60));
  }

  /**
   * One began that this page did not send (R39). One that is over stays over (R54).
   * @param prompt what another client asked, empty for the server's own.
   */
  opened(id: string, prompt = '', by?: string): Verdict {
    if (this.#finished.has(id)) return 'late';
    if (!this.#running.has(id)) {
      if (this.#running.size >= MAX_RUNNING) return 'too_many';
      if (prompt) {
        const content = { type: 'text', text: prompt } as const;
        this.#options.log.push({ type: 'chunk', role: 'user', content, key: id, by });
      }
      this.#add(id, '');
      this.#options.log.push({ type: 'turn', state: 'running', key: id });
    }
    this.#running.get(id)!.announced = true;
    return undefined;
  }

  chunk(id: string, text: string, role: Role = 'assistant'): Verdict {
    const request = this.#take(id);
    if (typeof request === 'string') return request;
    if (text === '') return undefined;
    request.answered = false;
    if (role === 'assistant') {
      request.text += text;
      request.tail += text;
    }
    request.spoke = true;
    const content = { type: 'text', text } as const;
    this.#options.log.push({ type: 'chunk', role, content, messageId: id });
    return undefined;
  }

  tool(id: string, call: ToolPatch): Verdict {
    const request = this.#take(id);
    if (typeof request === 'string') return request;
    // What is said after it is a part of its own.
    request.tail = '';
    request.answered = false;
    this.#options.log.push({ type: 'tool', call });
    return undefined;
  }

  /** The agent wants an answer, and this kind of connection can give none: the reader must know why it waits. */
  asks(id: string, title: string): Verdict {
    const request = this.#take(id);
    if (typeof request === 'string') return request;
    // Somebody thinks about it, somewhere else.
    request.timer.clear();
    const what = oneLine(title, 120);
    const text = `The agent waits for an approval that cannot be given over this connection${what && `: ${what}`}.`;
    this.#options.log.push({ type: 'notice', level: 'warning', text });
    return undefined;
  }

  /** @param text the whole answer, where the server repeats it at the end. */
  finish(id: string, stopReason = 'end_turn', text?: string): Verdict {
    const request = this.#running.get(id);
    if (!request) return this.#finished.has(id) ? 'duplicate_final' : 'unknown_request';
    // The cancel came too late for the server; for the reader it was stopped (R41).
    if (request.cancelling) return this.cancelled(id);
    if (text !== undefined) this.#complete(request, text);
    this.#settle(request, stopReason);
    return undefined;
  }

  /** As {@link finish}, unless the server will say itself when all of it is done. */
  answered(id: string, text?: string): Verdict {
    const request = this.#running.get(id);
    if (!request?.announced || request.cancelling) return this.finish(id, 'end_turn', text);
    if (request.answered) return 'duplicate_final';
    if (text !== undefined) this.#complete(request, text);
    request.answered = true;
    return undefined;
  }

  /** @param lost what was said of the answer is only a part of it. */
  fail(id: string, error: ErrorInfo, { lost = false } = {}): Verdict {
    const request = this.#running.get(id);
    if (!request) return this.#unknown(id);
    if (request.cancelling) return this.cancelled(id);
    this.#settle(request, lost ? 'interrupted' : 'error', { error, lost });
    return undefined;
  }

  cancelled(id: string): Verdict {
    const request = this.#running.get(id);
    if (!request) return this.#unknown(id);
    this.#settle(request, 'cancelled', { lost: true });
    return undefined;
  }

  /**
   * The user wants it to stop, or without an id all that runs: nothing more of it is shown (R41).
   * @param key names this wish; it is acknowledged when all that it meant has ended.
   * @returns whom to tell the server of: those that were not being cancelled yet.
   */
  cancel(key: string, id?: string): string[] {
    const meant = [...this.#running.values()].filter((each) => id === undefined || each.id === id);
    const last = meant.at(-1);
    if (last) last.cancels.push(key);
    else this.#options.log.acknowledged(key);
    const fresh = meant.filter((each) => !each.cancelling);
    for (const request of fresh) {
      request.cancelling = true;
      request.timer.set(CANCEL_PATIENCE_MS, () => this.cancelled(request.id));
    }
    return fresh.map((request) => request.id);
  }

  /** The connection is gone; every request is settled, once (R43). */
  lost(error: ErrorInfo = LOST): void {
    for (const request of this.#running.values()) this.#forget(request);
    this.#options.log.interrupted(error);
  }

  /** Forgets all without a word. Idempotent. */
  dispose(): void {
    for (const request of this.#running.values()) request.timer.dispose();
    this.#running.clear();
  }

  #add(id: string, label: string): void {
    const timer = new Timer(this.#options.clock);
    const request: Running = {
      id,
      label,
      timer,
      heardAt: 0,
      text: '',
      tail: '',
      spoke: false,
      cancelling: false,
      cancels: [],
      announced: false,
      answered: false,
    };
    this.#running.set(id, request);
    this.#patience(request);
  }

  #patience(request: Running): void {
    request.heardAt = this.#options.clock.now();
    // Not anew for every token: a page's timers stand in a worker, and each costs a message there and back.
    if (!request.timer.armed) this.#wait(request, REQUEST_SILENCE_MS);
  }

  #wait(request: Running, ms: number): void {
    request.timer.set(ms, () => {
      const silent = Math.max(0, this.#options.clock.now() - request.heardAt);
      if (silent < REQUEST_SILENCE_MS) return this.#wait(request, REQUEST_SILENCE_MS - silent);
      this.#options.abandon(request.id);
      this.fail(request.id, TIMED_OUT, { lost: true });
    });
  }

  #take(id: string): Running | IgnoredWhy {
    const request = this.#running.get(id);
    if (!request) return this.#unknown(id);
    if (request.cancelling) return 'late';
    this.#patience(request);
    return request;
  }

  #unknown(id: string): IgnoredWhy {
    return this.#finished.has(id) ? 'late' : 'unknown_request';
  }

  /** What the final text has more than was streamed. It is the server's last word, if they differ. */
  #complete(request: Running, text: string): void {
    const said = [request.text, request.tail];
    if (said.some((each) => each.trim() === text.trim())) return;
    const begun = said.find((each) => text.startsWith(each));
    if (begun !== undefined) {
      this.chunk(request.id, text.slice(begun.length));
      return;
    }
    this.#retract(request);
    const content = { type: 'text', text } as const;
    const messageId = `${request.id}/final`;
    this.#options.log.push({ type: 'chunk', role: 'assistant', content, messageId });
  }

  #settle(
    request: Running,
    stopReason: string,
    { error, lost = false }: { error?: ErrorInfo; lost?: boolean } = {},
  ): void {
    const { log, partial } = this.#options;
    this.#forget(request);
    if (lost && partial === 'discard') this.#retract(request);
    if (error) log.push({ type: 'error', error, key: request.id });
    for (const key of request.cancels) log.acknowledged(key);
    const next = [...this.#running.keys()].at(-1);
    if (next === undefined) {
      log.push({ type: 'turn', state: 'idle', stopReason });
      return;
    }
    if (!error) log.push({ type: 'finished', messageId: request.id });
    if (stopReason === 'cancelled') {
      const what = request.label ? `“${request.label}”` : 'A request';
      log.push({ type: 'notice', level: 'info', text: `${what} was stopped.` });
    }
    // The turn goes on, and Stop means what still runs.
    log.push({ type: 'turn', state: 'running', key: next });
  }

  #retract({ id, spoke }: Running): void {
    if (spoke) this.#options.log.push({ type: 'retract', messageId: id });
  }

  #forget(request: Running): void {
    request.timer.dispose();
    this.#running.delete(request.id);
    this.#finished.add(request.id);
    if (this.#finished.size <= MAX_FINISHED) return;
    for (const oldest of this.#finished) {
      this.#finished.delete(oldest);
      break;
    }
  }
}
