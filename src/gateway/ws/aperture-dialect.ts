import { SUBPROTOCOL } from '../../core/wire/frames.ts';
import type { Dialect, DialectOptions } from '../dialects/dialect.ts';
import { Connection } from './connection.ts';

/** The gateway's own wire: one socket per session and page. The upgrade tells nobody whether the session exists. */
export const apertureDialect = (options: DialectOptions): Dialect => ({
  name: 'aperture.v1',
  isAt: (pathname) => sessionOf(pathname) !== undefined,
  subprotocol: SUBPROTOCOL,
  // Its token stands in the first frame and nowhere else.
  takesTokenAtOnce: false,
  accept: (socket, { pathname, wire }, live) =>
    new Connection(socket, wire, { ...options, live, sessionId: sessionOf(pathname)! }),
});

const sessionOf = (pathname: string): string | undefined =>
  /^\/v1\/sessions\/([\w-]{1,64})\/ws$/.exec(pathname)?.[1];
