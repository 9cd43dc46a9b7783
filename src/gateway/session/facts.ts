import { isObject, type JsonObject } from '../../core/json.ts';
import { NO_EXTRAS, type SessionExtras } from '../acp/extras.ts';
import { worktreeFromJson, type WorktreeFacts } from '../worktree/facts.ts';
import type { TitleGiver } from './title.ts';

/** What a restarted gateway must know of a session beside its log. Times are ms since 1970. */
export interface SessionFacts {
  title: { text: string; by: TitleGiver };
  agent: { name: string; title: string };
  cwd: string;
  createdAt: number;
  /** MCP servers and more directories, if it was given any. */
  extras?: SessionExtras;
  /** The agent's own session, to be resumed or loaded. */
  acpSessionId?: string;
  /** A prompt has gone to the agent under `acpSessionId`. */
  prompted: boolean;
  /** The turn that was running; `n` is the log number of its prompt. */
  turn?: { key: string; startedAt: number; n: number };
  /** Requests that wait for an answer. */
  asking: readonly string[];
  /** It was ended, and only waits for pages to read its last entries. */
  ended?: boolean;
  /** Where it works, if it was given one of its own. */
  worktree?: WorktreeFacts;
  /** Another dialect of the gateway began it, under a name of its own. */
  origin?: SessionOrigin;
}

/** What a session is called in a dialect that has its own names for conversations. */
export interface SessionOrigin {
  readonly dialect: 'thread' | 'single';
  /** The thread's id, or the single-request session's. */
  readonly key: string;
}

export const factsToJson = (facts: SessionFacts): JsonObject => ({ ...facts });

/** @returns undefined for what no gateway of this kind has written. */
export function factsFromJson(value: JsonObject): SessionFacts | undefined {
  const {
    title,
    agent,
    cwd,
    createdAt,
    extras,
    acpSessionId,
    prompted,
    turn,
    asking,
    ended,
    worktree,
    origin,
  } = value;
  if (!isObject(title) || !isObject(agent) || typeof cwd !== 'string') return undefined;
  if (typeof title['text'] !== 'string' || typeof agent['name'] !== 'string') return undefined;
  const own = worktreeFromJson(worktree);
  const giver = (['nobody', 'agent', 'user'] as const).find((by) => by === title['by']);
  return {
    title: { text: title['text'], by: giver ?? 'user' },
    agent: { name: agent['name'], title: String(agent['title'] ?? agent['name']) },
    cwd,
    createdAt: typeof createdAt === 'number' ? createdAt : 0,
    ...(isObject(extras) && { extras: extrasFromJson(extras) }),
    ...(typeof acpSessionId === 'string' && { acpSessionId }),
    prompted: prompted === true,
    ...(isTurn(turn) && { turn }),
    asking: Array.isArray(asking) ? asking.map(String) : [],
    ...(ended === true && { ended }),
    ...(own && { worktree: own }),
    ...(isOrigin(origin) && { origin }),
  };
}

const isTurn = (value: unknown): value is NonNullable<SessionFacts['turn']> =>
  isObject(value) &&
  typeof value['key'] === 'string' &&
  typeof value['startedAt'] === 'number' &&
  typeof value['n'] === 'number';

const isOrigin = (value: unknown): value is SessionOrigin =>
  isObject(value) &&
  (value['dialect'] === 'thread' || value['dialect'] === 'single') &&
  typeof value['key'] === 'string';

const extrasFromJson = ({ mcpServers, additionalDirectories }: JsonObject): SessionExtras => ({
  mcpServers: Array.isArray(mcpServers) ? mcpServers.filter(isObject) : NO_EXTRAS.mcpServers,
  additionalDirectories: Array.isArray(additionalDirectories)
    ? additionalDirectories.map(String)
    : NO_EXTRAS.additionalDirectories,
});
