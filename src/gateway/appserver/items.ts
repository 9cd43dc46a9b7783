import type { JsonObject } from '../../core/json.ts';
import type { Oddity } from '../acp/oddity.ts';
import type { ServiceNews } from '../acp/services/services.ts';
import { readChanges, diffContent, changedPlaces, changeTitle } from './diffs.ts';
import { CommandOutput } from './output.ts';
import { asList, asText, read } from './protocol.ts';
import { textPart, toolCallOf } from './tool-calls.ts';

/** Items that are under way at once; of more, the oldest is heard no further (R30). */
const MAX_OPEN = 1_000;
/** Ids that are remembered, so that none stands for two things; and turns that are known to be over. */
const MAX_IDS = 10_000;
const MAX_OVER = 64;

export interface ItemsHost {
  /** An ACP `session/update`'s `update`. */
  update(update: JsonObject): void;
  served(news: ServiceNews): void;
  notice(level: 'info' | 'warning', text: string): void;
  odd(what: Oddity, detail: string): void;
}

interface Open {
  /** For the log: unlike the item's own, it never comes twice. */
  readonly id: string;
  readonly turn: string;
  readonly type: string;
  /** Of a message: how much of it was said (UTF-16 units), and the part of it that was last heard. */
  said: number;
  part?: string;
  /** Of a piece of work: as it was last told. */
  call?: JsonObject;
  output?: CommandOutput;
}

/** What belongs to turns: Codex's items, as ACP's updates. */
export class TurnItems {
  readonly #open = new Map<string, Open>();
  readonly #uses = new Map<string, number>();
  readonly #over = new Set<string>();

  constructor(private readonly host: ItemsHost) {}

  /** It has begun, or is told whole. */
  heard(turn: string, item: JsonObject & { type: string; id: string }, over: boolean): void {
    if (this.#isLate(turn, item.id)) return;
    const { type } = item;
    if (SILENT.has(type)) return;
    if (type === 'agentMessage' || type === 'plan') {
      const open = this.#find(turn, item.id, type, !over);
      if (over)
        this.#say(open, 'agent_message_chunk', (asText(item['text']) ?? '').slice(open.said));
    } else if (type === 'reasoning') {
      const open = this.#find(turn, item.id, type, !over);
      if (over && open.said === 0) this.#say(open, 'agent_thought_chunk', thought(item));
    } else if (type === 'contextCompaction') {
      if (over) {
        this.host.notice(
          'info',
          'The agent summed up the conversation so far, to make room in its memory.',
        );
      }
    } else {
      const call = toolCallOf(item, over);
      if (call) this.#work(turn, item, call, over);
      // A kind that is newer than this: kept as it came, once.
      else if (over) this.host.update({ sessionUpdate: `codex_${type}`, item });
    }
    if (over) this.#open.delete(keyOf(turn, item.id));
  }

  /** A piece of one. @returns whether the method is known. */
  piece(method: string, turn: string, params: JsonObject): boolean {
    if (!PIECES.has(method)) return false;
    const id = asText(params['itemId']);
    if (id === undefined) return false;
    if (this.#isLate(turn, id)) return true;
    if (method === 'item/fileChange/patchUpdated') {
      const changes = readChanges(params['changes']);
      this.#again(turn, id, {
        title: changeTitle(changes),
        locations: changedPlaces(changes),
        content: diffContent(changes),
      });
      return true;
    }
    if (method === 'item/mcpToolCall/progress') {
      const words = asText(params['message']);
      if (words) this.#again(turn, id, { content: [textPart(words)] });
      return true;
    }
    const delta = read('delta', params)?.delta;
    if (delta === undefined) return false;
    if (method === 'item/commandExecution/outputDelta') {
      const open = this.#open.get(keyOf(turn, id));
      if (open?.call) this.#outputOf(open).push(delta);
      return true;
    }
    if (method === 'item/agentMessage/delta' || method === 'item/plan/delta') {
      const type = method === 'item/plan/delta' ? 'plan' : 'agentMessage';
      this.#say(this.#find(turn, id, type, false), 'agent_message_chunk', delta);
      return true;
    }
    this.#think(this.#find(turn, id, 'reasoning', false), method, params, delta);
    return true;
  }

