import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { attach, createSession, gateway, http, scratch } from './support.ts';

const post = (to: Awaited<ReturnType<typeof gateway>>, body: unknown) =>
  http(to, 'POST', '/v1/sessions', { body });

describe('REST', () => {
  test('healthz needs no token and tells nothing; everything else under /v1 needs it', async () => {
    const to = await gateway();
    const health = await http(to, 'GET', '/healthz', { token: null });
    expect(health.json).toEqual({
      ok: true,
      name: 'aperture',
      version: '0.0.0',
      protocol: 'aperture.v1',
    });
    for (const target of ['/v1/agents', '/v1/sessions', '/v1/directories', '/v1/nothing']) {
      for (const token of [null, 'wrong', `${to.token}x`, to.token.slice(1)]) {
        const answer = await http(to, 'GET', target, { token });
        expect(answer.status).toBe(401);
        expect(answer.headers['www-authenticate']).toBe('Bearer');
        expect(answer.json.error).toMatchObject({ code: 'unauthorized', retryable: false });
      }
    }
    expect((await http(to, 'GET', '/v1/nothing')).status).toBe(404);
    expect((await http(to, 'PUT', '/v1/sessions')).status).toBe(405);
  });

  test('a session is created at once, listed, renamed, ended', async () => {
    const to = await gateway({ scripted: ['--slow-initialize', '300'] });
    const directory = await scratch();
    const made = await post(to, { agent: 'scripted', cwd: directory, title: ' My\nsession ' });
    expect(made.status).toBe(201);
    const { id } = made.json;
    expect(made.headers['location']).toBe(`/v1/sessions/${id}`);
    expect(made.json).toMatchObject({
      title: 'My session',
      agent: 'scripted',
      agentTitle: 'Agent scripted',
      cwd: directory,
      agentState: 'starting',
      turn: 'idle',
      pending: [],
      epoch: expect.any(String),
      createdAt: expect.any(Number),
    });
    expect(
      (await http(to, 'GET', '/v1/sessions')).json.sessions.map((s: { id: string }) => s.id),
    ).toEqual([id]);
    const page = await attach(to, id);
    const patched = await http(to, 'PATCH', `/v1/sessions/${id}`, { body: { title: 'Other' } });
    expect(patched).toMatchObject({ status: 200, json: { title: 'Other' } });
    await page.until(() =>
      page.frames.some((frame) => frame.t === 'session' && frame.session.title === 'Other'),
    );
    for (const title of ['', '   ', 7, 'x'.repeat(201), undefined]) {
      const refused = await http(to, 'PATCH', `/v1/sessions/${id}`, { body: { title } });
      expect(refused).toMatchObject({ status: 400, json: { error: { code: 'bad_title' } } });
    }
    expect((await http(to, 'DELETE', `/v1/sessions/${id}`)).status).toBe(204);
    expect((await http(to, 'DELETE', `/v1/sessions/${id}`)).status).toBe(404);
    expect((await http(to, 'GET', '/v1/sessions')).json).toEqual({ sessions: [] });
  });

  test('[R47] what cannot be created says what to do', async () => {
    const to = await gateway();
    const file = path.join(await scratch(), 'file');
    await writeFile(file, '');
    const cases: [body: unknown, status: number, code: string, says: string][] = [
      [{ agent: 'nobody', cwd: '/' }, 400, 'unknown_agent', 'scripted'],
      [{ cwd: '/' }, 400, 'unknown_agent', 'scripted'],
      [{ agent: '__proto__', cwd: '/' }, 400, 'unknown_agent', 'scripted'],
      [{ agent: 'missing', cwd: '/' }, 400, 'agent_missing', 'npm install -g missing'],
      [{ agent: 'scripted', cwd: '/no/such/dir' }, 404, 'no_such_directory', 'create it first'],
      [{ agent: 'scripted', cwd: 'relative' }, 400, 'bad_directory', 'absolute'],
      [{ agent: 'scripted', cwd: 5 }, 400, 'bad_directory', 'absolute'],
      [{ agent: 'scripted', cwd: file }, 400, 'not_a_directory', 'directory'],
      [{ agent: 'scripted', cwd: '/', title: 5 }, 400, 'bad_title', '1 to 200'],
      ['{"agent":', 400, 'bad_json', 'JSON'],
      ['[]', 400, 'bad_json', 'JSON'],
      [`{"agent":"${'x'.repeat(1_100_000)}"}`, 413, 'body_too_large', 'larger'],
    ];
    for (const [body, status, code, says] of cases) {
      const answer = await post(to, body);
      expect(answer.json?.error, JSON.stringify(body).slice(0, 80)).toMatchObject({ code });
      expect(answer.status).toBe(status);
      expect(answer.json.error.message).toContain(says);
    }
    expect((await http(to, 'GET', '/v1/sessions')).json.sessions).toEqual([]);
    expect((await post(to, { agent: 'scripted', cwd: '~' })).json.cwd).toBe(homedir());
  });

  test('[R30] the session limit holds, also for requests at the same time', async () => {
    const to = await gateway({ scripted: [] }, { maxSessions: 2 });
    const answers = await Promise.all(
      [1, 2, 3].map(() => post(to, { agent: 'scripted', cwd: tmpdir() })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 201, 429]);
    const refused = answers.find(({ status }) => status === 429)!;
    expect(refused.json.error).toMatchObject({ code: 'session_limit', retryable: true });
    const made = answers.find(({ status }) => status === 201)!;
    await http(to, 'DELETE', `/v1/sessions/${made.json.id}`);
    expect((await post(to, { agent: 'scripted', cwd: tmpdir() })).status).toBe(201);
  });

  test('[R70] with roots, a session stays inside them, symbolic links followed', async () => {
    const [root, outside] = [await scratch(), await scratch()];
    await mkdir(path.join(root, 'inside'));
    await symlink(outside, path.join(root, 'escape'));
    await symlink(path.join(root, 'inside'), path.join(root, 'link'));
    const to = await gateway({ scripted: [] }, { roots: [root] });
    const cwdOf = async (cwd: string) => {
      const { json } = await post(to, { agent: 'scripted', cwd });
      return json.cwd ?? json.error.code;
    };
    expect(await cwdOf(root)).toBe(root);
    expect(await cwdOf(path.join(root, 'link'))).toBe(path.join(root, 'inside'));
    expect(await cwdOf(path.join(root, 'escape'))).toBe('outside_roots');
    expect(await cwdOf(path.join(root, '..'))).toBe('outside_roots');
    expect(await cwdOf(`${root}x`)).toBe('no_such_directory');
    expect(await cwdOf(outside)).toBe('outside_roots');
    expect((await http(to, 'GET', '/v1/agents')).json.defaultCwd).toBe(root);

    const listed = await http(to, 'GET', '/v1/directories');
    expect(listed.json).toEqual({
      path: root,
      parent: null,
      entries: ['escape', 'inside', 'link'].map((name) => ({ name, path: path.join(root, name) })),
    });
    const inside = await http(
      to,
      'GET',
      `/v1/directories?path=${encodeURIComponent(path.join(root, 'inside'))}`,
    );
    expect(inside.json).toEqual({ path: path.join(root, 'inside'), parent: root, entries: [] });
    const out = await http(to, 'GET', `/v1/directories?path=${encodeURIComponent(outside)}`);
    expect(out).toMatchObject({ status: 403, json: { error: { code: 'outside_roots' } } });
  });

  test('[R30] directories are listed by name, hidden ones last, 500 at most', async () => {
    const directory = await scratch();
    const names = Array.from({ length: 501 }, (_, i) => `d${String(i).padStart(3, '0')}`);
    await Promise.all(['.hidden', ...names].map((name) => mkdir(path.join(directory, name))));
    await writeFile(path.join(directory, 'a-file'), '');
    const to = await gateway();
    const { json } = await http(to, 'GET', `/v1/directories?path=${encodeURIComponent(directory)}`);
    expect(json.entries.map((entry: { name: string }) => entry.name)).toEqual(names.slice(0, 500));
    expect(json.truncated).toBe(true);
    expect(json.parent).toBe(path.dirname(directory));
    for (const bad of ['/no/such', 'relative', '%00']) {
      expect((await http(to, 'GET', `/v1/directories?path=${bad}`)).json.error.code).toMatch(
        /^(no_such|bad)_directory$/,
      );
    }
  });

  test('[R16] ending one session leaves the others as they were', async () => {
    const to = await gateway();
    const [a, b] = [await createSession(to), await createSession(to)];
    const page = await attach(to, b.id);
    const k = page.prompt('STREAM 30 5');
    await page.ack(k);
    await http(to, 'DELETE', `/v1/sessions/${a.id}`);
    expect(await page.turnEnd(k)).toMatchObject({ stopReason: 'end_turn' });
    expect(page.closed).toBeUndefined();
  });
});
