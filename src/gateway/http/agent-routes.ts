import { ApertureError } from '../../core/errors.ts';
import { sendJson } from './answer.ts';
import type { Route } from './route.ts';

/** What agents say of themselves, and the sessions that they keep. `id` is the agent's name. */
export const AGENT_ROUTES: readonly Route[] = [
  {
    path: /^\/v1\/agents\/([^/]+)\/version$/,
    methods: {
      GET: async ({ response, id }, { pool }) =>
        sendJson(response, 200, await pool.agentVersion(decoded(id))),
    },
  },
  {
    path: /^\/v1\/agents\/([^/]+)\/abilities$/,
    methods: {
      GET: async ({ response, id }, { pool }) =>
        sendJson(response, 200, await pool.agentSessions.abilities(decoded(id))),
    },
  },
  {
    path: /^\/v1\/agents\/([^/]+)\/logout$/,
    methods: {
      POST: async ({ response, id }, { pool }) => {
        await pool.agentSessions.signOut(decoded(id));
        response.writeHead(204).end();
      },
    },
  },
  {
    path: /^\/v1\/agents\/([^/]+)\/sessions$/,
    methods: {
      GET: async ({ response, url, id }, { pool }) => {
        const cursor = url.searchParams.get('cursor') ?? undefined;
        sendJson(response, 200, await pool.agentSessions.list(decoded(id), cursor));
      },
    },
  },
  {
    path: /^\/v1\/agents\/([^/]+)\/sessions\/([^/]+)$/,
    methods: {
      DELETE: async ({ response, url, id }, { pool }) => {
        const session = url.pathname.split('/').at(-1)!;
        await pool.agentSessions.remove(decoded(id), decoded(session));
        response.writeHead(204).end();
      },
    },
  },
];

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new ApertureError('not_found', 'There is nothing at this address.');
  }
}
