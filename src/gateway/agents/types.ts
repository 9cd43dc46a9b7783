import type { AgentInfo, AgentKind } from '../../core/wire/rest.ts';

/** An agent that somebody else has started. */
export interface AgentServer {
  /** `wss:`, or `ws:` on this machine. */
  readonly url: string;
  /** A file with the token that it wants; read whenever it is dialled. */
  readonly tokenFile?: string;
}

/** How to start an agent: an argument vector, never a shell line (R70). */
export interface AgentSpec {
  readonly name: string;
  readonly title: string;
  /** `acp` unless given. */
  readonly kind?: AgentKind;
  readonly command: string;
  /** It runs already and is not started: where it listens. Only of `codex-app-server`; `command` is what its words name. */
  readonly server?: AgentServer;
  readonly args: readonly string[];
  /** Set for this agent in addition to the allow-list. */
  readonly env: Readonly<Record<string, string>>;
  /** Names of the gateway's own variables that this agent may see, beside the common allow-list; `*` at the end is a wildcard. */
  readonly passEnv: readonly string[];
  /** Where its sessions start unless told otherwise. */
  readonly cwd?: string;
  /** The newest version of ACP that it is offered: 2 is a draft. 1 unless given. */
  readonly protocolVersion?: 1 | 2;
}

export interface AgentRegistry {
  /** Every known agent, startable ones first: built in, from the config file, found on PATH, known but missing. */
  list(): AgentInfo[];
  /** @returns undefined for a name that is unknown or not installed. */
  get(name: string): AgentSpec | undefined;
  /** Asked of the program, if it is one whose ways are known; undefined when it says none in time. */
  version?(name: string): Promise<string | undefined>;
}
