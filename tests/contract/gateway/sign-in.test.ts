import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  attach,
  createSession,
  eventually,
  gateway,
  http,
  scratch,
  scriptedRegistry,
  type Page,
} from './support.ts';

const METHODS = [
  { id: 'browser', name: 'Sign in with a browser', description: 'Opens one' },
  { id: 'bad', name: 'The wrong key' },
  {
    id: 'key',
    name: 'A key',
    type: 'env_var',
    vars: [{ name: 'SCRIPTED_KEY_OF_A_TEST', secret: true }],
    link: 'https://keys.example/',
  },
  {
    id: 'tui',
    name: 'In a terminal',
    type: 'terminal',
    args: ['login', 'a b'],
    env: { MODE: 'x y' },
  },
  { id: 'odd', name: 'From the future', type: 'telepathy' },
];
const AUTH = ['--auth', JSON.stringify(METHODS)];

const asked = (page: Page, known: readonly string[] = []): Promise<string> =>
  page.until(
    () =>
      page.messages.find(({ m }) => m.method === '_aperture/sign_in' && !known.includes(m.id!))?.m
        .id,
    'a sign-in',
  );
const ready = (page: Page) =>
  page.until(
    () => page.logged('_aperture/agent').find(({ state }) => state === 'ready') !== undefined,
    'the agent is ready',
  );