  /** The id that this item's tool call has in the log, and what was told of it. */
  callOf(turn: string, id: string): { toolCallId: string; call: JsonObject } {
    const open = this.#open.get(keyOf(turn, id));
    return { toolCallId: open?.id ?? this.#idFor(keyOf(turn, id)), call: open?.call ?? {} };
  }

  /** @param cut it was stopped, or failed: nobody will say how its work ended. */
  turnOver(turn: string, cut: boolean): void {
    for (const [key, open] of this.#open) {
      if (open.turn !== turn) continue;
      if (cut && open.call) {
        open.output?.end(undefined, null);
        this.host.update({
          sessionUpdate: 'tool_call_update',
          toolCallId: open.id,
          status: 'failed',
        });
      }
      // A command may outlive its turn, and is heard of again.
      if (cut || !open.call) this.#open.delete(key);
    }
    this.#over.add(turn);
    if (this.#over.size > MAX_OVER) this.#over.delete(this.#over.values().next().value!);
  }

  /** The agent is gone. */
  close(): void {
    for (const { output } of this.#open.values()) output?.end(undefined, null);
    this.#open.clear();
  }

  #work(
    turn: string,
    item: JsonObject & { id: string; type: string },
    call: JsonObject,
    over: boolean,
  ): void {
    const key = keyOf(turn, item.id);
    const known = this.#open.get(key);
    const open = this.#find(turn, item.id, item.type, !over);
    open.call = { ...open.call, ...call };
    const told = { ...call, toolCallId: open.id };
    if (!known || !over) this.host.update({ sessionUpdate: 'tool_call', ...told });
    if (item.type === 'commandExecution' && over && item['status'] !== 'declined') {
      this.#commandOver(open, item);
    }
    if (known && over) this.host.update({ sessionUpdate: 'tool_call_update', ...told });
  }

  #commandOver(open: Open, { exitCode: code, aggregatedOutput }: JsonObject): void {
    const exitCode = typeof code === 'number' ? code : null;
    const whole = asText(aggregatedOutput);
    if (exitCode === null && !whole && !open.output) return;
    // What a command says at once is missing in its pieces: then all of it is shown in their place.
    if (whole && open.output?.isBeginningOf(whole) === false) {
      open.output.end(undefined, exitCode);
      open.output = undefined;
      this.#outputOf(open, `${open.id}/whole`).end(whole, exitCode);
    } else this.#outputOf(open).end(whole, exitCode);
  }

  #again(turn: string, id: string, more: JsonObject): void {
    const open = this.#open.get(keyOf(turn, id));
    if (!open?.call) return;
    open.call = { ...open.call, ...more };
    this.host.update({ sessionUpdate: 'tool_call_update', toolCallId: open.id, ...more });
  }

  #outputOf(open: Open, id = open.id): CommandOutput {
    if (open.output) return open.output;
    const input = open.call?.['rawInput'] as JsonObject | undefined;
    open.output = new CommandOutput(
      id,
      { command: asText(input?.['command']) ?? '', cwd: asText(input?.['cwd']) ?? '' },
      (news) => this.host.served(news),
    );
    this.host.update({
      sessionUpdate: 'tool_call_update',
      toolCallId: open.id,
      content: [{ type: 'terminal', terminalId: id }],
    });
    return open.output;
  }

  #say(open: Open, kind: string, text: string): void {
    if (text === '') return;
    open.said += text.length;
    this.host.update({
      sessionUpdate: kind,
      messageId: open.id,
      content: { type: 'text', text },
    });
  }

  /** The summary and the reasoning itself tell the same: whichever comes first is shown. */
  #think(open: Open, method: string, params: JsonObject, delta: string): void {
    const index = params['summaryIndex'] ?? params['contentIndex'];
    const part = `${method} ${String(index)}`;
    const before = open.part;
    if (before !== undefined && before.split(' ')[0] !== method) return;
    open.part = part;
    const gap = before !== undefined && before !== part ? '\n\n' : '';
    this.#say(open, 'agent_thought_chunk', gap + delta);
  }

  /** @param anew an item with this id that is under way is another one. */
  #find(turn: string, id: string, type: string, anew: boolean): Open {
    const key = keyOf(turn, id);
    const known = this.#open.get(key);
    if (known && !(anew && known.type !== type)) return known;
    const open: Open = { id: this.#idFor(key), turn, type, said: 0 };
    this.#uses.set(key, (this.#uses.get(key) ?? 0) + 1);
    if (this.#uses.size > MAX_IDS) this.#uses.delete(this.#uses.keys().next().value!);
    this.#open.set(key, open);
    if (this.#open.size > MAX_OPEN) {
      const [oldest, { output }] = this.#open.entries().next().value!;
      output?.end(undefined, null);
      this.#open.delete(oldest);
    }
    return open;
  }

  #idFor(key: string): string {
    const uses = this.#uses.get(key) ?? 0;
    return uses === 0 ? key : `${key}#${uses + 1}`;
  }

  #isLate(turn: string, id: string): boolean {
    if (!this.#over.has(turn) || this.#open.has(keyOf(turn, id))) return false;
    this.host.odd('late_update', 'item');
    return true;
  }
}

/** What the log has by itself: the page's own messages. */
const SILENT: ReadonlySet<string> = new Set(['userMessage']);

const PIECES: ReadonlySet<string> = new Set([
  'item/agentMessage/delta',
  'item/plan/delta',
  'item/reasoning/summaryTextDelta',
  'item/reasoning/textDelta',
  'item/commandExecution/outputDelta',
  'item/fileChange/patchUpdated',
  'item/mcpToolCall/progress',
]);

const keyOf = (turn: string, id: string): string => `${turn}/${id}`;

function thought({ summary, content }: JsonObject): string {
  const parts = asList(summary).length > 0 ? asList(summary) : asList(content);
  return parts.filter((part) => typeof part === 'string').join('\n\n');
}
