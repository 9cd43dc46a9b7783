import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { WebSocketServer, type WebSocket } from 'ws';

const SCRIPTED = fileURLToPath(new URL('../agents/app-server/scripted.mjs', import.meta.url));

/** The scripted app-server behind a WebSocket, as `codex app-server --listen ws://…` is: a process for each socket. */
export class AppServerSocket {
  /** What came and is open. */
  readonly sockets = new Set<WebSocket>();
  /** How many came in all. */
  dialled = 0;
  /** All messages of clients, in order. */
  readonly heard: { method?: string; id?: unknown; params?: unknown }[] = [];

  private constructor(
    readonly port: number,
    private readonly closing: () => Promise<void>,
  ) {}

  /** @param token who does not show it is refused with 401. */
  static async start(flags: readonly string[] = [], token?: string): Promise<AppServerSocket> {
    const http = createServer();
    const server = new WebSocketServer({
      server: http,
      verifyClient: ({ req }, done) => {
        done(token === undefined || req.headers.authorization === `Bearer ${token}`, 401);
      },
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const { port } = http.address() as AddressInfo;
    const made = new AppServerSocket(port, async () => {
      for (const socket of made.sockets) socket.terminate();
      server.close();
      await new Promise((resolve) => http.close(resolve));
    });
    server.on('connection', (socket) => made.#serve(socket, flags));
    return made;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  close(): Promise<void> {
    return this.closing();
  }

  #serve(socket: WebSocket, flags: readonly string[]): void {
    this.dialled++;
    this.sockets.add(socket);
    const child = spawn(process.execPath, [SCRIPTED, 'app-server', ...flags], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    createInterface({ input: child.stdout }).on('line', (line) => socket.send(line));
    child.on('exit', () => socket.close(1011, 'It crashed.'));
    child.stdin.on('error', () => {});
    socket.on('message', (data) => {
      const line = (data as Buffer).toString();
      this.heard.push(JSON.parse(line) as AppServerSocket['heard'][number]);
      child.stdin.write(`${line}\n`);
    });
    socket.on('close', () => {
      this.sockets.delete(socket);
      child.kill('SIGKILL');
    });
  }
}
