import { isObject, type JsonObject } from '../../../core/json.ts';
import { systemClock, Timer, type Clock } from '../clock.ts';
import { readFrame } from './fields.ts';
import type { ProbeRequest, Socket } from './port.ts';

/** How long a probe waits for a socket to open; ms. */
const OPEN_PATIENCE_MS = 5_000;
/** How long it then listens to a server that says nothing; ms. */
const QUIET_MS = 3_000;

export type Heard =
  | { type: 'open' }
  | { type: 'frame'; frame: JsonObject }
  /** Something that no JSON object stands in. */
  | { type: 'noise' }
  | { type: 'close'; code: number; reason: string }
  /** Nothing decisive came in time, or the probe was aborted. */
  | { type: 'silence' };

export interface Question<T> {
  readonly url: string;
  /** How long to listen once the socket is open; ms. */
  readonly quietMs?: number;
  readonly clock?: Clock;
  /** @returns the answer once it is known; must give one for `close` and `silence`. */
  hear(heard: Heard, say: (frame: object) => void): T | undefined;
}

/** Opens one socket, listens until the question is answered, and closes it whatever happens. Never rejects. */
export function ask<T>(request: ProbeRequest, question: Question<T>): Promise<T> {
  return new Promise<T>((resolve) => {
    const over = new AbortController();
    const timer = new Timer(question.clock ?? systemClock);
    let socket: Socket | undefined;
    const say = (frame: object): void => {
      if (socket?.readyState === 1) socket.send(JSON.stringify(frame));
    };
    const hear = (heard: Heard): void => {
      if (over.signal.aborted) return;
      const answer = question.hear(heard, say);
      if (answer === undefined) return;
      over.abort();
      timer.dispose();
      try {
        socket?.close(1000);
      } catch {
        // It never came up.
      }
      resolve(answer);
    };
    const silence = (): void => hear({ type: 'silence' });
    if (request.signal.aborted) return silence();
    try {
      socket = request.sockets(question.url, []);
    } catch (error) {
      return hear({ type: 'close', code: 1006, reason: String(error) });
    }
    const options = { signal: over.signal };
    const opened = (): void => {
      timer.set(question.quietMs ?? QUIET_MS, silence);
      hear({ type: 'open' });
    };
    socket.addEventListener('open', opened, options);
    socket.addEventListener('message', ({ data }) => hear(read(data)), options);
    socket.addEventListener(
      'close',
      ({ code, reason }) => hear({ type: 'close', code: code ?? 1006, reason: reason ?? '' }),
      options,
    );
    // Outlives the signal on purpose: closing a socket that still connects makes one.
    socket.addEventListener('error', () => {});
    request.signal.addEventListener('abort', silence, options);
    timer.set(OPEN_PATIENCE_MS, silence);
  });
}

function read(data: unknown): Heard {
  try {
    const frame = typeof data === 'string' ? readFrame(data) : undefined;
    return isObject(frame) ? { type: 'frame', frame } : { type: 'noise' };
  } catch {
    return { type: 'noise' };
  }
}
