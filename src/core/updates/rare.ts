import { isObject, type JsonObject } from '../json.ts';
import { GatheredContent, textPart, type Later } from './gathered.ts';

export type NoticeLevel = 'info' | 'warning' | 'error';

export interface RareHost {
  /** The same in words that every reader of a log knows; at once or a little later. */
  update(update: JsonObject): void;
  notice(level: NoticeLevel, text: string): void;
}

/** Compactions whose beginning is remembered. */
const MAX_COMPACTIONS = 64;

/**
 * Updates of ACP that say with a kind of their own what others say already: they are told in the older words, so
 * that a log, its readers and clients of version 1 need no second way to show the same. A `notice` becomes a notice
 * of the session; a compaction becomes a tool call that carries its summary; `tool_call_content_chunk` becomes
 * updates of its call with all content so far.
 */
export class RareUpdates {
  readonly #content: GatheredContent;
  readonly #compactions = new Set<string>();

  constructor(
    private readonly host: RareHost,
    later: Later,
  ) {
    this.#content = new GatheredContent(later, (toolCallId, content) =>
      host.update({ sessionUpdate: 'tool_call_update', toolCallId, content }),
    );
  }

  /** @returns whether it was one of them; any other goes on as it is. */
  read(update: JsonObject): boolean {
    switch (update['sessionUpdate']) {
      case 'notice':
        return this.#notice(update);
      case 'compaction_update':
        return this.#compaction(update);
      case 'compaction_summary_chunk':
        return this.#summary(update);
      case 'tool_call_content_chunk':
        return this.#chunk(update);
      case 'tool_call':
      case 'tool_call_update':
        this.#call(update);
        return false;
      default:
        return false;
    }
  }

  /** Tells what was gathered and not told yet: the turn is about to end. */
  flush(): void {
    this.#content.flush();
  }

  /** Final. */
  close(): void {
    this.#content.forget();
  }

  #notice({ severity, title, description }: JsonObject): boolean {
    if (typeof title !== 'string') return false;
    const level = severity === 'warning' || severity === 'error' ? severity : 'info';
    const more = typeof description === 'string' && description !== '' ? `\n${description}` : '';
    this.host.notice(level, `${title}${more}`);
    return true;
  }

  #chunk({ toolCallId, content }: JsonObject): boolean {
    if (typeof toolCallId !== 'string' || !isObject(content)) return false;
    this.#content.add(toolCallId, content);
    return true;
  }

  #call({ toolCallId, content, status }: JsonObject): void {
    if (typeof toolCallId !== 'string') return;
    if (Array.isArray(content)) this.#content.set(toolCallId, content);
    if (status !== 'completed' && status !== 'failed') return;
    // Its end is told after all that it gathered.
    this.#content.flush(toolCallId);
    this.#content.forget(toolCallId);
  }

  #summary({ compactionId, content }: JsonObject): boolean {
    if (typeof compactionId !== 'string' || !isObject(content)) return false;
    this.#begin(compactionId);
    this.#content.add(callOf(compactionId), { type: 'content', content });
    return true;
  }

  #compaction({ compactionId, status, summary, error }: JsonObject): boolean {
    if (typeof compactionId !== 'string') return false;
    this.#begin(compactionId);
    const toolCallId = callOf(compactionId);
    const [title, state] = COMPACTION.get(status) ?? COMPACTING;
    const content = [
      ...(Array.isArray(summary) ? summary.filter(isObject) : []).map((block) => ({
        type: 'content',
        content: block,
      })),
      ...(typeof error === 'string' ? [textPart(error)] : []),
    ];
    const told = summary !== undefined || typeof error === 'string';
    const update = {
      sessionUpdate: 'tool_call_update',
      toolCallId,
      title,
      status: state,
      ...(told && { content }),
    };
    this.#call(update);
    if (state !== 'in_progress') this.#compactions.delete(compactionId);
    this.host.update(update);
    return true;
  }

  #begin(id: string): void {
    if (this.#compactions.has(id)) return;
    if (this.#compactions.size >= MAX_COMPACTIONS) this.#compactions.clear();
    this.#compactions.add(id);
    const [title, status] = COMPACTING;
    const toolCallId = callOf(id);
    this.host.update({ sessionUpdate: 'tool_call', toolCallId, title, kind: 'think', status });
  }
}

const callOf = (compactionId: string): string => `compaction:${compactionId}`;

const COMPACTING = ['Compacting the conversation', 'in_progress'] as const;
const COMPACTION: ReadonlyMap<unknown, readonly [title: string, status: string]> = new Map([
  ['completed', ['The conversation was compacted', 'completed']],
  ['failed', ['The conversation could not be compacted', 'failed']],
  ['cancelled', ['Compacting was stopped', 'failed']],
] as const);
