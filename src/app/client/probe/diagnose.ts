import type { Fetch, SocketFactory } from '../protocols/port.ts';
import { unlessAborted } from './limited.ts';

/**
 * What is behind an address that nothing of ours spoke at. `http` answers, and how: with a status that this page may
 * read, or `opaque`, as servers do that were not made for pages from elsewhere.
 */
export type Behind =
  | { kind: 'nothing' }
  | { kind: 'socket'; closed: { code: number; reason: string } | undefined }
  | { kind: 'http'; status: number | 'opaque' };

/** Opens one bare WebSocket and asks once by HTTP; sends nothing that could start work. Never rejects. */
export async function diagnose(
  url: string,
  parts: { readonly sockets: SocketFactory; readonly fetch: Fetch },
  signal: AbortSignal,
): Promise<Behind> {
  const [socket, http] = await Promise.all([
    unlessAborted(opens(url, parts.sockets, signal), signal, undefined),
    answers(url, parts.fetch, signal),
  ]);
  return socket ?? http ?? { kind: 'nothing' };
}

/** After it opened, a server that refuses says so at once; one that waits is heard no longer than this, ms. */
const LISTEN_MS = 400;

function opens(
  url: string,
  sockets: SocketFactory,
  signal: AbortSignal,
): Promise<Behind | undefined> {
  return new Promise((resolve) => {
    const socket = sockets(url.replace(/^http/, 'ws'), []);
    let open = false;
    const end = (found: Behind | undefined): void => {
      resolve(found);
      try {
        socket.close();
      } catch {
        // It never came up.
      }
    };
    socket.addEventListener('open', () => {
      open = true;
      setTimeout(() => end({ kind: 'socket', closed: undefined }), LISTEN_MS);
    });
    socket.addEventListener('close', ({ code, reason }) =>
      end(
        open ? { kind: 'socket', closed: { code: code ?? 1006, reason: reason ?? '' } } : undefined,
      ),
    );
    // Its close event says the rest; in Node an error that nobody hears is thrown.
    socket.addEventListener('error', () => {});
    signal.addEventListener('abort', () => end(undefined), { once: true });
  });
}

async function answers(
  url: string,
  fetch: Fetch,
  signal: AbortSignal,
): Promise<Behind | undefined> {
  const ask = async (mode: RequestMode): Promise<Behind> => {
    const { status, type } = await fetch(url, {
      mode,
      signal,
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'follow',
    });
    return { kind: 'http', status: type === 'opaque' ? 'opaque' : status };
  };
  const readable = await unlessAborted<Behind | undefined>(ask('cors'), signal, undefined);
  // What may not be read still tells that somebody is there.
  return readable ?? unlessAborted<Behind | undefined>(ask('no-cors'), signal, undefined);
}
