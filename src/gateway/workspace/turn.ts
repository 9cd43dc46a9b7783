import type {
  AgentContext,
  PermissionOption,
  PlanEntry,
  SessionUpdate,
  ToolCallContent,
  ToolCallLocation,
  ToolCallStatus,
  ToolKind,
} from '@agentclientprotocol/sdk';
import { methods } from '@agentclientprotocol/sdk';
import { newId } from '../../core/ids.ts';

/** What outlives a turn. */
export interface WorkspaceSession {
  readonly id: string;
  /** Real path of the session's directory. */
  readonly root: string;
  /** Programs that the user allowed for the whole session. */
  readonly allowedPrograms: Set<string>;
}

export interface ToolStart {
  title: string;
  kind: ToolKind;
  rawInput?: unknown;
  locations?: ToolCallLocation[];
  content?: ToolCallContent[];
  /** `pending` while it waits for a permission; otherwise it is under way. */
  status?: Extract<ToolCallStatus, 'pending' | 'in_progress'>;
}

export interface ToolProgress {
  status?: ToolCallStatus;
  title?: string;
  content?: ToolCallContent[];
  locations?: ToolCallLocation[];
  rawOutput?: unknown;
}

/** A tool call that was announced; it ends completed or failed, at the latest with its turn. */
export interface Tool {
  readonly id: string;
  update(progress: ToolProgress): Promise<void>;
}

/** Text as the content of a tool call. */
export const textContent = (text: string): ToolCallContent => ({
  type: 'content',
  content: { type: 'text', text },
});

/** A message goes out in pieces of at most this many UTF-16 units. */
const MAX_CHUNK = 16 * 1024;

/** One prompt being answered: all that a command needs to talk to the client. */
export class Turn {
  readonly session: WorkspaceSession;
  /** Aborts when the turn is cancelled or the connection is gone. */
  readonly signal: AbortSignal;
  private readonly client: AgentContext;
  private readonly open = new Map<string, ToolStart>();
  private message: { kind: string; id: string } | undefined;

  constructor(session: WorkspaceSession, client: AgentContext, signal: AbortSignal) {
    this.session = session;
    this.client = client;
    this.signal = signal;
  }

  get root(): string {
    return this.session.root;
  }

  /** A piece of the answer, in markdown; pieces follow on directly, until something else comes between. */
  async say(text: string): Promise<void> {
    for (let start = 0; start < text.length;) {
      let end = Math.min(start + MAX_CHUNK, text.length);
      // Never half a surrogate pair.
      if (end < text.length && /[\uD800-\uDBFF]/.test(text[end - 1]!)) end--;
      await this.chunk('agent_message_chunk', text.slice(start, end));
      start = end;
    }
  }

  think(text: string): Promise<void> {
    return this.chunk('agent_thought_chunk', text);
  }

  /** The whole plan, each time. */
  plan(entries: PlanEntry[]): Promise<void> {
    return this.send({ sessionUpdate: 'plan', entries });
  }

  async tool(start: ToolStart): Promise<Tool> {
    const id = newId();
    this.open.set(id, start);
    await this.send({
      sessionUpdate: 'tool_call',
      toolCallId: id,
      status: 'in_progress',
      ...start,
    });
    return {
      id,
      update: async (progress) => {
        // A tool call that has ended stays as it ended.
        if (!this.open.has(id)) return;
        if (progress.status === 'completed' || progress.status === 'failed') this.open.delete(id);
        await this.send({ sessionUpdate: 'tool_call_update', toolCallId: id, ...progress });
      },
    };
  }

  /**
   * Asks the user. Resolves with the option's id, or `undefined` if the client cancelled the request.
   *
   * @throws the signal's reason when the turn is cancelled meanwhile
   */
  async permit(tool: Tool, options: PermissionOption[]): Promise<string | undefined> {
    const { status: _, ...about } = this.open.get(tool.id) ?? { title: 'Unknown', kind: 'other' };
    this.message = undefined;
    const { outcome } = await untilAborted(
      this.client.request(methods.client.session.requestPermission, {
        sessionId: this.session.id,
        toolCall: { toolCallId: tool.id, ...about },
        options,
      }),
      this.signal,
    );
    return outcome.outcome === 'selected' ? outcome.optionId : undefined;
  }

  /** Ends what was left open: nothing may look as if it were still running. */
  async close(): Promise<void> {
    for (const id of this.open.keys()) {
      await this.send({ sessionUpdate: 'tool_call_update', toolCallId: id, status: 'failed' });
    }
    this.open.clear();
  }

  private chunk(kind: 'agent_message_chunk' | 'agent_thought_chunk', text: string): Promise<void> {
    if (this.message?.kind !== kind) this.message = { kind, id: newId() };
    return this.notify({
      sessionUpdate: kind,
      messageId: this.message.id,
      content: { type: 'text', text },
    });
  }

  private send(update: SessionUpdate): Promise<void> {
    this.message = undefined;
    return this.notify(update);
  }

  private notify(update: SessionUpdate): Promise<void> {
    return this.client.notify(methods.client.session.update, {
      sessionId: this.session.id,
      update,
    });
  }
}

/** The promise, or the signal's reason if that comes first. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** Waits. @throws the signal's reason when it aborts first */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
