import type { WebSocket } from 'ws';
import { answerTo, streamPieces, WebSocketModelServer } from './model-server.ts';

export interface ScopedMisbehaviour {
  /** A stopped request goes on talking after its end. */
  lateTokens?: boolean;
  /** Every end comes twice. */
  duplicateFinal?: boolean;
  /** Before the answer, something is said of a chat that this page does not have. */
  foreignChat?: boolean;
  /** Before the answer, something is said of another world. */
  foreignWorld?: boolean;
  /** Before the answer, something is said without a chat, or without a world. */
  missing?: 'chat' | 'world' | 'both';
  /** Before the answer, something is said in a scope that is no text. */
  invalidScope?: boolean;
  /** Before the answer, something is said of a request that nobody made. */
  orphans?: boolean;
  /** Before the answer, the server begins a request of its own. */
  serverStarted?: boolean;
  /** The answer's own events name no world. */
  worldless?: boolean;
  /** A request fails, and the socket closes with 1011. */
  errorThenClose?: boolean;
  /** Subscriptions are refused. */
  refuses?: { code: string; retryable: boolean };
}

export interface ScopedServerOptions extends ScopedMisbehaviour {
  /** Requests are announced and ended by `activity`, with a tool call between two parts of the answer. */
  activity?: boolean;
  token?: string;
}

interface Frame {
  type?: string;
  worldId?: string;
  chatId?: string;
  messageId?: string;
  content?: string;
  token?: string;
}

/** Many chats of a world on one socket at `/ws`; what runs in a chat dies with its socket. */
export class ScopedServer extends WebSocketModelServer {
  readonly misbehave: ScopedMisbehaviour;
  /** Requests whose work was ended before it was done, as `chat/message`. */
  readonly aborted: string[] = [];
  /** Chats that are subscribed to now, as `world/chat`. */
  readonly subscriptions = new Set<string>();

  constructor(readonly options: ScopedServerOptions = {}) {
    super();
    this.misbehave = { ...options };
  }

  protected admits({ pathname }: URL): number {
    return pathname === '/ws' ? 101 : 404;
  }

  protected connected(socket: WebSocket, address: URL): void {
    const running = new Map<string, Map<string, AbortController>>();
    const mine = new Set<string>();
    let known =
      this.options.token === undefined || address.searchParams.get('token') === this.options.token;
    socket.on('message', (data) => {
      const frame = JSON.parse(String(data)) as Frame;
      this.frames.push(frame);
      if (frame.type === 'auth') {
        known = known || frame.token === this.options.token;
        return;
      }
      if (!known) return socket.close(4401, 'wrong token');
      const { worldId, chatId } = frame;
      if (!worldId || !chatId) return socket.close(1008, 'a frame without its scope');
      const name = `${worldId}/${chatId}`;
      const runs = running.get(name) ?? new Map<string, AbortController>();
      running.set(name, runs);
      switch (frame.type) {
        case 'subscribe': {
          const { refuses } = this.misbehave;
          if (refuses) return say(socket, { type: 'error', worldId, chatId, ...refuses });
          mine.add(name);
          this.subscriptions.add(name);
          return say(socket, { type: 'subscribed', worldId, chatId });
        }
        case 'unsubscribe':
          mine.delete(name);
          this.subscriptions.delete(name);
          for (const run of runs.values()) run.abort();
          return;
        case 'stop':
          for (const run of runs.values()) run.abort();
          return;
        case 'message':
          return void this.#run(socket, { worldId, chatId }, frame, runs);
      }
    });
    socket.on('close', () => {
      for (const name of mine) this.subscriptions.delete(name);
      for (const runs of running.values()) for (const run of runs.values()) run.abort();
    });
  }

  /** Every subscribed chat is told something of a known kind that cannot be read. */
  sayNonsense(): void {
    for (const name of this.subscriptions) {
      const [worldId, chatId] = name.split('/');
      this.say({ type: 'sse', worldId, chatId, messageId: 7, content: { not: 'text' } });
    }
  }

  /** Says any frame, or any text or bytes, on every socket. */
  say(frame: object | string | Buffer): void {
    const raw = typeof frame === 'string' || Buffer.isBuffer(frame);
    for (const socket of this.clients) {
      socket.send(raw ? frame : JSON.stringify(frame));
    }
  }

  async #run(
    socket: WebSocket,
    scope: { worldId: string; chatId: string },
    { messageId = '', content = '' }: Frame,
    runs: Map<string, AbortController>,
  ): Promise<void> {
    const { lateTokens, duplicateFinal, errorThenClose, worldless } = this.misbehave;
    this.prompts.push(content);
    const run = new AbortController();
    runs.set(messageId, run);
    const own = worldless ? { chatId: scope.chatId } : scope;
    const tell = (frame: object): void => say(socket, { ...own, messageId, ...frame });
    this.#stray(socket, scope, messageId);
    if (this.options.activity) {
      tell({ type: 'activity', status: 'start' });
      const toolCallId = 't1';
      tell({ type: 'tool', toolCallId, name: 'Look', status: 'start', input: { at: content } });
      tell({ type: 'tool', toolCallId, status: 'result', output: 'seen' });
    }
    let text = '';
    await streamPieces(answerTo(content), 5, run.signal, (piece) => {
      text += piece;
      tell({ type: 'sse', event: 'chunk', content: piece });
    });
    runs.delete(messageId);
    if (run.signal.aborted) {
      this.aborted.push(`${scope.chatId}/${messageId}`);
      tell({ type: 'activity', status: 'stopped' });
      if (lateTokens) {
        tell({ type: 'activity', status: 'running' });
        tell({ type: 'sse', event: 'chunk', content: ' too late' });
        tell({ type: 'tool', toolCallId: 'late', name: 'Too late', status: 'start' });
      }
      return;
    }
    if (errorThenClose) {
      tell({ type: 'sse', event: 'error', code: 'broken', message: 'It broke.', retryable: false });
      return socket.close(1011, 'broken');
    }
    const ends: object[] = [{ type: 'sse', event: 'end', content: text }];
    if (this.options.activity) ends.push({ type: 'activity', status: 'end' });
    for (const end of ends) {
      tell(end);
      if (duplicateFinal) tell(end);
    }
  }

  #stray(socket: WebSocket, scope: { worldId: string; chatId: string }, messageId: string): void {
    const { foreignChat, foreignWorld, missing, invalidScope, orphans } = this.misbehave;
    const piece = { type: 'sse', event: 'chunk', content: 'not yours', messageId };
    const { worldId, chatId } = scope;
    if (foreignChat) say(socket, { ...piece, worldId, chatId: 'another-chat' });
    if (foreignWorld) say(socket, { ...piece, worldId: 'another-world', chatId });
    if (missing === 'chat') say(socket, { ...piece, worldId });
    if (missing === 'world') say(socket, { ...piece, chatId });
    if (missing === 'both') say(socket, piece);
    if (invalidScope) say(socket, { ...piece, worldId: 7, chatId: ['chat'] });
    if (orphans) say(socket, { ...piece, ...scope, messageId: 'nobody-asked' });
    if (!this.misbehave.serverStarted) return;
    const its = { ...scope, messageId: 'its-own' };
    say(socket, { ...its, type: 'activity', status: 'start' });
    say(socket, { ...its, type: 'sse', event: 'chunk', content: 'By the way.' });
    say(socket, { ...its, type: 'activity', status: 'end' });
  }
}

function say(socket: WebSocket, frame: object): void {
  if (socket.readyState === 1) socket.send(JSON.stringify(frame));
}
