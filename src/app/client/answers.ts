import { ApertureError, type ErrorInfo } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import type { Answer as Given } from '../../core/session/event.ts';
import { Timer, type Clock } from './clock.ts';

/** An answer that nobody has confirmed by then, over however many connections, is given back to the user. */
export const ANSWER_TIMEOUT_MS = 20_000;

interface Answer {
  readonly key: string;
  readonly requestId: string;
  readonly given: Given;
  readonly timer: Timer;
  readonly promise: Promise<void>;
  /** It was on the wire at least once. */
  sent: boolean;
  resolve: () => void;
  reject: (error: ApertureError) => void;
}

/** @returns `false` while there is nothing to send it on. */
type Send = (key: string, requestId: string, given: Given) => unknown;

const unconfirmed = (): ApertureError =>
  new ApertureError(
    'answer_unconfirmed',
    'The server did not confirm the answer. If the request is still open, answer it again.',
    { retryable: true },
  );

const unsent = (): ApertureError =>
  new ApertureError(
    'not_connected',
    `The session was not connected within ${ANSWER_TIMEOUT_MS / 1000} s, so the answer was not sent. Answer again when it is.`,
    { retryable: true },
  );

/**
 * Answers of one session that wait for their acknowledgement (R55, R56). Bounded by the session's pending
 * requests: a second answer to the same request joins the first (R57).
 */
export class Answers {
  readonly #byRequest = new Map<string, Answer>();

  constructor(readonly clock: Clock) {}

  get waiting(): boolean {
    return this.#byRequest.size > 0;
  }

  /**
   * @param send puts it on the wire; what cannot go out now goes with {@link attached}, if that comes in time.
   * @returns when it is confirmed. Rejects with what the other side said, `answer_unconfirmed`, `not_connected` or
   *   `disconnected`.
   */
  submit(requestId: string, given: Given, send: Send): Promise<void> {
    const underWay = this.#byRequest.get(requestId);
    if (underWay) return underWay.promise;
    const timer = new Timer(this.clock);
    let resolve!: () => void;
    let reject!: (error: ApertureError) => void;
    const promise = new Promise<void>((onDone, onFail) => {
      resolve = onDone;
      reject = onFail;
    });
    const answer: Answer = {
      key: newId(),
      requestId,
      given,
      timer,
      promise,
      sent: false,
      resolve,
      reject,
    };
    this.#byRequest.set(requestId, answer);
    timer.set(ANSWER_TIMEOUT_MS, () => this.#fail(answer, answer.sent ? unconfirmed() : unsent()));
    answer.sent = send(answer.key, requestId, given) !== false;
    return promise;
  }

  /** A new connection is up: what still waits there is answered again by its key, the rest was settled. */
  attached(pending: readonly string[], send: Send): void {
    for (const answer of this.#byRequest.values()) {
      if (!pending.includes(answer.requestId)) this.#done(answer);
      else if (send(answer.key, answer.requestId, answer.given) !== false) answer.sent = true;
    }
  }

  /** Requests are named by log numbers: in another log the same name may be another question (R55). */
  forgetLog(): void {
    this.rejectAll(unconfirmed());
  }

  /** The log shows the request as settled, by whomever. */
  resolved(requestId: string): void {
    const answer = this.#byRequest.get(requestId);
    if (answer) this.#done(answer);
  }

  acknowledged(key: string): void {
    const answer = this.#find(key);
    if (answer) this.#done(answer);
  }

  refused(key: string, error: ErrorInfo): void {
    const answer = this.#find(key);
    if (answer) {
      this.#fail(
        answer,
        new ApertureError(error.code, error.message, { retryable: error.retryable }),
      );
    }
  }

  /** The connection will not come back by itself: every answer is settled, once (R43). */
  rejectAll(error: ApertureError): void {
    for (const answer of this.#byRequest.values()) this.#fail(answer, error);
  }

  #find(key: string): Answer | undefined {
    for (const answer of this.#byRequest.values()) if (answer.key === key) return answer;
    return undefined;
  }

  #done(answer: Answer): void {
    this.#remove(answer);
    answer.resolve();
  }

  #fail(answer: Answer, error: ApertureError): void {
    this.#remove(answer);
    answer.reject(error);
  }

  #remove(answer: Answer): void {
    answer.timer.dispose();
    this.#byRequest.delete(answer.requestId);
  }
}
