import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { Gateway } from '../../../src/gateway/gateway.ts';
import { lineLogger } from '../../../src/gateway/logger.ts';
import { openLevelJournal } from '../../../src/gateway/journal/level.ts';
import { attach, createSession, eventually, gateway, http, scratch } from './support.ts';

/** A gateway whose agent `keeper` keeps sessions in a file, with `said` in each of them, all of them ended here. */
async function keeper(
  said: readonly string[],
  extra: string[] = [],
  options: Parameters<typeof gateway>[1] = {},
): Promise<{ to: Gateway; directory: string; store: string }> {
  const directory = await scratch();
  const store = path.join(directory, 'sessions.jsonl');
  const flags = ['--load', '--list', '--store', store, ...extra];
  const to = await gateway({ keeper: flags, scripted: [] }, options);
  for (const words of said) {
    const { id } = await createSession(to, 'keeper', { cwd: directory });
    await (await attach(to, id)).turn(words);
    await http(to, 'DELETE', `/v1/sessions/${id}`);
  }
  return { to, directory, store };
}

const list = async (to: Gateway, cursor?: string, agent = 'keeper') =>
  http(to, 'GET', `/v1/agents/${agent}/sessions${cursor ? `?cursor=${cursor}` : ''}`);
const takeUp = (to: Gateway, resume: unknown, more: object = {}) =>
  http(to, 'POST', '/v1/sessions', { body: { agent: 'keeper', resume, ...more } });
const noted = async (store: string, id: string): Promise<string[]> =>
  (await readFile(store, 'utf8'))
    .trim()
    .split('\n')
    .map((row) => JSON.parse(row) as string[])
    .filter(([owner]) => owner === id)
    .map(([, kind]) => kind!);

