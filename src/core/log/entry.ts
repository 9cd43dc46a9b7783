import type { JsonObject } from '../json.ts';

/** A JSON-RPC message without its envelope: what the agent said, or what the gateway noted. */
export interface LoggedMessage {
  method: string;
  /** Only for requests (permission, elicitation, sign-in): the gateway's own id, unique in the session. */
  id?: string;
  params: JsonObject;
}

/** One line of a session's log. Numbers start at 1 and have no holes. */
export interface LogEntry {
  /** The last sequence number that this entry stands for. */
  n: number;
  /** The first one, if several were coalesced; absent when it is `n`. */
  from?: number;
  /** When the gateway wrote it, in ms since 1970 by the gateway's clock. */
  at: number;
  m: LoggedMessage;
}

/** The methods that the gateway adds to ACP's own. */
export const GatewayMethod = {
  /** `{id, by, outcome, optionId?, fields?, reason?}`: a request was settled (R57, R58). */
  requestResolved: '_aperture/request_resolved',
  /** A request like the agent's own: it wants its user to sign in. `{message, methods, error?}`, see PROTOCOL.md 4.6. */
  signIn: '_aperture/sign_in',
  /** `{state: 'starting'|'ready'|'exited'|'failed', message?, code?, signal?, stderr?}` */
  agent: '_aperture/agent',
  /** `{error: ErrorInfo, key?}`: a turn or request failed. */
  error: '_aperture/error',
  /** `{level: 'info'|'warning'|'error', text}`: something the reader should know, such as an agent that was started again and does not remember. */
  notice: '_aperture/notice',
  /** `{op: 'read'|'write', path, bytes?, error?}`: the agent used a file through the gateway. */
  file: '_aperture/file',
  /**
   * `{id, state: 'started', command, args, cwd}`, `{id, state: 'output', text}`, `{id, state: 'truncated'}`,
   * `{id, state: 'exited', exitCode, signal}` or `{id, state: 'released'}`: a terminal that the agent has from
   * the gateway; its tool calls name it by `terminalId`. It ends with the agent, without a word of its own.
   */
  terminal: '_aperture/terminal',
  /** `{title}`: the user renamed the session. */
  renamed: '_aperture/renamed',
  /** `{by}`: the session was ended; nothing follows. */
  ended: '_aperture/ended',
} as const;
