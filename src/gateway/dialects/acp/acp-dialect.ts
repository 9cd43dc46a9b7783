import type { Dialect, DialectOptions } from '../dialect.ts';
import { AcpConnection } from './acp-connection.ts';

/** Plain ACP: one JSON-RPC message per text frame, any number of sessions on a socket. */
export const acpDialect = (options: DialectOptions): Dialect => ({
  name: 'acp',
  isAt: (pathname) => pathname === '/acp',
  takesTokenAtOnce: true,
  accept: (socket, { authorized, wire }, live) =>
    new AcpConnection(socket, { ...options, live, wire, authorized }),
});
