import { isObject, type JsonObject } from '../../../core/json.ts';
import type { TerminalNews } from '../services/terminals.ts';
import { callFrom2, partFrom2 } from './content.ts';
import { WholeMessages } from './messages.ts';
import { permissionFrom2 } from './permission.ts';
import { Plans } from './plans.ts';
import { optionsFrom2, settingOf2 } from './settings.ts';
import { ShownTerminals } from './terminals.ts';

export interface BridgeHost {
  /** In version 1's words, and those that `RareUpdates` knows. */
  update(update: JsonObject): void;
  notice(text: string): void;
  terminal(news: TerminalNews): void;
  /** `state_update`. */
  state(update: JsonObject): void;
}

/** Tool calls that are known to have begun: version 1 has a kind of its own for that. */
const MAX_CALLS = 10_000;

const WHOLE: ReadonlyMap<unknown, string> = new Map([
  ['user_message', 'user_message_chunk'],
  ['agent_message', 'agent_message_chunk'],
  ['agent_thought', 'agent_thought_chunk'],
]);

const METHODS: ReadonlyMap<string, string> = new Map([
  ['authenticate', 'auth/login'],
  ['logout', 'auth/logout'],
]);

/**
 * The draft of ACP 2 in the words of version 1, in which the gateway thinks and its logs are written: whoever reads
 * a log need not know which version an agent speaks. What version 1 has no words for is said as the gateway says it
 * of its own (terminals, notices); kinds that are not known pass as they are.
 */
export class Bridge2 {
  readonly #messages: WholeMessages;
  readonly #terminals: ShownTerminals;
  readonly #plans = new Plans();
  readonly #calls = new Set<string>();
  #asked = 0;

  constructor(private readonly host: BridgeHost) {
    this.#messages = new WholeMessages({
      update: (update) => host.update(update),
      replaced: () => host.notice('The agent replaced what it had said above by this:'),
    });
    this.#terminals = new ShownTerminals((news) => host.terminal(news));
  }

  /** A request of the gateway's as version 2 has it. */
  request(method: string, params: JsonObject): { method: string; params: JsonObject } {
    if (method === 'session/prompt') this.#plans.clear();
    const { mcpServers } = params;
    const servers = Array.isArray(mcpServers) && {
      mcpServers: mcpServers.map((each) => ({ type: 'stdio', ...(each as JsonObject) })),
    };
    const setting = method === 'session/set_config_option' ? settingOf2(params) : params;
    return { method: METHODS.get(method) ?? method, params: { ...setting, ...servers } };
  }

  /** What it was answered, in version 1's words; `said` are updates that follow it. */
  answered(result: unknown): { result: unknown; said: JsonObject[] } {
    if (!isObject(result)) return { result, said: [] };
    const { availableCommands, configOptions, ...rest } = result;
    return {
      result: Array.isArray(configOptions)
        ? { ...rest, configOptions: optionsFrom2(configOptions) }
        : rest,
      said: Array.isArray(availableCommands)
        ? [{ sessionUpdate: 'available_commands_update', availableCommands }]
        : [],
    };
  }

  /** The params of a request of the agent's. */
  asked(method: string, params: JsonObject): JsonObject {
    if (method !== 'session/request_permission') return params;
    return permissionFrom2(params, `asked-${++this.#asked}`, this.#terminals.nameOf);
  }

  update(update: JsonObject): void {
    const kind = update['sessionUpdate'];
    const whole = WHOLE.get(kind);
    if (whole !== undefined) return this.#messages.whole(whole, update);
    switch (kind) {
      case 'user_message_chunk':
      case 'agent_message_chunk':
      case 'agent_thought_chunk':
        return this.#messages.chunk(update);
      case 'state_update':
        return this.host.state(update);
      case 'tool_call_update':
        return this.#call(update);
      case 'tool_call_content_chunk':
        this.#begun(update['toolCallId']);
        for (const content of partFrom2(update['content'], this.#terminals.nameOf))
          this.host.update({ ...update, content });
        return;
      case 'terminal_update':
        return this.#terminals.update(update);
      case 'terminal_output_chunk':
        return this.#terminals.chunk(update);
      case 'plan_update':
        return this.host.update(this.#plans.read(update['plan']) ?? update);
      case 'config_option_update':
        return this.host.update({
          ...update,
          configOptions: optionsFrom2(update['configOptions']),
        });
      default:
        return this.host.update(update);
    }
  }

  #call(update: JsonObject): void {
    const { toolCallId } = update;
    const call = callFrom2(update, this.#terminals.nameOf);
    if (typeof toolCallId !== 'string' || this.#calls.has(toolCallId))
      return this.host.update(call);
    this.#calls.add(toolCallId);
    const title = call['title'] ?? call['name'] ?? 'Tool call';
    this.host.update({ status: 'pending', ...call, title, sessionUpdate: 'tool_call' });
  }

  /** The first that is heard of a call may be its content. */
  #begun(toolCallId: unknown): void {
    if (typeof toolCallId !== 'string' || this.#calls.has(toolCallId)) return;
    if (this.#calls.size >= MAX_CALLS) this.#calls.clear();
    this.#call({ sessionUpdate: 'tool_call_update', toolCallId, status: 'in_progress' });
  }
}
