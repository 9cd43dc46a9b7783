import type { ReadonlySignal } from '@preact/signals-core';
import type { EndpointPolicy, ProtocolName } from '../../core/endpoint/policy.ts';
import type { ProbeReport } from '../../core/endpoint/probe.ts';
import type { SessionId } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import type {
  AgentAbilities,
  AgentSessionsResponse,
  AgentVersion,
  NewSessionRequest,
} from '../../core/wire/rest.ts';
import type { RepositoryInfo, WorktreeDiff, WorktreeState } from '../../core/wire/worktree.ts';
import type { EndpointState } from './types.ts';

/** Names an endpoint on this page: a gateway's address, or `protocol:address` for every other kind. */
export type EndpointId = string;

/**
 * Where an endpoint's token is kept (R69). `tab`: in memory, and for this tab's reloads. `passphrase`: on disk,
 * encrypted; asked for when the page is opened. `plain`: on disk as it is.
 */
export type TokenKeeping = 'tab' | 'passphrase' | 'plain';

/** One server that this page speaks to. A new object whenever anything of it changes. */
export interface EndpointView {
  readonly id: EndpointId;
  readonly name: string;
  readonly url: string;
  readonly protocol: ProtocolName;
  readonly policy: EndpointPolicy;
  /** Of a gateway: as its REST side answers. Of any other: `ready` while one of its sessions is connected or was last. */
  readonly state: EndpointState;
  readonly keeping: TokenKeeping;
  /** Its token is on disk, and nobody has given the passphrase yet. */
  readonly locked: boolean;
  /** Something is known of {@link state}: it was asked, or a session of it tried to connect. */
  readonly tried: boolean;
  /** What its sessions can be taken up from: `remoteSessions` works. */
  readonly lists: boolean;
}

export interface NewEndpoint {
  /** As {@link ProbeReport} gave it, or as typed. */
  url: string;
  protocol: ProtocolName;
  /** 1 to 60 characters; the host unless given. */
  name?: string;
  /** Empty for a server that wants none. */
  token: string;
  policy?: Partial<EndpointPolicy>;
  keeping: TokenKeeping;
  /** For `passphrase`. */
  passphrase?: string;
}

/** What is not in it stays. */
export interface EndpointPatch {
  name?: string;
  policy?: Partial<EndpointPolicy>;
  token?: string;
  keeping?: TokenKeeping;
  /** For `passphrase`: a new one. The one that was given before is used without it. */
  passphrase?: string;
}

/** A conversation on the server that this page does not have yet. */
export interface RemoteSessionView {
  readonly title: string;
  /** ms since 1970. */
  readonly updatedAt: number | undefined;
  readonly cwd: string | undefined;
  readonly remote: JsonObject;
}

/** A session at any endpoint. A gateway takes `agent` and `cwd`; the others what `SESSION_FIELDS` says. */
export interface NewSessionAt extends Partial<NewSessionRequest> {
  /** The one that the page came from, or the first, unless given. */
  endpoint?: EndpointId;
  /** Takes up a {@link RemoteSessionView}. */
  remote?: JsonObject;
  /** Ids on the other side, for the protocols that name them. */
  chat?: string;
  world?: string;
  identity?: string;
}

/** Counted since the page was opened; for the inspector (R48). Times are ms. */
export interface ConnectionReport {
  /** Of the attempt that is open, unique on this page; undefined without one. */
  readonly connectionId: string | undefined;
  readonly endpoint: EndpointId | undefined;
  readonly protocol: ProtocolName | undefined;
  readonly attempts: number;
  readonly reconnects: number;
  readonly eventsIn: number;
  readonly promptsOut: number;
  readonly cancels: number;
  /** What was dropped because it belonged to nobody here, by reason. */
  readonly ignored: Readonly<Record<string, number>>;
  /** ms since 1970; undefined before the first. */
  readonly lastFrameAt: number | undefined;
  readonly connectedSince: number | undefined;
  readonly roundTrip: number | undefined;
  /** How long turns ran: number, median, longest. */
  readonly turns: { readonly count: number; readonly median: number; readonly longest: number };
  /** The last lines of its log, oldest first, at most 50; each names connection, request and session. */
  readonly log: readonly string[];
}

/** What is asked of a gateway now and then. Everything rejects with an ApertureError as the gateway said it, or `unreachable`. */
export interface AtGateway {
  /** Whether a session in this directory can have a git worktree of its own; of the main gateway unless another is named. */
  repository(path: string, endpoint?: EndpointId): Promise<RepositoryInfo>;
  agentVersion(agent: string, endpoint?: EndpointId): Promise<AgentVersion>;
  /** What an agent says of itself; it may have to be started for that. */
  agentAbilities(agent: string, endpoint?: EndpointId): Promise<AgentAbilities>;
  /** One page of the sessions that an agent keeps by itself. */
  agentSessions(
    agent: string,
    cursor?: string,
    endpoint?: EndpointId,
  ): Promise<AgentSessionsResponse>;
  /** Deletes one there, for good. */
  deleteAgentSession(agent: string, sessionId: string, endpoint?: EndpointId): Promise<void>;
  /** Signs the reader out of an agent. */
  signOut(agent: string, endpoint?: EndpointId): Promise<void>;
  worktree(id: SessionId): Promise<WorktreeState>;
  /** @param path one of the state's files. */
  worktreeDiff(id: SessionId, path: string): Promise<WorktreeDiff>;
  commitWorktree(id: SessionId, message: string): Promise<WorktreeState>;
  mergeWorktree(id: SessionId): Promise<WorktreeState>;
  /** @param discard the `mark` of the state whose work may be lost; without it nothing is. */
  removeWorktree(id: SessionId, discard?: string): Promise<void>;
}

export interface EndpointStore {
  /** In the order in which they were added. */
  readonly endpoints: ReadonlySignal<readonly EndpointView[]>;
}

export interface EndpointActions {
  /** What is at an address, and how to use it. Never rejects; trouble is in the report. */
  probeEndpoint(address: string, token: string, signal?: AbortSignal): Promise<ProbeReport>;
  /** Adds it, or changes the one with the same id. @throws ApertureError `bad_address`, `unauthorized`, `unreachable`. */
  addEndpoint(endpoint: NewEndpoint): Promise<EndpointId>;
  /**
   * Open connections go on as they are: a token, and a policy other than `concurrency`, count from the next one on.
   * @throws ApertureError `no_such_endpoint`, `unauthorized`, `unreachable`; `no_passphrase` where one is needed and
   * none was given in this page; `no_token` for another keeping of a token that this page does not have.
   */
  changeEndpoint(id: EndpointId, patch: EndpointPatch): Promise<void>;
  /** Disconnects its sessions and forgets it, and their local copies with it. */
  removeEndpoint(id: EndpointId): Promise<void>;
  /** Opens every token that this passphrase fits. @returns how many; 0 for a wrong one. */
  unlockEndpoints(passphrase: string): Promise<number>;
  /** @throws ApertureError as the server said it. */
  remoteSessions(id: EndpointId): Promise<RemoteSessionView[]>;
  /** Its code is loaded when it is first asked for. */
  atGateway(): Promise<AtGateway>;
  /** Takes a session that another tab drives over to this one (R64). */
  takeOver(id: SessionId): void;
  /** Read when asked for; changes without telling. */
  inspect(id: SessionId): ConnectionReport;
}
