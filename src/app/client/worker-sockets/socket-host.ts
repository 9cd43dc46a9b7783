import { GATHER_MS } from '../../../core/limits.ts';
import type { CloseCode } from '../../../core/wire/close-codes.ts';
import { CONFIRM_EVERY, type SocketNews, type SocketOrder } from './orders.ts';

/** Between two pieces of news to the page, ms, because each is a task of its own there. */
const GAP_MS = 16;
/** The same for what comes seldom: a token that comes alone is not held up by others' streams. */
const LONE_GAP_MS = 4;
/** A socket is one of these while its messages come further apart on the average than a gateway gathers them for, ms. */
const LONE_MS = GATHER_MS + 2;
/** No pause counts for more. */
const MAX_PAUSE_MS = 100;
/** News in one piece, and their length in UTF-16 units, so that none of them holds up a frame. */
const MAX_NEWS = 2_000;
const MAX_LENGTH = 1024 * 1024;
/** Pieces that the page has not confirmed; then the rest waits here. */
const MAX_UNREAD = 2 * CONFIRM_EVERY;

/** The one code that is needed here: with the table of them all the worker's file would be a tenth longer. */
const POLICY: typeof CloseCode.policy = 1008;

/** The worker's half: real sockets, and what they bring, in the order in which it came. */
export class SocketHost {
  readonly #sockets = new Map<number, WebSocket>();
  /** When each socket last brought something, and how far apart that is. */
  readonly #heard = new Map<number, { at: number; apart: number }>();
  #news: SocketNews[] = [];
  #sentAt = Number.NEGATIVE_INFINITY;
  #unread = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #postAt = 0;

  constructor(private readonly send: (news: readonly SocketNews[]) => void) {}

  order(order: SocketOrder): void {
    const socket = this.#sockets.get(order.id);
    if ('url' in order) this.#open(order.id, order.url, order.protocols);
    else if ('data' in order) {
      if (socket?.readyState === WebSocket.OPEN) socket.send(order.data);
    } else {
      try {
        socket?.close(...order.close);
      } catch {
        // A code that no page may send.
        socket?.close();
      }
    }
  }

  /** The page has read so many pieces more. */
  read(): void {
    const waited = this.#isFull;
    this.#unread -= CONFIRM_EVERY;
    if (waited && this.#news.length > 0) this.#schedule(0);
  }

  get #isFull(): boolean {
    return this.#unread >= MAX_UNREAD;
  }

  #open(id: number, url: string, protocols: readonly string[]): void {
    let socket: WebSocket;
    try {
      socket = new WebSocket(url, [...protocols]);
    } catch (error) {
      // An address that is none, or ws:// from an https page.
      return this.#add([id, 'close', POLICY, String(error)]);
    }
    this.#sockets.set(id, socket);
    socket.addEventListener('open', () => this.#add([id, 'open']));
    socket.addEventListener('message', ({ data }) => this.#add([id, 'message', data]));
    socket.addEventListener('close', ({ code, reason }) => {
      this.#sockets.delete(id);
      this.#add([id, 'close', code, reason]);
    });
  }

  #add(news: SocketNews): void {
    this.#news.push(news);
    const [id] = news;
    const now = performance.now();
    const heard = this.#heard.get(id) ?? { at: now - MAX_PAUSE_MS, apart: 0 };
    heard.apart += 0.2 * (Math.min(MAX_PAUSE_MS, now - heard.at) - heard.apart);
    heard.at = now;
    if (news[1] === 'close') this.#heard.delete(id);
    else this.#heard.set(id, heard);
    this.#schedule(this.#sentAt + (heard.apart < LONE_MS ? GAP_MS : LONE_GAP_MS) - now);
  }

  #schedule(wait: number): void {
    if (this.#isFull) return;
    if (wait <= 0) return this.#post();
    const at = performance.now() + wait;
    if (this.#timer !== undefined && at >= this.#postAt) return;
    clearTimeout(this.#timer);
    this.#postAt = at;
    this.#timer = setTimeout(() => this.#post(), wait);
  }

  #post(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    let length = 0;
    let count = 0;
    while (count < this.#news.length && count < MAX_NEWS && length < MAX_LENGTH) {
      const data = this.#news[count++]![2];
      if (typeof data === 'string') length += data.length;
    }
    this.#sentAt = performance.now();
    this.#unread++;
    this.send(this.#news.splice(0, count));
    if (this.#news.length > 0) this.#schedule(0);
  }
}
