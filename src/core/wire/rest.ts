import type { ErrorInfo } from '../errors.ts';
import type { SessionId } from '../ids.ts';
import type { McpServer, TurnState } from '../acp.ts';
import type { SessionWorktree } from './worktree.ts';

/** What the agent's process is doing. `exited`: ended by itself or was stopped; `failed`: could not start, or crashed. */
export type AgentState = 'starting' | 'ready' | 'exited' | 'failed';

/** A session as `GET /v1/sessions` lists it and as `attached` carries it. Times are ms since 1970. */
export interface SessionSummary {
  id: SessionId;
  title: string;
  /** The agent's name in the gateway's list, and how to show it. */
  agent: string;
  agentTitle: string;
  cwd: string;
  createdAt: number;
  updatedAt: number;
  agentState: AgentState;
  turn: TurnState;
  /** When the running turn began; absent when idle. */
  turnStartedAt?: number;
  /** The log's epoch and last number. */
  epoch: string;
  head: number;
  /** Ids of the permission requests that wait for an answer. */
  pending: string[];
  /** Why the agent failed, if it did. */
  error?: ErrorInfo;
  /** It works in a git worktree of its own. */
  worktree?: SessionWorktree;
}

/** How the gateway speaks with an agent. */
export type AgentKind = 'acp' | 'codex-app-server';

/** Who pays for what an agent does, as far as can be known without reading a secret. */
export interface AgentAccount {
  /** `none`: it calls no model. `unknown`: it may ask, or have a login that nobody can see from outside. */
  from: 'key' | 'login' | 'key_or_login' | 'none' | 'unknown';
  /** One sentence for the reader. */
  text: string;
}

/** An agent that the gateway can start, or knows how to find. */
export interface AgentInfo {
  /** The name for `POST /v1/sessions`. */
  name: string;
  title: string;
  /** One line on what it is. */
  description?: string;
  available: boolean;
  /** For one that is not available: how to get it. */
  install?: string;
  source: 'builtin' | 'config' | 'path';
  /** `acp` unless given. */
  kind?: AgentKind;
  /** Of one from the config file: the known agent whose program it starts, by name. */
  known?: string;
  /** What it needs before it works: a key, a login. One line. */
  needs?: string;
  homepage?: string;
  account?: AgentAccount;
}

/** `GET /v1/agents/:name/version`: asked of the program itself, so not part of the list. */
export interface AgentVersion {
  /** Absent when it did not say one in time. */
  version?: string;
}

export interface AgentsResponse {
  agents: AgentInfo[];
  /** Where new sessions start unless told otherwise, and what contains every session's directory. */
  defaultCwd: string;
}

/** `GET /v1/directories?path=`: the directories inside one, for choosing where a session works. */
export interface DirectoriesResponse {
  /** The absolute path that was listed. */
  path: string;
  /** `null` at the top of what sessions may use. */
  parent: string | null;
  /** Subdirectories by name, hidden ones last; at most 500. */
  entries: { name: string; path: string }[];
  /** There are more than are listed. */
  truncated?: true;
}

export interface SessionsResponse {
  sessions: SessionSummary[];
}

export interface NewSessionRequest {
  agent: string;
  cwd: string;
  title?: string;
  /** As ACP's `session/new` has them; at most 32. What the agent cannot take is left out, and told in the log. */
  mcpServers?: McpServer[];
  /** Absolute paths beside `cwd`, under the same rules; at most 32. */
  additionalDirectories?: string[];
  /** Goes on with a session that the agent keeps by itself: its id, from {@link AgentSessionsResponse}. */
  resume?: string;
  /** Work in a git worktree made for this session, of the repository that `cwd` lies in. */
  worktree?: boolean;
}

/** `GET /v1/agents/:name/abilities`: what an agent said of itself when it was asked. */
export interface AgentAbilities {
  /** Kinds of MCP servers that it takes beside stdio. */
  mcp: { http: boolean; sse: boolean };
  additionalDirectories: boolean;
  /** Its user can be signed out; absent from gateways of before. */
  logout?: boolean;
  sessions: { list: boolean; load: boolean; resume: boolean; close: boolean; delete: boolean };
}

/** A session that an agent keeps by itself. */
export interface AgentSessionInfo {
  /** The agent's own id. */
  sessionId: string;
  /** May be empty. */
  title: string;
  cwd: string;
  /** ms since 1970. */
  updatedAt?: number;
  /** The session of this gateway that goes on with it, if there is one. */
  here?: SessionId;
}

/** `GET /v1/agents/:name/sessions?cursor=`: one page, in the agent's order. */
export interface AgentSessionsResponse {
  sessions: AgentSessionInfo[];
  /** For the next page; absent on the last. */
  nextCursor?: string;
  can: { takeUp: boolean; delete: boolean };
}

/** `PATCH /v1/sessions/:id` */
export interface SessionPatch {
  /** 1 to 200 characters; one line. */
  title: string;
}

export interface ErrorResponse {
  error: ErrorInfo;
}
