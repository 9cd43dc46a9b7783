import { describe, expect, test } from 'vitest';
import { lineLogger } from '../../../src/gateway/logger.ts';
import { attach, eventually, http, isAlive, type Page } from '../gateway/support.ts';
import { said, scene } from './support.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- as in the log
const failure = (page: Page): Promise<any> =>
  page.until(() => page.logged('_aperture/agent').find(({ state }) => state === 'failed'));

describe('a Codex app-server that cannot be used, or misbehaves', () => {
  test.each([
    ['wants a login', ['--needs-login'], 'agent_auth', / login” in a terminal, or pipe a key/],
    [
      'is too old',
      ['--old'],
      'agent_protocol',
      /0\.169\.0 is too old.*npm install -g @openai\/codex/,
    ],
    ['has no app-server', ['--exit-at-once'], 'agent_exited', /exit code 2.*too old.*told to exit/],
  ])('one that %s says so, and what to do', async (_what, flags, code, words) => {
    const { page } = await scene(flags);
    const failed = await failure(page);
    expect(failed.error.code).toBe(code);
    expect(failed.message).toMatch(words);
    // A prompt tries again and ends, visibly.
    expect(await page.turn('hello?')).toBe('error');
  });

  test('one that is not there says so', async () => {
    const { page } = await scene([], { spec: { command: '/no/such/codex' } });
    expect(await failure(page)).toMatchObject({ error: { code: 'agent_not_found' } });
  });

  test.each([
    ['initialize', 300],
    // What comes before it must not be late on a busy machine.
    ['thread/start', 5_000],
  ])(
    'one that never answers `%s` fails in time, and its process is gone',
    async (method, initTimeoutMs) => {
      const timings = { initTimeoutMs };
      const { to, id, page } = await scene(['--never', method], { timings });
      const pid = to.pool.get(id)?.agentPid;
      const failed = await failure(page);
      expect(failed.message).toContain(`“${method}”`);
      expect(failed.error.code).toBe('agent_timeout');
      await eventually(() => pid === undefined || !isAlive(pid));
    },
  );

  test('one without a list of models works', async () => {
    const { page } = await scene(['--never', 'model/list']);
    expect(await page.turn('SAY fine')).toBe('end_turn');
  });

  test('[R43] a crash in mid-turn ends the turn once; the next prompt starts it again', async () => {
    const { page } = await scene();
    expect(await page.turn('SAY half ; CRASH 5')).toBe('error');
    expect(page.logged('_aperture/agent').at(-1)).toMatchObject({
      state: 'failed',
      code: 5,
      error: { code: 'agent_crashed' },
    });
    expect(await page.turn('SAY whole')).toBe('end_turn');
    expect(said(page)).toEqual(['half', 'whole']);
  });

  test('[R71] lines that are no messages, and messages of wrong shapes, are skipped and counted', async () => {
    const lines: string[] = [];
    const logger = lineLogger((line) => lines.push(line));
    const { page } = await scene(['--garbage'], { logger });
    const raw = [
      '{"method":"item/completed","params":{"threadId":"$THREAD","turnId":"$TURN","item":7}}',
      '{"method":"item/completed","params":{"threadId":"$THREAD","item":{"type":"plan","id":"p"}}}',
      '{"method":"item/agentMessage/delta","params":{"threadId":"$THREAD","turnId":"$TURN","itemId":"m","delta":{}}}',
      '{"method":"turn/completed","params":{"threadId":"$THREAD"}}',
      '{"method":"turn/plan/updated","params":{"threadId":"$THREAD","plan":"none"}}',
      '{"method":"item/completed","params":{"threadId":"$THREAD","turnId":"$TURN","item":{"type":"fileChange","id":"f","changes":[{"path":3}]}}}',
      '{"method":"thread/settings/updated","params":{"threadId":"$THREAD","threadSettings":{"approvalPolicy":9}}}',
      '{"method":"item/agentMessage/delta"}',
      '{"__proto__":{"x":1},"method":"warning","params":{"message":"polluted"}}',
    ];
    expect(await page.turn([...raw.map((line) => `RAW ${line}`), 'SAY on'].join('\n'))).toBe(
      'end_turn',
    );
    expect(said(page)).toEqual(['on']);
    expect(page.logged('_aperture/notice')).toEqual([]);
    // [R48] They are told, without what stood in them.
    expect(lines.join('')).toContain('agent.bad_line');
    expect(lines.join('')).not.toContain('this line is no JSON');
  });

  test('unknown requests are answered −32601; an item of an unknown kind is kept as it came', async () => {
    const { page } = await scene();
    expect(await page.turn('UNKNOWN')).toBe('end_turn');
    expect(said(page)).toEqual(['Unknown request: -32601']);
    expect(page.updates('codex_telepathy')).toMatchObject([
      { item: { type: 'telepathy', with: 'you' } },
    ]);
  });

  test('an agent cannot say how a turn stands, nor speak for the gateway', async () => {
    const { page } = await scene();
    const item = {
      type: 'state_update',
      id: 's',
      state: 'idle',
      _meta: { aperture: { key: 'x' } },
    };
    const params = { threadId: '$THREAD', turnId: '$TURN', item };
    await page.turn(`RAW ${JSON.stringify({ method: 'item/completed', params })}\nSAY on`);
    expect(page.updates('state_update')).toHaveLength(2);
    expect(page.updates('codex_state_update')).toHaveLength(1);
  });

  test('[R30] one that asks and never reads an answer is stopped', async () => {
    const { to, id, page } = await scene();
    expect(await page.turn('DEAF 12 12')).toBe('error');
    const { json } = await http(to, 'GET', `/v1/sessions/${id}`);
    expect(json).toMatchObject({ agentState: 'failed', error: { code: 'agent_flood' } });
    expect(await page.turn('SAY on')).toBe('end_turn');
  });

  test('[R16] [R53] two of them with the same ids do not touch each other', async () => {
    const one = await scene(['--ids', 'colliding']);
    const { id } = await one.to.pool.create({ agent: 'codex', cwd: undefined, title: undefined });
    const other = await attach(one.to, id);
    await Promise.all([
      one.page.turn('SAY mine ; FREE a ; SAY mine too'),
      other.turn('SAY yours ; FREE b'),
    ]);
    expect(said(one.page)).toEqual(['mine', 'mine too']);
    expect(said(other)).toEqual(['yours']);
  });
});
