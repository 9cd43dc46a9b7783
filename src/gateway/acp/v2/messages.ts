import { isObject, type JsonObject } from '../../../core/json.ts';

/** Messages that may still change, and how much of each is compared (UTF-16 units). */
const MAX_MESSAGES = 64;
const MAX_COMPARED = 1024 * 1024;

interface Known {
  /** The id in the log. */
  id: string;
  text: string;
  /** Blocks that are no text. */
  others: number;
  times: number;
}

export interface MessagesHost {
  update(update: JsonObject): void;
  /** What was said before is not what the agent says now. */
  replaced(): void;
}

/**
 * Whole messages of version 2 (`agent_message` and its like) as the chunks that a log is made of: of a message that
 * was streamed, what is new in it. A log is only ever added to: a message that an agent takes back and says in other
 * words stands there twice, with a note between.
 */
export class WholeMessages {
  readonly #known = new Map<string, Known>();

  constructor(private readonly host: MessagesHost) {}

  /** A chunk, which goes on to the log under the message's id there. */
  chunk(update: JsonObject): void {
    const { messageId, content } = update;
    if (typeof messageId !== 'string') return this.host.update(update);
    const known = this.#of(messageId, update['sessionUpdate']);
    note(known, content);
    this.host.update({ ...update, messageId: known.id });
  }

  /** A whole message: `content` replaces what was known of it; absent, it stays. */
  whole(kind: string, { messageId, content, _meta }: JsonObject): void {
    if (typeof messageId !== 'string' || content === undefined) return;
    const blocks = (Array.isArray(content) ? content : []).filter(isObject);
    const known = this.#of(messageId, kind);
    const text = blocks.map(textOf).join('');
    const others = blocks.filter((block) => textOf(block) === '');
    const goesOn = text.startsWith(known.text) && others.length >= known.others;
    if (goesOn && known.text === '' && known.others === 0) {
      for (const block of blocks) this.#say(kind, known, block, _meta);
      return;
    }
    if (!goesOn) {
      this.host.replaced();
      known.id = `${messageId}~${++known.times}`;
      known.text = '';
      known.others = 0;
      for (const block of blocks) this.#say(kind, known, block, _meta);
      return;
    }
    const rest = text.slice(known.text.length);
    if (rest !== '') this.#say(kind, known, { type: 'text', text: rest }, _meta);
    for (const block of others.slice(known.others)) this.#say(kind, known, block, _meta);
  }

  #say(kind: string, known: Known, content: JsonObject, meta: unknown): void {
    note(known, content);
    this.host.update({
      sessionUpdate: kind,
      messageId: known.id,
      content,
      ...(isObject(meta) && { _meta: meta }),
    });
  }

  #of(messageId: string, kind: unknown): Known {
    const key = `${String(kind)} ${messageId}`;
    const known = this.#known.get(key);
    if (known) return known;
    if (this.#known.size >= MAX_MESSAGES) this.#known.delete(this.#known.keys().next().value!);
    const made = { id: messageId, text: '', others: 0, times: 0 };
    this.#known.set(key, made);
    return made;
  }
}

function note(known: Known, content: unknown): void {
  const text = textOf(content);
  if (text === '') known.others++;
  else if (known.text.length < MAX_COMPARED) known.text += text;
}

const textOf = (block: unknown): string =>
  isObject(block) && block['type'] === 'text' && typeof block['text'] === 'string'
    ? block['text']
    : '';
