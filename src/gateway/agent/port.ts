import type { ContentBlock } from '../../core/acp.ts';
import type { JsonObject } from '../../core/json.ts';
import type { PromptOutcome } from '../acp/agent-link.ts';

// What a session tells an agent of any kind, and hears of it, is in ACP's words, and written down there.
export type {
  AgentReady,
  LinkHost as AgentHost,
  LinkOptions as AgentOptions,
  PromptOutcome,
} from '../acp/agent-link.ts';

/**
 * One life of one agent of any kind: its process, its handshake, one conversation. It begins with its making, and
 * tells its {@link AgentHost} what becomes of it; a session that starts its agent again makes a new one.
 */
export interface AgentPort {
  /** For diagnosis; undefined when it never started. */
  readonly pid: number | undefined;
  /**
   * Begins a turn; only when ready, one at a time. `settle` runs once, after every update of the turn has been
   * delivered; never when the agent goes before.
   */
  prompt(prompt: readonly ContentBlock[], settle: (outcome: PromptOutcome) => void): void;
  /**
   * Changes a setting, by ACP's method and params without the session's id. Resolves with ACP's answer.
   *
   * @throws ApertureError in words for the reader.
   */
  set(method: string, params: JsonObject): Promise<JsonObject>;
  /**
   * A message into the running turn; absent where the kind of agent has no such thing. Resolves when it was taken.
   *
   * @throws ApertureError in words for the reader: the turn was over, or takes none.
   */
  steer?(prompt: readonly ContentBlock[]): Promise<void>;
  /** Stops the running turn; whether it did shows in how that settles. */
  cancel(): void;
  /** Hears no further what the agent says, which it is to notice by its pipe; nothing is lost. */
  pause(): void;
  resume(): void;
  /** Tells it that its session is over for good, if it wants to know that. Never rejects; takes 2 s at most. */
  close?(): Promise<void>;
  /** Ends the process; the host hears nothing more. Resolves when it is gone. */
  stop(): Promise<void>;
}
