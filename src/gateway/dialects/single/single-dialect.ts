import type { Dialect, DialectOptions } from '../dialect.ts';
import { SingleConnection } from './single-connection.ts';
import { SingleSessions } from './single-sessions.ts';

/** One query at a time on a socket; closing the socket stops it. */
export function singleDialect(options: DialectOptions): Dialect {
  const sessions = new SingleSessions(
    options.pool,
    options.defaultAgent,
    options.timings.singleGraceMs,
  );
  return {
    name: 'single',
    isAt: (pathname) => pathname === '/ws',
    takesTokenAtOnce: true,
    accept: (socket, { authorized, wire }, live) =>
      new SingleConnection(socket, { ...options, sessions, live, wire, authorized }),
    dispose: () => sessions.dispose(),
  };
}
