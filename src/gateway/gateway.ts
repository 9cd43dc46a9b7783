import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApertureError } from '../core/errors.ts';
import { CloseCode } from '../core/wire/close-codes.ts';
import { Admission, bracketed } from './access/admission.ts';
import { tokenChecker } from './access/token.ts';
import { killAllAgents } from './acp/agent-process.ts';
import type { AgentRegistry } from './agents/types.ts';
import { acpDialect } from './dialects/acp/acp-dialect.ts';
import { Connections } from './dialects/connections.ts';
import { singleDialect } from './dialects/single/single-dialect.ts';
import { threadDialect } from './dialects/thread/thread-dialect.ts';
import { LaunchTickets } from './http/launch.ts';
import { httpListener } from './http/server.ts';
import { memoryJournal } from './journal/memory.ts';
import type { Journal } from './journal/port.ts';
import { silentLogger, type Logger } from './logger.ts';
import { defaultDirectory, SessionPool } from './session/pool.ts';
import { DEFAULT_TIMINGS, type Timings } from './timings.ts';
import { apertureDialect } from './ws/aperture-dialect.ts';
import { SocketServer } from './ws/socket-server.ts';

export interface GatewayOptions {
  readonly registry: AgentRegistry;
  /** At least 16 characters; see cli/token.ts. */
  readonly token: string;
  /** 0 for any free one. */
  readonly port?: number;
  readonly host?: string;
  /** The built page; undefined: none is served. */
  readonly pageDir?: string;
  /** As `normalOrigin` returns them. */
  readonly allowOrigins?: readonly string[];
  readonly allowHosts?: readonly string[];
  /** Real paths; empty: sessions may use any directory. */
  readonly roots?: readonly string[];
  readonly maxSessions?: number;
  /** Where git worktrees of sessions are made; undefined: none are. */
  readonly worktreesDir?: string;
  /** Takes tokens from `?token=` too, for clients that know nothing else. */
  readonly queryToken?: boolean;
  /** For clients that cannot choose; undefined: the first that can be started. */
  readonly defaultAgent?: string;
  readonly version?: string;
  readonly logger?: Logger;
  /** Opens the log, once the port is taken; undefined: sessions end with the process. */
  readonly openJournal?: () => Promise<Journal>;
  readonly timings?: Partial<Timings>;
}

export interface Gateway {
  /** With a slash at its end; a host that can be reached, also when all addresses are listened on. */
  readonly url: string;
  readonly port: number;
  readonly token: string;
  readonly pool: SessionPool;
  /** An address that opens the page with its token, once. */
  launchUrl(): string;
  /** Closes sockets (1012), stops agents, frees the port. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts listening.
 *
 * @throws ApertureError `port_in_use`, `port_forbidden`, `bad_host`, or as `openJournal`.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { registry, token, host = '127.0.0.1', roots = [], version = '0.0.0' } = options;
  const logger = options.logger ?? silentLogger;
  const timings = { ...DEFAULT_TIMINGS, ...options.timings };
  const now = Date.now;
  const server = createServer({ keepAlive: true, requestTimeout: 60_000 });
  const port = await listen(server, options.port ?? 4800, host);
  // Whoever asks while the log is being read is told to come again.
  server.on('request', notYet);
  const journal = await openJournal(options, server);

  const checkToken = tokenChecker(token);
  const pool = new SessionPool({
    registry,
    journal,
    roots,
    defaultCwd: defaultDirectory(roots, process.cwd()),
    maxSessions: options.maxSessions ?? 50,
    worktreesDir: options.worktreesDir,
    logger,
    timings,
    version,
    now,
  });
  await pool.restore().catch((error: unknown) => {
    server.close();
    throw error;
  });
  const admission = new Admission({
    host,
    port,
    allowHosts: options.allowHosts ?? [],
    allowOrigins: options.allowOrigins ?? [],
  });
  const launch = new LaunchTickets(now);
  const connections = new Connections(logger, now);
  const { defaultAgent } = options;
  const dialect = { pool, checkToken, version, defaultAgent, timings, now };
  const sockets = new SocketServer({
    admission,
    dialects: [apertureDialect, acpDialect, threadDialect, singleDialect].map((make) =>
      make(dialect),
    ),
    connections,
    checkToken,
    queryToken: options.queryToken ?? false,
    logger,
    timings,
  });
  server.off('request', notYet);
  server.on(
    'request',
    httpListener({
      admission,
      launch,
      token,
      pool,
      connections,
      checkToken,
      version,
      pageDir: options.pageDir,
      logger,
    }),
  );
  server.on('upgrade', (request, socket, head) => sockets.upgrade(request, socket, head));
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    else socket.destroy();
  });
  // Not even a crash of the gateway leaves agents behind.
  process.on('exit', killAllAgents);

  const url = `http://${reachable(host)}:${port}/`;
  let closed: Promise<void> | undefined;
  return {
    url,
    port,
    token,
    pool,
    launchUrl: () => `${url}launch/${launch.issue()}`,
    close() {
      closed ??= (async () => {
        sockets.close(CloseCode.restarting, 'The gateway is stopping.');
        const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
        await pool.close();
        server.closeAllConnections();
        await stopped;
        process.off('exit', killAllAgents);
      })();
      return closed;
    },
  };
}

async function openJournal(options: GatewayOptions, server: Server): Promise<Journal> {
  try {
    return (await options.openJournal?.()) ?? memoryJournal();
  } catch (error) {
    server.close();
    throw error;
  }
}

function notYet(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(503, { 'Retry-After': '1', 'Content-Type': 'application/json' });
  response.end(
    JSON.stringify({
      error: { code: 'starting', message: 'The gateway is starting. Try again.', retryable: true },
    }),
  );
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, port, host)));
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function explain(error: NodeJS.ErrnoException, port: number, host: string): ApertureError {
  switch (error.code) {
    case 'EADDRINUSE':
      return new ApertureError(
        'port_in_use',
        `Port ${port} is in use, perhaps by another Aperture. Stop that, or choose another with --port N (0 for any free one).`,
      );
    case 'EACCES':
      return new ApertureError(
        'port_forbidden',
        `Port ${port} may not be used by this user. Choose one above 1023 with --port N.`,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new ApertureError(
        'bad_host',
        `“${host}” is no address of this machine. Leave --host out, or give one that is.`,
      );
    default:
      return new ApertureError('listen_failed', `The gateway cannot listen: ${error.message}`);
  }
}

function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return bracketed(host);
}
