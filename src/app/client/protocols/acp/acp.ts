import { ApertureError } from '../../../../core/errors.ts';
import type { ProbeAnswer } from '../../../../core/endpoint/probe.ts';
import { isObject, type JsonObject } from '../../../../core/json.ts';
import { CONNECT_TIMEOUT_MS } from '../../../../core/limits.ts';
import { OwnClose } from '../closing.ts';
import type { ProbeRequest, Protocol, RemoteSession } from '../port.ts';
import { closedInstead, probing } from '../probing.ts';
import { AcpLink } from './acp-link.ts';
import { classifyAcpClose } from './close.ts';
import { acpUrl, greet, troubleOf, type Hello, type Trouble } from './handshake.ts';
import { METHOD_NOT_FOUND, RpcSocket } from './rpc-socket.ts';

/** Pages of a server's list that are read at most, and sessions of it. */
const MAX_PAGES = 20;
const MAX_SESSIONS = 500;

/** Plain ACP over WebSocket: one connection, one session on it, taken up again where the agent can. */
export const acpProtocol: Protocol = {
  name: 'acp',
  afterDrop: 'retry',
  // Every page numbers what it hears, and a second connection may take the session from the first.
  shared: false,
  open: (request) => new AcpLink(request),
  classifyClose: classifyAcpClose,
  probe: probeAcp,
  list: listAcp,
};

/** A connection for one question. `ended` comes instead of `greeted`, never after `close`. */
function ask(
  request: ProbeRequest,
  greeted: (rpc: RpcSocket, hello: Hello) => void,
  failed: (trouble: Trouble) => void,
  closed: (code: number, reason: string) => void,
): RpcSocket {
  const rpc = new RpcSocket(request.sockets, acpUrl(request), {
    opened: () => greet(rpc, request, (hello) => greeted(rpc, hello), failed),
    notification: () => {},
    request: (method, _params, id) => void rpc.respondError(id, METHOD_NOT_FOUND, method),
    stray: () => {},
    closed,
  });
  return rpc;
}

function probeAcp(request: ProbeRequest): Promise<ProbeAnswer> {
  return probing(request.signal, 'It did not answer as an ACP agent does.', (done) => {
    const rpc = ask(
      request,
      (_, { agentTitle, takesToken }) => {
        const { policy, endpoint } = request;
        if (takesToken && endpoint.token === '' && policy.auth === 'first-frame') {
          done({ verdict: 'refused', how: 'An ACP agent answers and wants a token.' });
        } else
          done({ verdict: 'speaks', how: `An ACP agent answers: ${agentTitle || 'no name'}.` });
      },
      ({ error }) =>
        done({
          verdict: error.code === 'unauthorized' ? 'refused' : 'no',
          how: error.message,
        }),
      (code, reason) => done(closedInstead(code, reason)),
    );
    return () => rpc.close();
  });
}

function listAcp(request: ProbeRequest): Promise<RemoteSession[]> {
  return new Promise((resolve, reject) => {
    const sessions: RemoteSession[] = [];
    const over = (settle: () => void): void => {
      clearTimeout(timer);
      request.signal.removeEventListener('abort', stopped);
      rpc.close();
      settle();
    };
    const fail = (code: string, message: string, retryable = false): void =>
      over(() => reject(new ApertureError(code, message, { retryable })));
    const stopped = (): void => fail('stopped', 'Stopped.', true);
    const timer = setTimeout(
      () => fail('timeout', 'The server did not list its sessions in time. Try again.', true),
      CONNECT_TIMEOUT_MS,
    );
    const page = (rpc: RpcSocket, cursor: string | undefined, left: number): void => {
      rpc.request(
        'session/list',
        cursor === undefined ? {} : { cursor },
        (result) => {
          sessions.push(...readSessions(result));
          const next = result['nextCursor'];
          const more = typeof next === 'string' && next !== cursor && left > 1;
          if (more && sessions.length < MAX_SESSIONS) page(rpc, next, left - 1);
          else over(() => resolve(sessions.slice(0, MAX_SESSIONS)));
        },
        (failure) => {
          const { error } = troubleOf(failure);
          fail(error.code, error.message, error.retryable);
        },
      );
    };
    const rpc = ask(
      request,
      (talk, hello) => {
        if (hello.list) page(talk, undefined, MAX_PAGES);
        else fail('cannot_list', 'This agent does not list its sessions.');
      },
      ({ code, error }) => fail(error.code, error.message, code === OwnClose.retry),
      (code) => {
        const info = classifyAcpClose(code);
        fail(info.code, info.message, info.verdict === 'retry');
      },
    );
    request.signal.addEventListener('abort', stopped);
    if (request.signal.aborted) stopped();
  });
}

function readSessions(result: JsonObject): RemoteSession[] {
  const list = Array.isArray(result['sessions']) ? result['sessions'] : [];
  return list.filter(isObject).flatMap(({ sessionId, cwd, title, updatedAt }) => {
    if (typeof sessionId !== 'string') return [];
    const at = typeof updatedAt === 'string' ? Date.parse(updatedAt) : Number.NaN;
    const directory = typeof cwd === 'string' ? cwd : undefined;
    return [
      {
        title: typeof title === 'string' && title !== '' ? title : sessionId,
        updatedAt: Number.isNaN(at) ? undefined : at,
        cwd: directory,
        remote: { sessionId, ...(directory !== undefined && { cwd: directory }) },
      },
    ];
  });
}
