import type { ToolCallContent } from '../../../../core/acp.ts';
import type { JsonObject } from '../../../../core/json.ts';
import type { SessionEvent, ToolPatch } from '../../../../core/session/event.ts';
import type { IgnoredWhy } from '../port.ts';

/** Ids of earlier turns that are remembered, so that what is late can be told from what is strange. */
const MAX_PAST = 1_000;

type Reading = SessionEvent | { ignored: IgnoredWhy } | undefined;

const text = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

/** The parts of one connection's answers, as events. Correlates by the ids of texts and tool calls (R38, R39). */
export class PartReader {
  /** Texts and thoughts that were begun in this turn. */
  readonly #texts = new Map<string, 'assistant' | 'thought'>();
  /** Tool calls of this turn: id and name. */
  readonly #tools = new Map<string, string>();
  readonly #past = new Set<string>();
  #messageId = '';
  /** What the assistant has said in this turn. */
  said = '';

  /** @param withIds without, what is said can only be taken back as a whole. */
  constructor(readonly withIds: boolean) {}

  /** The turn is over: what still comes of it is late. */
  endTurn(): void {
    for (const id of [...this.#texts.keys(), ...this.#tools.keys(), this.#messageId]) {
      this.#past.add(id);
    }
    for (const id of this.#past) {
      if (this.#past.size <= MAX_PAST) break;
      this.#past.delete(id);
    }
    this.#texts.clear();
    this.#tools.clear();
    this.said = '';
  }

  /** Whether a message of that id has ended already. */
  isPast(messageId: unknown): boolean {
    return typeof messageId === 'string' && messageId !== '' && this.#past.has(messageId);
  }

  nameOf(toolCallId: string): string | undefined {
    return this.#tools.get(toolCallId);
  }

  /** Undefined: it says nothing that is shown. */
  read(type: string, part: JsonObject): Reading {
    const id = text(part['id']) ?? '';
    switch (type) {
      case 'start':
        this.#messageId = text(part['messageId']) ?? '';
        return undefined;
      case 'text-start':
      case 'reasoning-start':
        this.#texts.set(`${type[0]}${id}`, type === 'text-start' ? 'assistant' : 'thought');
        return undefined;
      case 'text-delta':
      case 'reasoning-delta':
        return this.#delta(`${type[0]}${id}`, text(part['delta']) ?? text(part['textDelta']) ?? '');
      case 'text-end':
      case 'reasoning-end':
        return this.#texts.has(`${type[0]}${id}`) ? undefined : this.#stray(`${type[0]}${id}`);
      case 'start-step':
      case 'finish-step':
      case 'message-metadata':
        return undefined;
      default:
        return type.startsWith('tool-')
          ? this.#tool(type, part)
          : { type: 'raw', method: type, payload: part };
    }
  }

  #delta(id: string, delta: string): Reading {
    const role = this.#texts.get(id);
    if (!role) return this.#stray(id);
    if (delta === '') return undefined;
    if (role === 'assistant') this.said += delta;
    return {
      type: 'chunk',
      role,
      content: { type: 'text', text: delta },
      messageId: this.withIds ? `${this.#messageId}:${id}` : undefined,
    };
  }

  #tool(type: string, part: JsonObject): Reading {
    const toolCallId = text(part['toolCallId']);
    if (toolCallId === undefined) return { ignored: 'missing_scope' };
    const name = text(part['toolName']) ?? this.#tools.get(toolCallId);
    const begins = type === 'tool-input-start' || type === 'tool-input-available';
    if (!begins && type !== 'tool-input-error' && !this.#tools.has(toolCallId)) {
      return this.#stray(toolCallId);
    }
    this.#tools.set(toolCallId, name ?? toolCallId);
    const call: ToolPatch = { toolCallId, ...(begins && { title: name ?? toolCallId }) };
    switch (type) {
      case 'tool-input-start':
        call.status = 'pending';
        break;
      case 'tool-input-delta':
        // The whole input follows.
        return undefined;
      case 'tool-input-available':
        call.status = 'in_progress';
        call.rawInput = part['input'];
        break;
      case 'tool-output-available':
        // More of it comes while it is preliminary.
        call.status = part['preliminary'] === true ? 'in_progress' : 'completed';
        call.rawOutput = part['output'];
        if (typeof part['output'] === 'string') call.content = shown(part['output']);
        break;
      case 'tool-input-error':
      case 'tool-output-error':
        call.status = 'failed';
        call.content = shown(text(part['errorText']) ?? 'The tool failed.');
        break;
      case 'tool-output-denied':
        call.status = 'failed';
        call.content = shown('Denied.');
        break;
      default:
        return { type: 'raw', method: type, payload: part };
    }
    return { type: 'tool', call };
  }

  #stray(id: string): Reading {
    return { ignored: this.#past.has(id) ? 'late' : 'unknown_request' };
  }
}

const shown = (value: string): ToolCallContent[] => [
  { type: 'content', content: { type: 'text', text: value } },
];
