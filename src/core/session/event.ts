import type {
  AvailableCommand,
  ContentBlock,
  PermissionOption,
  PlanEntry,
  StopReason,
  ToolCallContent,
  ToolCallLocation,
  ToolCallStatus,
  ToolKind,
  TurnState,
} from '../acp.ts';
import type { ErrorInfo } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import type { AgentState } from '../wire/rest.ts';
import type { Choice } from './settings.ts';

export type Role = 'user' | 'assistant' | 'thought';

/** A request that is no permission: an elicitation, or a sign-in; read by whoever draws it. */
export interface Ask {
  readonly method: string;
  readonly params: JsonObject;
}

/** An answer to a request: an option's id, or with what was typed into a form; `undefined` cancels it. */
export type Answer =
  string | { readonly optionId: string; readonly content: JsonObject } | undefined;

/** What an agent said of a tool call; absent fields keep what was known before. */
export interface ToolPatch {
  toolCallId: string;
  title?: string;
  kind?: ToolKind;
  status?: ToolCallStatus;
  content?: ToolCallContent[];
  locations?: ToolCallLocation[];
  rawInput?: unknown;
  rawOutput?: unknown;
}

/**
 * What every protocol's `decode` makes of its frames, and the only thing that reducers see.
 * Which session it belongs to is never in here: it is the connection's, explicitly (R50, R52).
 */
export type SessionEvent =
  /** A piece of a message. `messageId` is often absent: then another kind of event ends the message. */
  | {
      type: 'chunk';
      role: Role;
      content: ContentBlock;
      messageId?: string;
      key?: string;
      by?: string;
    }
  | { type: 'tool'; call: ToolPatch }
  | { type: 'plan'; entries: PlanEntry[] }
  | { type: 'commands'; commands: AvailableCommand[] }
  | { type: 'usage'; used: number; size: number; cost?: { amount: number; currency: string } }
  | { type: 'title'; title: string }
  /** `key`: of the frame that changed it; absent when the agent did. */
  | { type: 'mode'; modeId: string; key?: string }
  /** All options of the agent as they stand, as it said them (ACP's `SessionConfigOption`). */
  | { type: 'options'; options: JsonObject[]; key?: string }
  /** The agent read or wrote a file through the gateway; `detail` as in PROTOCOL.md 4.4. */
  | { type: 'file'; path: string; detail: JsonObject }
  /** What became of a terminal that the agent has from the gateway; tool calls name it by this id. */
  | { type: 'terminal'; id: string; detail: JsonObject }
  /** With `ask`, another kind of request, which waits and ends as a permission request does. */
  | { type: 'permission'; id: string; tool: ToolPatch; options: PermissionOption[]; ask?: Ask }
  | {
      type: 'resolved';
      id: string;
      outcome: 'selected' | 'cancelled';
      optionId?: string;
      /** Of a form, what was filled in; its values are not in the log. */
      fields?: string[];
      by?: string;
      reason?: string;
    }
  | { type: 'turn'; state: TurnState; stopReason?: StopReason | (string & {}); key?: string }
  /**
   * `modes`, `options`: what an agent that is ready said of its session, if it did. `takes`: its prompt capabilities,
   * as it said them. `steers`: it takes messages into a running turn.
   */
  | {
      type: 'agent';
      state: AgentState;
      message?: string;
      takes?: JsonObject;
      steers?: boolean;
      modes?: { current: string; available: Choice[] };
      options?: JsonObject[];
    }
  | { type: 'error'; error: ErrorInfo; key?: string }
  | { type: 'notice'; level: 'info' | 'warning' | 'error'; text: string }
  | { type: 'ended'; by?: string }
  /** Numbers `from … to` cannot be had any more; shown, never hidden (R21). */
  | { type: 'gap'; from: number; to: number }
  /** Nothing more comes in this message, though its turn goes on: other requests run beside it. */
  | { type: 'finished'; messageId: string }
  /** Everything the agent said in this message is taken back, by policy (R45). */
  | { type: 'retract'; messageId: string }
  /** Something we do not know: kept and shown folded. */
  | { type: 'raw'; method: string; payload: JsonObject };

/** An event with its place in the session's log. */
export interface NumberedEvent {
  /** Last log number that it stands for. */
  n: number;
  /** ms since 1970, by the clock of whoever logged it. */
  at: number;
  event: SessionEvent;
}
