import type { Dialect, DialectOptions } from '../dialect.ts';
import { ThreadConnection } from './thread-connection.ts';
import { Threads } from './threads.ts';

/** One socket per thread, many requests on it, each with an id that all its frames repeat. */
export function threadDialect(options: DialectOptions): Dialect {
  const threads = new Threads(options.pool, options.defaultAgent);
  return {
    name: 'thread',
    isAt: (pathname) => pathname === '/chat/ws',
    takesTokenAtOnce: true,
    accept: (socket, { authorized, wire, query }, live) => {
      const threadId = query.get('threadId');
      return new ThreadConnection(socket, {
        ...options,
        threads,
        threadId,
        live,
        wire,
        authorized,
      });
    },
  };
}
