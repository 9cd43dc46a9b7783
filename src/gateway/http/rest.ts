import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApertureError } from '../../core/errors.ts';
import { SUBPROTOCOL } from '../../core/wire/frames.ts';
import { bearer } from '../access/upgrade-token.ts';
import type { Connections } from '../dialects/connections.ts';
import type { SessionPool } from '../session/pool.ts';
import { AGENT_ROUTES } from './agent-routes.ts';
import { sendJson } from './answer.ts';
import { find, readObject, type Route } from './route.ts';
import { WORKTREE_ROUTES } from './worktree-routes.ts';

export interface RestOptions {
  readonly pool: SessionPool;
  readonly connections: Connections;
  readonly checkToken: (given: string) => boolean;
  readonly version: string;
}

const ROUTES: readonly Route[] = [
  {
    path: /^\/healthz$/,
    open: true,
    methods: {
      GET: ({ response }, { version }) =>
        sendJson(response, 200, { ok: true, name: 'aperture', version, protocol: SUBPROTOCOL }),
    },
  },
  {
    path: /^\/v1\/agents$/,
    methods: { GET: ({ response }, { pool }) => sendJson(response, 200, pool.agents()) },
  },
  {
    path: /^\/v1\/connections$/,
    methods: {
      GET: ({ response }, { connections }) => sendJson(response, 200, connections.list()),
    },
  },
  {
    path: /^\/v1\/directories$/,
    methods: {
      GET: async ({ response, url }, { pool }) =>
        sendJson(response, 200, await pool.directories(url.searchParams.get('path') ?? '')),
    },
  },
  {
    path: /^\/v1\/sessions$/,
    methods: {
      GET: ({ response }, { pool }) => sendJson(response, 200, { sessions: pool.list() }),
      POST: async ({ request, response }, { pool }) => {
        const body = await readObject(request);
        const { agent, cwd, title, worktree, mcpServers, additionalDirectories, resume } = body;
        const wanted = { agent, cwd, title, worktree, mcpServers, additionalDirectories };
        const session =
          resume === undefined
            ? await pool.create(wanted)
            : await pool.takeUp({ ...wanted, resume });
        response.setHeader('Location', `/v1/sessions/${session.id}`);
        sendJson(response, 201, session.summary());
      },
    },
  },
  {
    path: /^\/v1\/sessions\/([^/]+)$/,
    methods: {
      GET: ({ response, id }, { pool }) => sendJson(response, 200, find(pool, id).summary()),
      PATCH: async ({ request, response, id }, { pool }) => {
        const body = await readObject(request);
        const session = find(pool, id);
        pool.rename(session, body['title']);
        sendJson(response, 200, session.summary());
      },
      DELETE: ({ response, id }, { pool }) => {
        pool.end(find(pool, id), 'rest');
        response.writeHead(204).end();
      },
    },
  },
];

/**
 * Answers a REST request.
 *
 * @returns false when the path is none of REST's.
 * @throws ApertureError for everything that is refused.
 */
export async function serveRest(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  options: RestOptions,
): Promise<boolean> {
  const route = [...ROUTES, ...AGENT_ROUTES, ...WORKTREE_ROUTES].find(({ path }) =>
    path.test(url.pathname),
  );
  if (!route && !url.pathname.startsWith('/v1/')) return false;
  if (!route?.open && !options.checkToken(bearer(request))) {
    throw new ApertureError(
      'unauthorized',
      'The token is missing or wrong. Open the link that the gateway printed, or enter the token again.',
    );
  }
  if (!route) throw new ApertureError('not_found', 'There is nothing at this address.');
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '');
  if (!Object.hasOwn(route.methods, method)) {
    const allowed = Object.keys(route.methods).join(', ');
    response.setHeader('Allow', allowed);
    throw new ApertureError('method_not_allowed', `Use one of: ${allowed}.`);
  }
  const id = route.path.exec(url.pathname)?.[1] ?? '';
  await route.methods[method]!({ request, response, url, id }, options);
  return true;
}
