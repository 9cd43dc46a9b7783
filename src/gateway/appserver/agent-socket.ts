import { readFile } from 'node:fs/promises';
import { WebSocket } from 'ws';
import { MAX_SERVER_FRAME_BYTES } from '../../core/limits.ts';
import { oneLine } from '../../core/text/sanitise.ts';
import type { ProcessExit, ProcessHost } from '../acp/agent-process.ts';
import type { AgentServer } from '../agents/types.ts';
import type { AgentChannel } from './channel.ts';

/** A message becomes a frame with an envelope around it, which must still fit. */
const MAX_MESSAGE_BYTES = MAX_SERVER_FRAME_BYTES - 64 * 1024;
/** What may wait to be sent (bytes): several of the largest prompts. */
const MAX_UNSENT_BYTES = 4 * MAX_SERVER_FRAME_BYTES;
/** Written before it is open: the handshake's first messages, and no more. */
const MAX_EARLY = 16;
const OPEN_TIMEOUT_MS = 15_000;
/** A server that answers no ping for this long is gone. */
const PING_MS = 20_000;
const MAX_TOKEN = 8 * 1024;

/**
 * The WebSocket of one app-server that runs already: a JSON message per text frame, a token from a file in
 * `Authorization`. Dialled once; whoever wants another life makes another.
 */
export class AgentSocket implements AgentChannel {
  readonly pid = undefined;
  readonly #closed: Promise<void>;
  readonly #finish: (exit: ProcessExit) => void;
  #socket: WebSocket | undefined;
  #early: string[] = [];
  #killedFor: ProcessExit['killedFor'];
  #paused = false;
  #over = false;
  #heard = true;

  constructor(
    private readonly server: AgentServer,
    private readonly host: ProcessHost,
  ) {
    let closed!: () => void;
    this.#closed = new Promise((resolve) => (closed = resolve));
    this.#finish = (exit) => {
      if (this.#over) return;
      this.#over = true;
      this.#early = [];
      this.#socket?.terminate();
      host.exited(this.#killedFor ? { killedFor: this.#killedFor } : exit);
      closed();
    };
    this.#dial().catch((error: unknown) => this.#finish({ lost: wordsOf(error) }));
  }

  async #dial(): Promise<void> {
    const { url, tokenFile } = this.server;
    const token = tokenFile === undefined ? undefined : await readToken(tokenFile);
    if (this.#over) return;
    const socket = new WebSocket(url, {
      maxPayload: MAX_MESSAGE_BYTES,
      handshakeTimeout: OPEN_TIMEOUT_MS,
      perMessageDeflate: false,
      followRedirects: false,
      ...(token !== undefined && { headers: { Authorization: `Bearer ${token}` } }),
    });
    this.#socket = socket;
    const pings = setInterval(() => {
      if (socket.readyState !== WebSocket.OPEN || this.#paused) return;
      if (!this.#heard) return this.#finish({ lost: 'it does not answer' });
      this.#heard = false;
      socket.ping();
    }, PING_MS);
    let error: Error | undefined;
    socket.on('open', () => {
      for (const line of this.#early.splice(0)) socket.send(line);
      if (this.#paused) socket.pause();
    });
    socket.on('pong', () => (this.#heard = true));
    socket.on('message', (data) => {
      this.#heard = true;
      if (!this.#over) this.host.line(textOf(data));
    });
    // `close` follows, and tells it.
    socket.on('error', (problem) => (error = problem));
    socket.on('close', (code, reason) => {
      clearInterval(pings);
      if ((error as NodeJS.ErrnoException | undefined)?.code === TOO_LARGE) {
        this.#killedFor ??= 'line_too_long';
      }
      const said = oneLine(reason.toString(), 200);
      const why = error ? wordsOf(error) : said === '' ? `it closed with ${code}` : said;
      this.#finish({ lost: why });
    });
  }

  /** One message. Nothing happens when the connection is gone. */
  write(line: string): void {
    const socket = this.#socket;
    if (this.#over) return;
    if (!socket || socket.readyState === WebSocket.CONNECTING) {
      if (this.#early.length < MAX_EARLY) this.#early.push(line);
      return;
    }
    if (socket.readyState !== WebSocket.OPEN) return;
    // It asks and asks, and never takes an answer (R30).
    if (socket.bufferedAmount > MAX_UNSENT_BYTES) return this.#killFor('not_reading');
    socket.send(line);
  }

  /** Reads no further, so that its own buffers hold it up; nothing is lost. */
  pauseOutput(): void {
    this.#paused = true;
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.pause();
  }

  resumeOutput(): void {
    this.#paused = false;
    this.#heard = true;
    this.#socket?.resume();
  }

  /** It has none that could be seen from here. */
  stderrTail(): string {
    return '';
  }

  killForFlooding(): void {
    this.#killFor('flooding');
  }

  /** Closes in order, then cuts. Resolves when it is gone. */
  async stop(graceMs: number): Promise<void> {
    const socket = this.#socket;
    if (this.#over || !socket) {
      this.#finish({});
      return this.#closed;
    }
    this.resumeOutput();
    const timer = setTimeout(() => this.#finish({}), graceMs);
    socket.close(1000);
    await this.#closed;
    clearTimeout(timer);
  }

  #killFor(reason: NonNullable<ProcessExit['killedFor']>): void {
    this.#killedFor ??= reason;
    this.#finish({});
  }
}

const TOO_LARGE = 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';

/** @throws Error in words for the reader, without what is in the file. */
async function readToken(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`its token file ${file} cannot be read (${error.code ?? 'unknown error'})`);
  });
  const token = text.trim();
  if (/^[\x21-\x7e]+$/.test(token) && token.length <= MAX_TOKEN) return token;
  throw new Error(`its token file ${file} holds no token`);
}

function wordsOf(error: unknown): string {
  const { code, message = String(error) } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  if (code === 'ECONNREFUSED') return 'nothing listens there';
  if (/server response: 40[13]/.test(message)) return 'it refuses the token, or wants one';
  return oneLine(message, 200);
}

const textOf = (data: WebSocket.RawData): string =>
  (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer)).toString();
