import type { EndpointPolicy } from '../endpoint/policy.ts';
import type { JsonObject } from '../json.ts';

/** What can be done with a session as it is connected now; the interface offers this and no more. */
export interface SessionAbilities {
  readonly cancel: boolean;
  readonly approve: boolean;
  /** Modes and options of the agent can be changed. */
  readonly settings: boolean;
  /**
   * What messages may hold beside text: ACP's `promptCapabilities`; `log` where the agent says it in the session's
   * log. Absent: nothing.
   */
  readonly takes?: JsonObject | 'log';
  /** A half-open socket is found, and round trips are known. */
  readonly liveness: boolean;
  /**
   * What becomes of the conversation when the connection breaks: `resume`, nothing is lost · `retry`, a running
   * answer may be · `lost`, it is over · `done`, every request has a connection of its own.
   */
  readonly afterDrop: 'resume' | 'retry' | 'lost' | 'done';
  /** What a message does while a turn runs; `ask` follows the user's setting. */
  readonly concurrency: EndpointPolicy['concurrency'];
  /** A second tab may be connected at the same time (R64). */
  readonly shared: boolean;
}
