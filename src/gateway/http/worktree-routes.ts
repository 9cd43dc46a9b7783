import { ApertureError } from '../../core/errors.ts';
import { sendJson } from './answer.ts';
import { find, readObject, type Route } from './route.ts';

/** Git worktrees of sessions, and whether there can be one. */
export const WORKTREE_ROUTES: readonly Route[] = [
  {
    path: /^\/v1\/repository$/,
    methods: {
      GET: async ({ response, url }, { pool }) =>
        sendJson(response, 200, await pool.repository(url.searchParams.get('path') ?? '')),
    },
  },
  {
    path: /^\/v1\/sessions\/([^/]+)\/worktree$/,
    methods: {
      GET: async ({ response, id }, { pool }) =>
        sendJson(response, 200, await pool.worktrees.state(find(pool, id))),
      DELETE: async ({ response, url, id }, { pool }) => {
        const discard = url.searchParams.get('discard') ?? undefined;
        await pool.worktrees.remove(find(pool, id), discard);
        response.writeHead(204).end();
      },
    },
  },
  {
    path: /^\/v1\/sessions\/([^/]+)\/worktree\/diff$/,
    methods: {
      GET: async ({ response, url, id }, { pool }) => {
        const file = url.searchParams.get('path');
        if (file === null) throw new ApertureError('bad_path', 'Name a file with ?path=.');
        sendJson(response, 200, await pool.worktrees.diff(find(pool, id), file));
      },
    },
  },
  {
    path: /^\/v1\/sessions\/([^/]+)\/worktree\/commit$/,
    methods: {
      POST: async ({ request, response, id }, { pool }) => {
        const session = find(pool, id);
        const { message } = await readObject(request);
        await pool.worktrees.commit(session, message);
        sendJson(response, 200, await pool.worktrees.state(session));
      },
    },
  },
  {
    path: /^\/v1\/sessions\/([^/]+)\/worktree\/merge$/,
    methods: {
      POST: async ({ response, id }, { pool }) => {
        const session = find(pool, id);
        await pool.worktrees.merge(session);
        sendJson(response, 200, await pool.worktrees.state(session));
      },
    },
  },
];
