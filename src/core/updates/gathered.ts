import { isObject, type JsonObject } from '../json.ts';

/** Of what one call gathers, the newest is kept (UTF-16 units). */
export const MAX_GATHERED = 256 * 1024;
/** Calls that gather at once; the oldest is said and let go. */
const MAX_CALLS = 64;
/** Parts that are no text, of one call. */
const MAX_PARTS = 1_000;
/** What is said at most, units per ms: all of a call's content is said again each time. */
const RATE = 100;
const SOONEST_MS = 100;

interface Gathered {
  parts: JsonObject[];
  size: number;
  dropped: number;
  /** Stops the timer that would tell it. */
  stop: (() => void) | undefined;
  unsaid: boolean;
}

/** Runs something once, some ms later. @returns what stops it. */
export type Later = (run: () => void, ms: number) => () => void;

/**
 * Content of tool calls that comes in chunks, as content that is told whole: what comes after the first is told
 * within `SOONEST_MS`, and more rarely the more there is, so that the cost stays in proportion (R30).
 */
export class GatheredContent {
  readonly #calls = new Map<string, Gathered>();
  /** What calls told whole that have not sent a chunk; most never do. */
  readonly #bases = new Map<string, readonly unknown[]>();

  /** @param say told a call's whole content, later than the chunk. */
  constructor(
    private readonly later: Later,
    private readonly say: (id: string, content: JsonObject[]) => void,
  ) {}

  /** A chunk. */
  add(id: string, part: JsonObject): void {
    const call = this.#of(id);
    append(call, part);
    call.unsaid = true;
    call.stop ??= this.later(() => this.#tell(id, call), SOONEST_MS + call.size / RATE);
  }

  /** The agent has told the whole content itself; chunks go on from there. */
  set(id: string, content: readonly unknown[]): void {
    const call = this.#calls.get(id);
    if (!call) {
      this.#bases.delete(id);
      this.#bases.set(id, content);
      if (this.#bases.size > MAX_CALLS) this.#bases.delete(this.#bases.keys().next().value!);
      return;
    }
    call.parts = [];
    call.size = call.dropped = 0;
    for (const part of content) if (isObject(part)) append(call, part);
    this.#said(call);
  }

  /** Says what was not said yet, of one call or of all. */
  flush(id?: string): void {
    for (const [each, call] of this.#calls) {
      if (id === undefined || each === id) this.#tell(each, call);
    }
  }

  /** What was gathered is of no use any more; a call that has ended, or all. */
  forget(id?: string): void {
    if (id === undefined) this.#bases.clear();
    else this.#bases.delete(id);
    for (const [each, call] of this.#calls) {
      if (id !== undefined && each !== id) continue;
      call.stop?.();
      this.#calls.delete(each);
    }
  }

  #of(id: string): Gathered {
    const known = this.#calls.get(id);
    if (known) return known;
    if (this.#calls.size >= MAX_CALLS) {
      const [oldest] = this.#calls.keys();
      this.flush(oldest);
      this.forget(oldest);
    }
    const call: Gathered = { parts: [], size: 0, dropped: 0, stop: undefined, unsaid: false };
    for (const part of this.#bases.get(id) ?? []) if (isObject(part)) append(call, part);
    this.#bases.delete(id);
    this.#calls.set(id, call);
    return call;
  }

  #tell(id: string, call: Gathered): void {
    if (call.unsaid) this.say(id, whole(call));
    this.#said(call);
  }

  #said(call: Gathered): void {
    call.stop?.();
    call.stop = undefined;
    call.unsaid = false;
  }
}

function append(call: Gathered, part: JsonObject): void {
  const text = textOf(part);
  const last = call.parts.at(-1);
  const before = last && textOf(last);
  if (text !== undefined && before !== undefined) {
    call.parts[call.parts.length - 1] = textPart(before + text);
  } else call.parts.push(part);
  call.size += text === undefined ? JSON.stringify(part).length : text.length;
  while (call.size > MAX_GATHERED || call.parts.length > MAX_PARTS) {
    const first = call.parts.shift()!;
    const old = textOf(first);
    const length = old === undefined ? JSON.stringify(first).length : old.length;
    const over = call.size - MAX_GATHERED;
    // Half of it, so that not every chunk copies all.
    const keep = old !== undefined && call.parts.length === 0 ? MAX_GATHERED / 2 : 0;
    if (old !== undefined && keep > 0 && over > 0) call.parts.unshift(textPart(old.slice(-keep)));
    call.size -= length - keep;
    call.dropped += length - keep;
  }
}

function whole({ parts, dropped }: Gathered): JsonObject[] {
  if (dropped === 0) return [...parts];
  return [
    textPart(`… the first ${dropped.toLocaleString('en')} characters are not kept\n`),
    ...parts,
  ];
}

function textOf({ type, content }: JsonObject): string | undefined {
  if (type !== 'content' || !isObject(content) || content['type'] !== 'text') return undefined;
  return typeof content['text'] === 'string' ? content['text'] : undefined;
}

export const textPart = (text: string): JsonObject => ({
  type: 'content',
  content: { type: 'text', text },
});
