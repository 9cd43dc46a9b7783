import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SessionSummary } from '../../../src/core/wire/rest.ts';
import type { Gateway, GatewayOptions } from '../../../src/gateway/gateway.ts';
import { openLevelJournal } from '../../../src/gateway/journal/level.ts';
import { commit, directory, exists, git, repository } from '../worktree/support.ts';
import { attach, gateway, http } from './support.ts';

/** A repository, and gateways that follow one another on one data directory beside it. */
async function scene(): Promise<{
  repo: string;
  next: (options?: Partial<GatewayOptions>) => Promise<Gateway>;
}> {
  const root = await directory();
  const repo = await repository(path.join(root, 'work', 'repo'));
  const location = path.join(root, 'data', 'log');
  let last: Gateway | undefined;
  return {
    repo,
    next: async (options = {}) => {
      await last?.close();
      last = await gateway(
        { scripted: [] },
        {
          worktreesDir: path.join(root, 'data', 'worktrees'),
          roots: [path.join(root, 'work')],
          openJournal: () => openLevelJournal({ location }),
          ...options,
        },
      );
      return last;
    },
  };
}

const post = (to: Gateway, cwd: string, more: object = {}) =>
  http(to, 'POST', '/v1/sessions', { body: { agent: 'scripted', cwd, worktree: true, ...more } });

const create = async (to: Gateway, cwd: string, title = 'Fix it'): Promise<SessionSummary> => {
  const { status, json } = await post(to, cwd, { title });
  if (status !== 201) throw new Error(JSON.stringify(json));
  return json as SessionSummary;
};

const of = (id: string, what = ''): string => `/v1/sessions/${id}/worktree${what}`;

const code = (answer: { status: number; json: { error?: { code: string } } }) => [
  answer.status,
  answer.json?.error?.code,
];