describe('the sessions that an agent keeps', () => {
  test('are listed page by page, with what can be done with them', async () => {
    const { to, directory } = await keeper(['SAY one', 'SAY two', 'SAY three']);
    const first = await list(to);
    expect(first.json).toEqual({
      sessions: [
        {
          sessionId: expect.any(String),
          title: 'SAY one',
          cwd: directory,
          updatedAt: Date.UTC(2026, 0, 15, 9, 30),
        },
        expect.objectContaining({ title: 'SAY two' }),
      ],
      nextCursor: '2',
      can: { takeUp: true, delete: true },
    });
    const second = await list(to, first.json.nextCursor);
    expect(second.json.sessions).toMatchObject([{ title: 'SAY three' }]);
    expect(second.json.nextCursor).toBeUndefined();
  });

  test('are taken up: the history in the log once, and the agent remembers', async () => {
    const { to, directory } = await keeper(['SAY blue']);
    const [{ sessionId, title }] = (await list(to)).json.sessions;
    const taken = await takeUp(to, sessionId, { cwd: directory, title });
    expect(taken.status).toBe(201);
    expect(taken.json).toMatchObject({ title: 'SAY blue', agent: 'keeper', cwd: directory });
    const page = await attach(to, taken.json.id);
    expect(await page.turn('SAY green')).toBe('end_turn');
    expect(page.text).toBe('bluegreen');
    const asked = page.updates('user_message_chunk');
    expect(asked.map(({ content }) => content.text)).toEqual(['SAY blue', 'SAY green']);
    expect(page.logged('_aperture/notice')).toMatchObject([{ level: 'info' }]);
    // One that is here is marked, and not doubled.
    expect((await list(to)).json.sessions).toMatchObject([{ sessionId, here: taken.json.id }]);
    const again = await takeUp(to, sessionId, { cwd: directory });
    expect(again.json.id).toBe(taken.json.id);
    expect((await http(to, 'GET', '/v1/sessions')).json.sessions).toHaveLength(1);
  });

  test('are taken up once by two who ask at the same time', async () => {
    const { to, directory } = await keeper(['SAY blue']);
    const [{ sessionId }] = (await list(to)).json.sessions;
    const answers = await Promise.all(
      [1, 2, 3].map(() => takeUp(to, sessionId, { cwd: directory })),
    );
    expect(new Set(answers.map(({ json }) => json.id)).size).toBe(1);
    expect((await http(to, 'GET', '/v1/sessions')).json.sessions).toHaveLength(1);
  });

  test('[R21] go on after a restart of the gateway, their history still there once', async () => {
    const directory = await scratch();
    const store = path.join(directory, 'sessions.jsonl');
    const flags = { keeper: ['--load', '--list', '--store', store] };
    const location = path.join(directory, 'log');
    const options = { openJournal: () => openLevelJournal({ location }) };
    const first = await gateway(flags, options);
    const { id } = await createSession(first, 'keeper', { cwd: directory });
    await (await attach(first, id)).turn('SAY blue');
    await http(first, 'DELETE', `/v1/sessions/${id}`);
    const [{ sessionId }] = (await list(first)).json.sessions;
    const taken = (await takeUp(first, sessionId, { cwd: directory })).json.id;
    await first.close();
    const second = await gateway(flags, options);
    const page = await attach(second, taken);
    expect(await page.turn('SAY green')).toBe('end_turn');
    expect(page.text).toBe('bluegreen');
    expect((await list(second)).json.sessions).toMatchObject([{ sessionId, here: taken }]);
  });

  test('leave nothing behind when they cannot be taken up', async () => {
    const { to, directory } = await keeper(['SAY blue']);
    const unknown = await takeUp(to, 'nobody-knows-it', { cwd: directory });
    expect(unknown.status).toBe(400);
    expect(unknown.json.error.message).toContain('nobody-knows-it');
    expect((await takeUp(to, '', { cwd: directory })).json.error.code).toBe('bad_session');
    const [{ sessionId }] = (await list(to)).json.sessions;
    const gone = await takeUp(to, sessionId, { cwd: path.join(directory, 'gone') });
    expect(gone.json.error.code).toBe('no_such_directory');
    expect((await http(to, 'GET', '/v1/sessions')).json.sessions).toEqual([]);
    // Control.
    expect((await takeUp(to, sessionId, { cwd: directory })).status).toBe(201);
  });

  test('are deleted at the agent, but not while they are in use here', async () => {
    const { to, directory, store } = await keeper(['SAY one', 'SAY two']);
    const [one, two] = (await list(to)).json.sessions;
    const taken = await takeUp(to, one.sessionId, { cwd: directory });
    const remove = (id: string) => http(to, 'DELETE', `/v1/agents/keeper/sessions/${id}`);
    // The agent writes that down by itself, some time after the session has gone here.
    const closed = (id: string, times: number) =>
      eventually(async () => {
        const kinds = await noted(store, id);
        return kinds.filter((kind) => kind === 'closed').length === times;
      });
    const refused = await remove(one.sessionId);
    expect([refused.status, refused.json.error.code]).toEqual([409, 'session_in_use']);
    await closed(two.sessionId, 1);
    expect((await remove(two.sessionId)).status).toBe(204);
    expect((await list(to)).json.sessions).toMatchObject([{ sessionId: one.sessionId }]);
    await http(to, 'DELETE', `/v1/sessions/${taken.json.id}`);
    await closed(one.sessionId, 2);
    expect((await remove(one.sessionId)).status).toBe(204);
    expect((await list(to)).json.sessions).toEqual([]);
  });

  test('[R70] are seen only inside of the roots', async () => {
    const root = await scratch();
    const inside = path.join(root, 'inside');
    await mkdir(inside);
    const store = path.join(root, 'sessions.jsonl');
    const flags = { keeper: ['--load', '--list', '--store', store] };
    const open = await gateway(flags);
    for (const cwd of [root, inside]) {
      const { id } = await createSession(open, 'keeper', { cwd });
      await (await attach(open, id)).turn(`SAY ${path.basename(cwd)}`);
    }
    const all = (await list(open)).json.sessions as { sessionId: string; cwd: string }[];
    expect(all.map(({ cwd }) => cwd)).toEqual([root, inside]);
    const narrow = await gateway(flags, { roots: [inside] });
    expect((await list(narrow)).json.sessions).toMatchObject([{ cwd: inside }]);
    const outside = await takeUp(narrow, all[0]!.sessionId, { cwd: root });
    expect(outside.json.error.code).toBe('outside_roots');
  });

  test('are closed at the agent when they are ended here, and stay when the gateway stops', async () => {
    const { to, directory, store } = await keeper([]);
    const ids: string[] = [];
    for (const words of ['SAY ended', 'SAY stays']) {
      ids.push((await createSession(to, 'keeper', { cwd: directory })).id);
      await (await attach(to, ids.at(-1)!)).turn(words);
    }
    const [ended, stays] = (await list(to)).json.sessions;
    await http(to, 'DELETE', `/v1/sessions/${ids[0]}`);
    await vi.waitFor(async () => expect(await noted(store, ended.sessionId)).toContain('closed'));
    await to.close();
    expect(await noted(store, stays.sessionId)).not.toContain('closed');
  });

  test('are told as not to be had where the agent does not offer them, or is not there', async () => {
    const { to } = await keeper([]);
    const plain = await list(to, undefined, 'scripted');
    expect(plain.json.error).toMatchObject({ code: 'cannot_list', message: /Agent scripted/ });
    expect((await list(to, undefined, 'nobody')).json.error.code).toBe('unknown_agent');
    expect((await list(to, undefined, 'missing')).json.error.code).toBe('agent_missing');
    expect((await list(to, undefined, 'gone')).status).toBeGreaterThanOrEqual(400);
    expect((await http(to, 'GET', '/v1/agents/keeper/abilities')).json).toEqual({
      mcp: { http: false, sse: false },
      additionalDirectories: false,
      logout: false,
      sessions: { list: true, load: true, resume: true, close: true, delete: true },
    });
    expect((await http(to, 'GET', '/v1/agents/keeper/sessions', { token: null })).status).toBe(401);
    expect((await http(to, 'POST', '/v1/agents/keeper/sessions')).status).toBe(405);
  });
});

