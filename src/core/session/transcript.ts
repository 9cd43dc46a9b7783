import type {
  AvailableCommand,
  ContentBlock,
  PermissionOption,
  PlanEntry,
  TurnState,
} from '../acp.ts';
import type { ErrorInfo } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import type { AgentState } from '../wire/rest.ts';
import type { Ask, Role, ToolPatch } from './event.ts';
import type { Choice, SessionOption } from './settings.ts';
import type { TerminalOutput } from './terminals.ts';

interface ItemBase {
  /** Unique in the session, stable over reloads: made from log numbers or the agent's own ids. */
  readonly id: string;
  /** Log number that it began with, and when (ms since 1970). */
  readonly n: number;
  readonly at: number;
  /** Grows with every change; whoever draws the item compares it. */
  rev: number;
}

export interface MessageItem extends ItemBase {
  readonly kind: 'message';
  readonly role: Role;
  /** All text so far; only ever appended to. */
  text: string;
  /** The end of `text`, where it is still growing. */
  tail?: string;
  /** What is not text (images, links to resources), in order. */
  readonly blocks: ContentBlock[];
  /** Still growing. */
  live: boolean;
  readonly messageId?: string;
  /** Taken back by policy: its text is gone (R45). */
  retracted?: true;
  /** For the user's own: the idempotency key of the prompt. */
  readonly key?: string;
}

export interface ToolItem extends ItemBase {
  readonly kind: 'tool';
  readonly call: ToolPatch;
  /** When it reached `completed` or `failed`, ms since 1970. */
  endedAt?: number;
}

export interface PlanItem extends ItemBase {
  readonly kind: 'plan';
  entries: PlanEntry[];
}

export interface ApprovalItem extends ItemBase {
  readonly kind: 'approval';
  readonly requestId: string;
  readonly tool: ToolPatch;
  readonly options: PermissionOption[];
  /** It is no permission request, but this. */
  readonly ask?: Ask;
  resolution?: {
    outcome: 'selected' | 'cancelled';
    optionId?: string;
    fields?: string[];
    by?: string;
    reason?: string;
  };
}

/** The end of a turn: why it stopped and how long it ran (ms). */
export interface TurnEndItem extends ItemBase {
  readonly kind: 'turn-end';
  readonly stopReason: string;
  readonly elapsed?: number;
}

export interface NoticeItem extends ItemBase {
  readonly kind: 'notice';
  readonly level: 'info' | 'warning' | 'error';
  text: string;
  /** Files that it says were written; it grows while nothing else comes between. */
  readonly files?: Set<string>;
  readonly error?: ErrorInfo;
}

export interface GapItem extends ItemBase {
  readonly kind: 'gap';
  readonly from: number;
  readonly to: number;
}

export interface RawItem extends ItemBase {
  readonly kind: 'raw';
  readonly method: string;
  readonly payload: JsonObject;
}

export type TranscriptItem =
  MessageItem | ToolItem | PlanItem | ApprovalItem | TurnEndItem | NoticeItem | GapItem | RawItem;

/** What the reducer must know of items that were let go of, so that nothing is doubled and nothing is missed. */
export interface Past {
  /** How many they are. */
  count: number;
  /** By their ids, calls that are over, requests that are settled, and terminals that have ended. */
  readonly tools: Set<string>;
  readonly approvals: Set<string>;
  readonly terminals: Set<string>;
  /** Those that may still change, by item id: the objects themselves. */
  readonly kept: Map<string, TranscriptItem>;
  /** The newest reports of calls that are gone; all of them are in the log. */
  readonly late: { readonly n: number; readonly at: number; readonly call: ToolPatch }[];
  /** An event up to which the log must be read to be right: something came that only all of it can tell. 0: none. */
  needed: number;
  /** The last of them ended a turn. */
  turnEnd: boolean;
  /** What was asked in the turn that the last of them is of. */
  prompt: string | undefined;
  /** The end of the last message among them. */
  preview: string;
}

/**
 * One session's conversation. Changed in place by `applyEvent` and by nothing else, so that an event
 * costs the same with one item before it or ten thousand.
 */