describe('sessions with a git worktree of their own', () => {
  test('[R70] several in one repository: each agent works in its own, and the log says where', async () => {
    const { repo, next } = await scene();
    const to = await next();
    const [one, two] = await Promise.all([create(to, repo), create(to, path.join(repo, 'part'))]);
    expect(one!.worktree).toMatchObject({ base: 'main', from: repo });
    expect(one!.worktree!.branch).toMatch(/^aperture\/fix-it-/);
    expect(one!.cwd).not.toBe(repo);
    expect(two!.cwd).toMatch(/\/part$/);
    for (const [index, { id, cwd }] of [one!, two!].entries()) {
      const page = await attach(to, id);
      // Through the gateway's own file service, which is contained in the session's directory.
      const params = { path: path.join(cwd, 'made.txt'), content: `by ${index}\n` };
      await page.turn(`CALL fs/write_text_file ${JSON.stringify(params)}`);
      await page.turn(
        `CALL fs/write_text_file ${JSON.stringify({ ...params, path: path.join(repo, 'made.txt') })}`,
      );
      expect(await readFile(path.join(cwd, 'made.txt'), 'utf8')).toBe(`by ${index}\n`);
      expect(page.logged('_aperture/notice')[0]).toMatchObject({
        level: 'info',
        text: expect.stringContaining('git worktree of its own'),
      });
    }
    expect(await exists(path.join(repo, 'made.txt'))).toBe(false);
    const { json } = await http(to, 'GET', of(one!.id));
    expect(json).toMatchObject({ uncommitted: 1, ahead: 0, behind: 0, base: 'main' });
  });

  test('[R21] looked at, committed, merged back and removed, over a restart of the gateway', async () => {
    const { repo, next } = await scene();
    const first = await next();
    const { id, cwd, worktree } = await create(first, repo);
    await writeFile(path.join(cwd, 'new.txt'), 'new\n');
    const second = await next();
    const listed = (await http(second, 'GET', '/v1/sessions')).json.sessions;
    expect(listed).toMatchObject([{ id, cwd, worktree }]);
    expect((await http(second, 'GET', of(id))).json).toMatchObject({
      files: [{ path: 'new.txt', change: 'untracked' }],
    });
    expect((await http(second, 'GET', of(id, '/diff?path=new.txt'))).json).toMatchObject({
      patch: expect.stringContaining('+new'),
    });
    // The agent starts again in the same place.
    const page = await attach(second, id);
    expect(await page.turn('SAY hello')).toBe('end_turn');
    expect(code(await http(second, 'POST', of(id, '/merge')))).toEqual([409, 'uncommitted']);
    expect(code(await http(second, 'DELETE', of(id)))).toEqual([409, 'uncommitted']);
    git(cwd, 'config', 'user.name', 'Somebody');
    const message = 'Add new';
    const committed = await http(second, 'POST', of(id, '/commit'), { body: { message } });
    expect(committed).toMatchObject({ status: 200, json: { uncommitted: 0, ahead: 1 } });
    expect(code(await http(second, 'DELETE', of(id)))).toEqual([409, 'unmerged']);
    const merged = await http(second, 'POST', of(id, '/merge'));
    expect(merged).toMatchObject({ status: 200, json: { ahead: 0, unmerged: 0, files: [] } });
    expect(await readFile(path.join(repo, 'new.txt'), 'utf8')).toBe('new\n');
    expect((await http(second, 'DELETE', of(id))).status).toBe(204);
    expect(await exists(cwd)).toBe(false);
    expect(git(repo, 'branch', '--list', 'aperture/*')).toBe('');
    expect(await page.refused(page.prompt('SAY more'))).toMatchObject({ code: 'worktree_removed' });
    const texts = page.logged('_aperture/notice').map(({ text }) => text as string);
    expect(texts.map((text) => /own:|committed|merged|removed/.exec(text)?.[0])).toEqual([
      'own:',
      'committed',
      'merged',
      'removed',
    ]);
    const third = await next();
    const { json } = await http(third, 'GET', `/v1/sessions/${id}`);
    expect(json.worktree).toMatchObject({ removed: true });
    expect(code(await http(third, 'GET', of(id)))).toEqual([409, 'worktree_removed']);
  });

  test('nothing is committed or removed while the agent works in it', async () => {
    const { repo, next } = await scene();
    const to = await next();
    const { id, cwd } = await create(to, repo);
    const page = await attach(to, id);
    const k = page.prompt('PERMIT');
    await page.request();
    await writeFile(path.join(cwd, 'half.txt'), 'half');
    const message = { body: { message: 'x' } };
    expect(code(await http(to, 'POST', of(id, '/commit'), message))).toEqual([409, 'busy']);
    expect(code(await http(to, 'DELETE', of(id)))).toEqual([409, 'busy']);
    page.cancel();
    await page.turnEnd(k);
    expect((await http(to, 'POST', of(id, '/commit'), message)).status).toBe(200);
  });

  test('ending the session removes what nobody misses, and nothing else', async () => {
    const { repo, next } = await scene();
    const to = await next();
    const [clean, dirty, ahead] = [
      await create(to, repo),
      await create(to, repo),
      await create(to, repo),
    ];
    await writeFile(path.join(dirty.cwd, 'x.txt'), 'only here');
    await writeFile(path.join(ahead.cwd, 'x.txt'), 'only here');
    commit(ahead.cwd, 'only here');
    for (const { id } of [clean, dirty, ahead]) await http(to, 'DELETE', `/v1/sessions/${id}`);
    // Waits for what the ends are still doing.
    await to.close();
    expect(await exists(clean.cwd)).toBe(false);
    expect(await readFile(path.join(dirty.cwd, 'x.txt'), 'utf8')).toBe('only here');
    expect(
      git(repo, 'branch', '--list', 'aperture/*', '--format=%(refname:short)')
        .split('\n')
        .toSorted(),
    ).toEqual([dirty.worktree!.branch, ahead.worktree!.branch].toSorted());
  });

  test('[R47] discarding names what was seen; without it nothing is lost', async () => {
    const { repo, next } = await scene();
    const to = await next();
    const { id, cwd } = await create(to, repo);
    await writeFile(path.join(cwd, 'x.txt'), 'x');
    const { mark } = (await http(to, 'GET', of(id))).json;
    await writeFile(path.join(cwd, 'y.txt'), 'y');
    const early = await http(to, 'DELETE', of(id, `?discard=${mark}`));
    expect(code(early)).toEqual([409, 'worktree_changed']);
    const { mark: now } = (await http(to, 'GET', of(id))).json;
    expect((await http(to, 'DELETE', of(id, `?discard=${now}`))).status).toBe(204);
    expect(await exists(cwd)).toBe(false);
  });

  test('[R70] a worktree does not outlive the roots of its repository, nor its directory', async () => {
    const { repo, next } = await scene();
    const first = await next();
    const { id, cwd } = await create(first, repo);
    const narrow = await next({ roots: [path.join(repo, 'part')] });
    const page = await attach(narrow, id);
    page.prompt('SAY hello');
    await page.until(() =>
      page.logged('_aperture/agent').find(({ error }) => error?.code === 'outside_roots'),
    );
    const wide = await next();
    await rename(cwd, `${cwd}-moved`);
    const again = await attach(wide, id);
    again.prompt('SAY hello');
    await again.until(() =>
      again.logged('_aperture/agent').find(({ error }) => error?.code === 'no_such_directory'),
    );
    expect((await http(wide, 'GET', of(id))).json).toMatchObject({ missing: true });
    expect((await http(wide, 'DELETE', of(id))).status).toBe(204);
  });

  test('where there can be none it is said before and when it is asked for, and no session is made', async () => {
    const { repo, next } = await scene();
    const to = await next({ maxSessions: 1 });
    const about = (place: string) =>
      http(to, 'GET', `/v1/repository?path=${encodeURIComponent(place)}`);
    const work = path.dirname(repo);
    expect((await about(repo)).json).toEqual({ possible: true, repository: repo, branch: 'main' });
    expect((await about(work)).json).toMatchObject({
      possible: false,
      why: expect.stringContaining('no git repository'),
    });
    expect(code(await about('/'))).toEqual([403, 'outside_roots']);
    expect(code(await post(to, work))).toEqual([400, 'not_a_repository']);
    expect(code(await post(to, repo, { worktree: 'yes' }))).toEqual([400, 'bad_worktree']);
    expect((await http(to, 'GET', '/v1/sessions')).json.sessions).toEqual([]);
    const answers = await Promise.all([post(to, repo), post(to, repo)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 429]);
    expect(git(repo, 'branch', '--list', 'aperture/*').split('\n')).toHaveLength(1);
    // Without one nothing is different.
    const { id } = answers.find(({ status }) => status === 201)!.json;
    await http(to, 'DELETE', `/v1/sessions/${id}`);
    const plain = await post(to, repo, { worktree: false });
    expect(plain.json).toMatchObject({ cwd: repo });
    expect(plain.json.worktree).toBeUndefined();
    expect(code(await http(to, 'GET', of(plain.json.id)))).toEqual([400, 'no_worktree']);
    expect((await http(to, 'GET', of(plain.json.id), { token: null })).status).toBe(401);
  });
});
