import type { JsonObject } from '../../../core/json.ts';
import { readFrame } from './fields.ts';
import type { IgnoredWhy, Incoming, LinkSink, SocketFactory } from './port.ts';
import { scopeOf } from './scoped-quirks.ts';
import { SocketLink } from './socket-link.ts';

/** One chat of a world, as the world sees it. */
export interface Chat {
  readonly chatId: string;
  /** Takes events that name no world, since its id is enough (R51). */
  readonly lenient: boolean;
  /** The socket is open. */
  opened(): void;
  /** A frame of this chat and no other. */
  frame(frame: JsonObject): void;
  /** Something came over the common socket that is no chat's of this page. */
  ignored(why: IgnoredWhy, detail: string): void;
  /** The socket is gone. Once, and nothing after it. */
  closed: LinkSink['closed'];
}

/** One socket that carries every chat of a world that this page has open. */
export class World {
  readonly #chats = new Map<string, Chat>();
  readonly #link: SocketLink;
  readonly #id: string;
  readonly #empty: () => void;
  #open = false;

  /** @param greeting sent first. @param empty the socket is closed; another world object takes over. */
  constructor(
    sockets: SocketFactory,
    url: string,
    id: string,
    greeting: readonly object[],
    empty: () => void,
  ) {
    this.#id = id;
    this.#empty = empty;
    this.#link = new SocketLink(
      sockets,
      url,
      [],
      {
        hello: () => greeting.map((frame) => JSON.stringify(frame)),
        opened: () => {
          this.#open = true;
          for (const chat of this.#members) chat.opened();
        },
        decode: (text) => this.#decode(text),
        // Nobody's, like text that cannot be read: the socket is everybody's.
        binary: () => this.#ignored('missing_scope', 'binary frame'),
      },
      { incoming: () => {}, closed: (code, reason) => this.#closed(code, reason) },
    );
  }

  get open(): boolean {
    return this.#open;
  }

  has(chatId: string): boolean {
    return this.#chats.has(chatId);
  }

  join(chat: Chat): void {
    this.#chats.set(chat.chatId, chat);
  }

  /** Idempotent. The last one closes the socket. */
  leave(chat: Chat): void {
    if (this.#chats.get(chat.chatId) !== chat) return;
    this.#chats.delete(chat.chatId);
    if (this.#chats.size > 0) return;
    this.#open = false;
    this.#link.close();
    this.#empty();
  }

  /** @returns whether it went out. Every frame says whose it is. */
  send(chatId: string, frame: { type: string } & JsonObject): boolean {
    const { type, ...rest } = frame;
    return this.#link.send(JSON.stringify({ type, worldId: this.#id, chatId, ...rest }));
  }

  get #members(): Chat[] {
    return [...this.#chats.values()];
  }

  /** There is no chat that an event without its scope could belong to: not the viewed one, not the last (R50, R51). */
  #decode(text: string): Incoming | undefined {
    let frame: JsonObject;
    try {
      frame = readFrame(text);
    } catch (error) {
      // It may be anybody's; closing the common socket would cost everybody (R71).
      this.#ignored('missing_scope', (error as Error).message);
      return undefined;
    }
    const { worldId, chatId } = scopeOf(frame);
    const name = String(frame['type']).slice(0, 60);
    const chat = chatId === undefined ? undefined : this.#chats.get(chatId);
    if (chatId === undefined || (worldId === undefined && !chat?.lenient)) {
      this.#ignored('missing_scope', name);
    } else if (!chat || (worldId !== undefined && worldId !== this.#id)) {
      this.#ignored('foreign_scope', `${name} of ${worldId}/${chatId}`.slice(0, 200));
    } else chat.frame(frame);
    return undefined;
  }

  /** It came over a socket that all share: each one's counters show it. */
  #ignored(why: IgnoredWhy, detail: string): void {
    for (const chat of this.#members) chat.ignored(why, detail);
  }

  #closed(code: number, reason: string): void {
    this.#open = false;
    this.#empty();
    const members = this.#members;
    this.#chats.clear();
    for (const chat of members) chat.closed(code, reason);
  }
}