describe('sign-in', () => {
  test('a session that wants one asks with the agent’s methods; the prompt that waits runs afterwards', async () => {
    const to = await gateway({ locked: AUTH });
    const { id } = await createSession(to, 'locked');
    const [page, other] = await Promise.all([attach(to, id), attach(to, id)]);
    const request = await asked(page);
    expect(page.logged('_aperture/sign_in')[0]).toEqual({
      message: 'Agent locked wants you to sign in.',
      said: 'Authentication required',
      methods: [
        { id: 'browser', name: 'Sign in with a browser', description: 'Opens one', type: 'agent' },
        { id: 'bad', name: 'The wrong key', type: 'agent' },
        {
          id: 'key',
          name: 'A key',
          type: 'env_var',
          variables: [{ name: 'SCRIPTED_KEY_OF_A_TEST', optional: false, set: false }],
          link: 'https://keys.example/',
        },
        {
          id: 'tui',
          name: 'In a terminal',
          type: 'terminal',
          command: expect.stringMatching(/^MODE='x y' .*scripted\.mjs .*login 'a b'$/),
        },
      ],
    });
    const k = page.prompt('SAY hello');
    await page.ack(k);
    expect((await http(to, 'GET', `/v1/sessions/${id}`)).json).toMatchObject({
      agentState: 'starting',
      turn: 'requires_action',
      pending: [request],
    });
    await page.ack(page.answer(request, 'method:browser'));
    expect(await other.refused(other.answer(request, 'method:browser'))).toMatchObject({
      code: 'already_resolved',
    });
    expect(await page.turnEnd(k)).toMatchObject({ stopReason: 'end_turn' });
    expect(page.text).toBe('hello');
    expect(page.logged('_aperture/request_resolved')).toEqual([
      { id: request, by: page.client, outcome: 'selected', optionId: 'method:browser' },
    ]);
  });

  test('what cannot be chosen is refused: terminals, missing variables, methods that are not known', async () => {
    const to = await gateway({ locked: AUTH });
    const page = await attach(to, (await createSession(to, 'locked')).id);
    const request = await asked(page);
    for (const optionId of ['method:tui', 'method:key', 'method:odd', 'method:none', 'browser']) {
      expect(await page.refused(page.answer(request, optionId)), optionId).toMatchObject({
        code: 'unknown_option',
      });
    }
    await page.ack(page.answer(request, 'method:browser'));
    await ready(page);
  });

  test('a variable that the agent has can be used, and its value stays in the gateway', async () => {
    process.env['SCRIPTED_KEY_OF_A_TEST'] = 'saffron-91';
    onTestFinished(() => void delete process.env['SCRIPTED_KEY_OF_A_TEST']);
    const plain = scriptedRegistry({ locked: AUTH });
    const passing = { ...plain.get('locked')!, passEnv: ['SCRIPTED_KEY_*'] };
    const registry = { ...plain, get: () => passing };
    const to = await gateway({}, { registry });
    const page = await attach(to, (await createSession(to, 'locked')).id);
    const request = await asked(page);
    expect(page.logged('_aperture/sign_in')[0].methods[2].variables[0].set).toBe(true);
    await page.ack(page.answer(request, 'method:key'));
    await ready(page);
    expect(JSON.stringify(page.frames)).not.toContain('saffron-91');

    // Negative control: what is not passed on to it, it does not have, whatever the gateway has.
    const other = await gateway({ locked: AUTH });
    const without = await attach(other, (await createSession(other, 'locked')).id);
    await asked(without);
    expect(without.logged('_aperture/sign_in')[0].methods[2].variables[0].set).toBe(false);
  });

  test('one that fails is told with the agent’s words, and can be tried again', async () => {
    const to = await gateway({ locked: AUTH });
    const page = await attach(to, (await createSession(to, 'locked')).id);
    const first = await asked(page);
    await page.ack(page.answer(first, 'method:bad'));
    const second = await asked(page, [first]);
    expect(page.logged('_aperture/sign_in')[1]).toMatchObject({ failed: 'The key is wrong' });
    await page.ack(page.answer(second, 'method:browser'));
    await ready(page);
  });

  test('“not now” fails the start as before; the next message asks again', async () => {
    const to = await gateway({ locked: AUTH });
    const { id } = await createSession(to, 'locked');
    const page = await attach(to, id);
    const first = await asked(page);
    await page.ack(page.answer(first, undefined));
    await page.until(() => page.logged('_aperture/agent').some(({ state }) => state === 'failed'));
    expect((await http(to, 'GET', `/v1/sessions/${id}`)).json).toMatchObject({
      agentState: 'failed',
      error: { code: 'agent_auth' },
      pending: [],
    });
    const k = page.prompt('SAY later');
    await page.ack(page.answer(await asked(page, [first]), 'method:browser'));
    await page.turnEnd(k);
    expect(page.text).toBe('later');
  });

  test('[R16] a prompt that wants one waits for it and is sent again; other sessions do not notice', async () => {
    const to = await gateway({ late: [...AUTH, '--auth-late'], open: [] });
    const [mine, others] = [await createSession(to, 'late'), await createSession(to, 'open')];
    const [page, other] = [await attach(to, mine.id), await attach(to, others.id)];
    const k = page.prompt('SAY one');
    const request = await asked(page);
    await other.turn('SAY two');
    expect(other.text).toBe('two');
    expect(other.logged('_aperture/sign_in')).toEqual([]);
    await page.ack(page.answer(request, 'method:browser'));
    expect(await page.turnEnd(k)).toMatchObject({ stopReason: 'end_turn' });
    expect(page.text).toBe('one');
    expect(page.updates('user_message_chunk')).toHaveLength(1);
  });

  test('[R58] a cancelled turn asks for none, and its prompt is not sent again', async () => {
    const to = await gateway({ late: [...AUTH, '--auth-late'] });
    const { id } = await createSession(to, 'late');
    const page = await attach(to, id);
    const k = page.prompt('SAY never');
    const request = await asked(page);
    page.cancel();
    expect(await page.turnEnd(k)).toMatchObject({ stopReason: 'cancelled' });
    expect(page.logged('_aperture/request_resolved')).toMatchObject([
      { id: request, outcome: 'cancelled', reason: 'cancelled' },
    ]);
    // The same process, and nothing was given up.
    expect(page.logged('_aperture/error')).toEqual([]);
    expect(page.text).toBe('');
    const again = page.prompt('SAY now');
    await page.ack(page.answer(await asked(page, [request]), 'method:browser'));
    await page.turnEnd(again);
    expect(page.text).toBe('now');
  });

  test('“try again” starts the agent again, after a sign-in in a terminal; at the start and in a turn', async () => {
    const file = path.join(await scratch(), 'signed-in');
    const flags = [...AUTH, '--signed-in', file];
    const to = await gateway({ locked: flags, late: [...flags, '--auth-late'] });
    const late = await attach(to, (await createSession(to, 'late')).id);
    const k = late.prompt('SAY after all');
    const inTurn = await asked(late);
    const page = await attach(to, (await createSession(to, 'locked')).id);
    const first = await asked(page);
    await page.ack(page.answer(first, 'retry'));
    const second = await asked(page, [first]);
    await writeFile(file, 'tui');
    await page.ack(page.answer(second, 'retry'));
    await ready(page);
    await late.ack(late.answer(inTurn, 'retry'));
    expect(await late.turnEnd(k)).toMatchObject({ stopReason: 'end_turn' });
    expect(late.text).toBe('after all');
    expect(late.logged('_aperture/agent').map(({ state }) => state)).toEqual([
      'starting',
      'ready',
      'starting',
      'ready',
    ]);
  });

  test('an agent that asks for a code while it signs in is answered by its form', async () => {
    const file = path.join(await scratch(), 'signed-in');
    const to = await gateway({ locked: [...AUTH, '--auth-asks', '--signed-in', file] });
    const page = await attach(to, (await createSession(to, 'locked')).id);
    await page.ack(page.answer(await asked(page), 'method:browser'));
    const form = await page.until(
      () => page.messages.find(({ m }) => m.method === 'elicitation/create')?.m.id,
    );
    expect(existsSync(file)).toBe(false);
    const outcome = { outcome: 'selected', optionId: 'accept', content: { code: '42' } };
    page.send({ t: 'answer', k: 'code', id: form, result: { outcome } });
    await ready(page);
    expect(existsSync(file)).toBe(true);
  });

  test('[R58] an agent that waits for its user is told when the turn that it is for is cancelled', async () => {
    const file = path.join(await scratch(), 'given-up');
    const to = await gateway({ late: [...AUTH, '--auth-late', '--auth-asks', '--given-up', file] });
    const page = await attach(to, (await createSession(to, 'late')).id);
    const k = page.prompt('SAY never');
    await page.ack(page.answer(await asked(page), 'method:browser'));
    await page.until(() => page.messages.some(({ m }) => m.method === 'elicitation/create'));
    expect(existsSync(file)).toBe(false);
    page.cancel();
    expect(await page.turnEnd(k)).toMatchObject({ stopReason: 'cancelled' });
    await eventually(() => existsSync(file));
    expect(await readFile(file, 'utf8')).toMatch(/^\d+\n$/);
  });

  test('who is signed in can be signed out, where the agent offers it', async () => {
    const file = path.join(await scratch(), 'signed-in');
    const flags = [...AUTH, '--signed-in', file];
    const to = await gateway({ locked: [...flags, '--logout'], other: flags });
    const out = (agent: string, options = {}) =>
      http(to, 'POST', `/v1/agents/${agent}/logout`, options);
    const first = await attach(to, (await createSession(to, 'locked')).id);
    await first.ack(first.answer(await asked(first), 'method:browser'));
    await ready(first);
    // Control: the next one wants nothing.
    const second = await attach(to, (await createSession(to, 'locked')).id);
    await ready(second);
    expect(second.logged('_aperture/sign_in')).toEqual([]);

    const abilities = async (agent: string) =>
      (await http(to, 'GET', `/v1/agents/${agent}/abilities`)).json.logout;
    expect([await abilities('locked'), await abilities('other')]).toEqual([true, false]);
    expect((await out('other')).json.error.code).toBe('cannot_sign_out');
    expect((await out('nobody')).json.error.code).toBe('unknown_agent');
    expect((await out('locked', { token: null })).status).toBe(401);
    expect((await out('locked')).status).toBe(204);
    const third = await attach(to, (await createSession(to, 'locked')).id);
    await asked(third);
  });

  test('[R58] an agent that dies while it waits for its user leaves nothing that waits', async () => {
    const to = await gateway({ locked: AUTH });
    const { id } = await createSession(to, 'locked');
    const page = await attach(to, id);
    const request = await asked(page);
    process.kill(to.pool.get(id)!.agentPid!, 'SIGKILL');
    await page.until(() => page.logged('_aperture/request_resolved').length > 0);
    expect(page.logged('_aperture/request_resolved')).toMatchObject([
      { id: request, outcome: 'cancelled', reason: 'agent_exited' },
    ]);
    expect((await http(to, 'GET', `/v1/sessions/${id}`)).json.pending).toEqual([]);
  });

  test('an agent without methods fails as it always did', async () => {
    const to = await gateway({ refusing: ['--refuse-session'] });
    const page = await attach(to, (await createSession(to, 'refusing')).id);
    await page.until(() => page.logged('_aperture/agent').some(({ state }) => state === 'failed'));
    expect(page.logged('_aperture/sign_in')).toEqual([]);
  });
});
