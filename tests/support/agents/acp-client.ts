import { spawn } from 'node:child_process';
import { Readable, Writable } from 'node:stream';
import {
  client,
  methods,
  ndJsonStream,
  type ClientContext,
  type RequestPermissionRequest,
  type RequestPermissionResponse,
  type SessionUpdate,
  type ToolCallContent,
} from '@agentclientprotocol/sdk';

export type Answer = (
  request: RequestPermissionRequest,
) => RequestPermissionResponse | Promise<RequestPermissionResponse>;

/** Answers a permission request with the option of that id. */
export const choose =
  (optionId: string): Answer =>
  () => ({ outcome: { outcome: 'selected', optionId } });

export interface StartOptions {
  cwd: string;
  env?: NodeJS.ProcessEnv;
  args?: string[];
  answer?: Answer;
}

/** An agent as a child process, driven over real stdio by the official SDK's client side. */
export class AgentProcess {
  readonly updates: { sessionId: string; update: SessionUpdate }[] = [];
  readonly permissions: RequestPermissionRequest[] = [];
  readonly agent: ClientContext;
  readonly exited: Promise<number | null>;
  answer: Answer;
  stderr = '';
  private readonly child;
  private readonly connection;
  private readonly watchers = new Set<() => void>();

  constructor(file: string, options: StartOptions) {
    this.answer = options.answer ?? choose('reject_once');
    this.child = spawn(process.execPath, [file, ...(options.args ?? [])], {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // Not `exit`: what it wrote last may still be on its way then.
    this.exited = new Promise((resolve) => this.child.once('close', (code) => resolve(code)));
    this.child.stderr.on('data', (bytes: Buffer) => (this.stderr += bytes.toString()));
    this.connection = client({ name: 'test' })
      .onNotification(methods.client.session.update, ({ params }) => {
        this.updates.push(params);
        for (const watcher of this.watchers) watcher();
      })
      .onRequest(methods.client.session.requestPermission, ({ params }) => {
        this.permissions.push(params);
        for (const watcher of this.watchers) watcher();
        return this.answer(params);
      })
      .connect(
        ndJsonStream(
          Writable.toWeb(this.child.stdin),
          Readable.toWeb(this.child.stdout) as ReadableStream<Uint8Array>,
        ),
      );
    this.agent = this.connection.agent;
  }

  get pid(): number {
    return this.child.pid!;
  }

  initialize() {
    return this.agent.request(methods.agent.initialize, {
      protocolVersion: 1,
      clientCapabilities: {},
    });
  }

  async open(cwd: string): Promise<string> {
    const { sessionId } = await this.agent.request(methods.agent.session.new, {
      cwd,
      mcpServers: [],
    });
    return sessionId;
  }

  async prompt(sessionId: string, text: string) {
    const { stopReason } = await this.agent.request(methods.agent.session.prompt, {
      sessionId,
      prompt: [{ type: 'text', text }],
    });
    return stopReason;
  }

  cancel(sessionId: string): Promise<void> {
    return this.agent.notify(methods.agent.session.cancel, { sessionId });
  }

  /** Resolves as soon as the condition holds; looked at after every update and request. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!condition()) return;
        this.watchers.delete(check);
        resolve();
      };
      this.watchers.add(check);
      check();
    });
  }

  /** Updates of one kind, of all sessions or of one, since `from`. */
  of<K extends SessionUpdate['sessionUpdate']>(kind: K, sessionId?: string, from = 0) {
    return this.updates
      .slice(from)
      .filter((entry) => sessionId === undefined || entry.sessionId === sessionId)
      .map((entry) => entry.update)
      .filter((update) => update.sessionUpdate === kind) as Extract<
      SessionUpdate,
      { sessionUpdate: K }
    >[];
  }

  /** The answer's text since update number `from`. */
  text(from = 0, sessionId?: string): string {
    return this.of('agent_message_chunk', sessionId, from)
      .map(({ content }) => (content.type === 'text' ? content.text : ''))
      .join('');
  }

  /** What is known of each tool call in the end, in order of appearance. */
  tools(from = 0) {
    const tools = new Map<string, Record<string, unknown> & { content?: ToolCallContent[] }>();
    for (const { update } of this.updates.slice(from)) {
      if (update.sessionUpdate !== 'tool_call' && update.sessionUpdate !== 'tool_call_update')
        continue;
      const { sessionUpdate: _, ...rest } = update;
      tools.set(update.toolCallId, {
        ...tools.get(update.toolCallId),
        ...(rest as Record<string, unknown>),
      });
    }
    return [...tools.values()];
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Closes its standard input, and kills it if that does not end it. */
  async dispose(): Promise<number | null> {
    this.connection.close();
    this.child.stdin.end();
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 5_000);
    const code = await this.exited;
    clearTimeout(timer);
    return code;
  }
}