describe('MCP servers and more directories', () => {
  const SECRET = 'sk-very-secret-value';
  const mcpServers = [
    { name: 'files', command: 'mcp-files', args: ['--ro'], env: [{ name: 'KEY', value: SECRET }] },
  ];

  test('go to the agent when it begins, and again when it is loaded or resumed', async () => {
    const other = await scratch();
    const { to, directory } = await keeper(['SAY blue'], ['--takes-all']);
    const [{ sessionId }] = (await list(to)).json.sessions;
    const more = { cwd: directory, mcpServers, additionalDirectories: [other] };
    const { id } = (await takeUp(to, sessionId, more)).json;
    const page = await attach(to, id);
    await page.turn('GIVEN');
    expect(page.text).toContain(JSON.stringify(mcpServers[0]));
    expect(page.text).toContain(other);
  });

  test('go to an agent again that can load alone, when it comes back', async () => {
    const directory = await scratch();
    const store = path.join(directory, 'sessions.jsonl');
    const to = await gateway({ loader: ['--load', '--store', store, '--takes-all'] });
    const body = { agent: 'loader', cwd: directory, mcpServers };
    const { id } = (await http(to, 'POST', '/v1/sessions', { body })).json;
    const page = await attach(to, id);
    await page.turn('SAY blue');
    await page.turn('CRASH');
    await page.turn('GIVEN');
    expect(page.text).toContain(JSON.stringify(mcpServers[0]));
  });

  test('[R48] keep their secrets out of summaries, answers and the gateway’s own log', async () => {
    const lines: string[] = [];
    const to = await gateway(undefined, { logger: lineLogger((line) => lines.push(line)) });
    const body = { agent: 'scripted', cwd: await scratch(), mcpServers };
    const made = await http(to, 'POST', '/v1/sessions', { body });
    await (await attach(to, made.json.id)).turn('SAY hi');
    const all = await http(to, 'GET', '/v1/sessions');
    const bad = [{ ...mcpServers[0], command: '' }];
    const refused = await http(to, 'POST', '/v1/sessions', {
      body: { ...body, mcpServers: bad },
    });
    expect(refused.json.error.code).toBe('bad_mcp_servers');
    for (const text of [made.text, all.text, refused.text, lines.join('')]) {
      expect(text).not.toContain(SECRET);
    }
    expect(lines.join('')).toContain('session.created');
  });
});
