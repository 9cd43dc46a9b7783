import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openLevelJournal } from '../../../src/gateway/journal/level.ts';
import { attach, createSession, gateway, http, scratch, type Page } from './support.ts';

const ready = (page: Page) =>
  page.until(() => page.logged('_aperture/agent').find(({ state }) => state === 'ready'), 'ready');

let keys = 0;
function set(page: Page, frame: object): string {
  const k = `set-${++keys}`;
  page.send({ ...frame, k });
  return k;
}

const failure = (page: Page, k: string) =>
  page.until(() => page.logged('_aperture/error').find(({ key }) => key === k)?.error, 'refusal');

describe('modes and options', () => {
  test('are told with the agent, and a change that it takes is told to every page, with who made it', async () => {
    const to = await gateway({ scripted: ['--settings'] });
    const { id } = await createSession(to);
    const [one, two] = [await attach(to, id), await attach(to, id)];
    expect(await ready(one)).toMatchObject({
      modes: { currentModeId: 'ask' },
      configOptions: [{ id: 'model' }, { id: 'fast' }],
    });
    const k = set(one, { t: 'set_mode', mode: 'code' });
    await one.ack(k);
    for (const page of [one, two]) {
      await page.until(() => page.updates('current_mode_update').length > 0);
      expect(page.updates('current_mode_update')).toEqual([
        {
          sessionUpdate: 'current_mode_update',
          currentModeId: 'code',
          _meta: { aperture: { key: k, by: one.client } },
        },
      ]);
    }
    set(two, { t: 'set_option', option: 'model', value: 'large' });
    set(two, { t: 'set_option', option: 'fast', value: true });
    await one.until(() => one.updates('config_option_update').length === 2);
    expect(one.updates('config_option_update').at(-1).configOptions).toMatchObject([
      { id: 'model', currentValue: 'large' },
      { id: 'fast', currentValue: true },
    ]);
  });

  test('[R47] a change that the agent refuses is an error with the key, and changes nothing', async () => {
    const to = await gateway({ scripted: ['--settings'] });
    const { id } = await createSession(to);
    const page = await attach(to, id);
    await ready(page);
    const k = set(page, { t: 'set_mode', mode: 'none' });
    await page.ack(k);
    expect((await failure(page, k)).message).toContain('No mode none');
    expect(page.updates('current_mode_update')).toEqual([]);
  });

  test('[R38] sent again with its key, a change is made once; without an agent it is refused', async () => {
    const to = await gateway({ scripted: ['--settings'], silent: ['--never-initialize'] });
    const { id } = await createSession(to);
    const page = await attach(to, id);
    await ready(page);
    for (let i = 0; i < 2; i++) page.send({ t: 'set_mode', k: 'same', mode: 'code' });
    await page.until(() => page.frames.some((frame) => frame.t === 'ack' && frame.dup));
    await page.turn('SAY done');
    expect(page.updates('current_mode_update')).toHaveLength(1);

    const starting = await createSession(to, 'silent');
    const early = await attach(to, starting.id);
    expect(await early.refused(set(early, { t: 'set_mode', mode: 'code' }))).toMatchObject({
      code: 'agent_not_ready',
      retryable: true,
    });
  });

  test('[R71] a frame without its fields is malformed', async () => {
    const to = await gateway({ scripted: ['--settings'] });
    const { id } = await createSession(to);
    const page = await attach(to, id);
    page.send({ t: 'set_option', k: 'k', option: 'model', value: 7 });
    expect((await page.closing()).code).toBe(4400);
  });
});

describe('MCP servers and more directories', () => {
  const stdio = {
    name: 'files',
    command: '/usr/bin/mcp-files',
    args: ['--all'],
    env: [{ name: 'KEY', value: 'v' }],
  };
  const remote = { type: 'http', name: 'web', url: 'https://mcp.example/', headers: [] };

  test('go to an agent that takes them, and its requests may reach there', async () => {
    const to = await gateway({ scripted: ['--takes-all'] });
    const [cwd, more] = [await scratch(), await scratch()];
    const { status, json } = await http(to, 'POST', '/v1/sessions', {
      body: {
        agent: 'scripted',
        cwd,
        mcpServers: [{ ...stdio, surplus: 1 }, remote],
        additionalDirectories: [more],
      },
    });
    expect(status).toBe(201);
    const page = await attach(to, json.id);
    const file = path.join(more, 'x.txt');
    await page.turn(
      `GIVEN\nCALL fs/write_text_file ${JSON.stringify({ path: file, content: 'x' })}`,
    );
    const [[, given], written] = page.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(given).toEqual({ mcpServers: [stdio, remote], additionalDirectories: [more] });
    expect(written).toEqual({});
  });

  test('that the agent cannot take are left out, and the session says so; a restarted gateway still has them', async () => {
    const location = path.join(await scratch(), 'log');
    const openJournal = () => openLevelJournal({ location });
    const first = await gateway({ scripted: [] }, { openJournal });
    const { json } = await http(first, 'POST', '/v1/sessions', {
      body: {
        agent: 'scripted',
        cwd: await scratch(),
        mcpServers: [stdio, remote],
        additionalDirectories: [await scratch()],
      },
    });
    const page = await attach(first, json.id);
    await page.turn('GIVEN');
    expect(JSON.parse(page.text)[1]).toEqual({ mcpServers: [stdio] });
    expect(page.logged('_aperture/notice')[0].text).toMatch(/“web” \(http\), the directory/);
    await first.close();

    const second = await gateway({ scripted: [] }, { openJournal });
    const { epoch } = page.attached!;
    const again = await attach(second, json.id, { since: page.numbers.at(-1)!, epoch });
    const before = again.text.length;
    await again.turn('GIVEN');
    expect(JSON.parse(again.text.slice(before))[1]).toEqual({ mcpServers: [stdio] });
  });

  test.each([
    [{ mcpServers: 'all' }, 'bad_mcp_servers'],
    [{ mcpServers: [{ name: 'x' }] }, 'bad_mcp_servers'],
    [{ mcpServers: [{ command: 'x' }] }, 'bad_mcp_servers'],
    [{ mcpServers: [{ ...stdio, env: { KEY: 'v' } }] }, 'bad_mcp_servers'],
    [{ mcpServers: [{ ...remote, url: 'file:///etc/passwd' }] }, 'bad_mcp_servers'],
    [{ mcpServers: [{ ...remote, type: 'other' }] }, 'bad_mcp_servers'],
    [{ additionalDirectories: ['relative'] }, 'bad_directory'],
    [{ additionalDirectories: [7] }, 'bad_directory'],
    [{ additionalDirectories: ['/no/such/directory'] }, 'no_such_directory'],
  ])('[R70] %j is refused as %s', async (wanted, code) => {
    const to = await gateway();
    const { json } = await http(to, 'POST', '/v1/sessions', {
      body: { agent: 'scripted', cwd: await scratch(), ...wanted },
    });
    expect(json.error.code).toBe(code);
    expect(to.pool.list()).toEqual([]);
  });

  test('[R70] more directories stand under the same roots as the first', async () => {
    const [inside, outside] = [await scratch(), await scratch()];
    const to = await gateway({ scripted: [] }, { roots: [inside] });
    const { json } = await http(to, 'POST', '/v1/sessions', {
      body: { agent: 'scripted', cwd: inside, additionalDirectories: [outside] },
    });
    expect(json.error.code).toBe('outside_roots');
  });
});