export interface Transcript {
  /** All of it, or the newest of it: then `past` says how many came before. */
  readonly items: TranscriptItem[];
  /** Of the items before `items`, which are on disk and not in memory (past.ts); undefined while there are none. */
  past: Past | undefined;
  /** Only the end of a log, to be looked at until all of it has been read: nothing may be applied to it. */
  end: boolean;
  readonly tools: Map<string, ToolItem>;
  /** Calls of the running turn that have not ended; what a turn's end looks at instead of all history. */
  readonly openTools: Set<ToolItem>;
  /** By id, the newest; bounded as terminals.ts says. */
  readonly terminals: Map<string, TerminalOutput>;
  /** By terminal's id, the calls that show it. */
  readonly shownBy: Map<string, ToolItem[]>;
  readonly approvals: Map<string, ApprovalItem>;
  /** Requests that wait for an answer, oldest first. */
  readonly pending: Set<string>;
  /** The message that chunks without another id go to. */
  open: MessageItem | undefined;
  /**
   * Messages that may go on though another one came between, by their `messageId`: answers to several requests
   * of one turn. Nothing else may stand between, or the order could not be read.
   */
  readonly growing: Map<string, MessageItem>;
  /** Messages of this turn have been seen to grow side by side: one that begins does not end the others. */
  interleaved: boolean;
  /** The plan of the running turn. */
  plan: PlanItem | undefined;
  turn: TurnState;
  turnStartedAt: number | undefined;
  /** How the last turn ended: `end_turn`, `cancelled`, `error`, …; undefined before the first. */
  lastStop: string | undefined;
  agentState: AgentState;
  /** What its prompts may hold beside text (ACP's `promptCapabilities`, as it said them); see content.ts. */
  takes: JsonObject | undefined;
  /** A message may go into its running turn. */
  steers: boolean;
  title: string | undefined;
  commands: AvailableCommand[];
  usage: { used: number; size: number; cost?: { amount: number; currency: string } } | undefined;
  /** The agent's mode and those that it has; of an agent without any, undefined and none. */
  modeId: string | undefined;
  modes: readonly Choice[];
  options: readonly SessionOption[];
  ended: boolean;
  /** Log number of the last applied event. */
  lastN: number;
  /** One line for the sidebar: the end of the last message. Read with `previewIn`. */
  preview: string;
  /** The message whose end that is, if it has grown since. */
  speaking: MessageItem | undefined;
  /** What the agent is doing now ("Reading src/main.ts"); empty when idle. */
  activity: string;
  /** Log numbers of what counts as unread when not yet seen: messages of the agent and requests (R25). Ascending; the newest. */
  readonly countable: number[];
}

export function emptyTranscript(): Transcript {
  return {
    items: [],
    past: undefined,
    end: false,
    tools: new Map(),
    openTools: new Set(),
    terminals: new Map(),
    shownBy: new Map(),
    approvals: new Map(),
    pending: new Set(),
    open: undefined,
    growing: new Map(),
    interleaved: false,
    plan: undefined,
    turn: 'idle',
    turnStartedAt: undefined,
    lastStop: undefined,
    agentState: 'starting',
    takes: undefined,
    steers: false,
    title: undefined,
    commands: [],
    usage: undefined,
    modeId: undefined,
    modes: [],
    options: [],
    ended: false,
    lastN: 0,
    preview: '',
    speaking: undefined,
    activity: '',
    countable: [],
  };
}

/** So many unread entries are counted at the least; what shows them says "99+" (R30). */
const MAX_COUNTED = 250;

/** Counts the entry with log number `n` as unread until it is seen. */
export function countUnread({ countable }: Transcript, n: number): void {
  countable.push(n);
  // Seldom, and not one by one.
  if (countable.length >= 2 * MAX_COUNTED) countable.splice(0, MAX_COUNTED);
}

/** How many countable entries came after log number `readN`, as far as they are counted. */
export function unreadAfter(transcript: Transcript, readN: number): number {
  const { countable } = transcript;
  let low = 0;
  let high = countable.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (countable[middle]! > readN) high = middle;
    else low = middle + 1;
  }
  return countable.length - low;
}
