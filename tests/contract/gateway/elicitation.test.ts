import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openLevelJournal } from '../../../src/gateway/journal/level.ts';
import { attach, createSession, gateway, http, scratch, type Page } from './support.ts';

/** The next elicitation that is not among `known`. */
const asked = (page: Page, known: readonly string[] = []): Promise<string> =>
  page.until(
    () =>
      page.messages.find(({ m }) => m.method === 'elicitation/create' && !known.includes(m.id!))?.m
        .id,
    'an elicitation',
  );

let keys = 0;
function answer(page: Page, id: string, optionId: string, content?: object): string {
  const k = `answer-${keys++}`;
  page.send({
    t: 'answer',
    k,
    id,
    result: { outcome: { outcome: 'selected', optionId, content } },
  });
  return k;
}

/** A word that asks and does not wait: the turn ends when it will. */
const raw = (params: object): string =>
  `RAW ${JSON.stringify({
    jsonrpc: '2.0',
    id: 'raw',
    method: 'elicitation/create',
    params: { sessionId: '$SESSION', mode: 'form', message: 'm', ...params },
  })}`;

const resolved = (page: Page) => page.logged('_aperture/request_resolved');
const notices = (page: Page): string[] =>
  page.logged('_aperture/notice').map(({ text }: { text: string }) => text);

const GOOD = { name: 'Ada', kind: 'a', count: 4, sure: false, tags: ['x'], code: 'ABC' };

describe('elicitation', () => {
  test('the agent is told that forms and links are shown, and terminals for a sign-in', async () => {
    const to = await gateway();
    const page = await attach(to, (await createSession(to)).id);
    await page.turn('GIVEN');
    expect(JSON.parse(page.text)[0]).toMatchObject({
      elicitation: { form: {}, url: {} },
      auth: { terminal: true },
    });
  });

  test('[R57] a form is logged as it came, waits, is answered once by any page, and the agent gets the values', async () => {
    const to = await gateway();
    const { id } = await createSession(to);
    const [a, b] = await Promise.all([attach(to, id), attach(to, id)]);
    const k = a.prompt('FORM');
    const request = await asked(a);
    expect(await asked(b)).toBe(request);
    expect((await http(to, 'GET', `/v1/sessions/${id}`)).json).toMatchObject({
      turn: 'requires_action',
      pending: [request],
    });
    expect(a.logged('elicitation/create')[0]).toMatchObject({
      mode: 'form',
      message: 'Tell me more',
      requestedSchema: { properties: { name: { minLength: 2 } } },
    });
    const first = answer(a, request, 'accept', GOOD);
    await a.ack(first);
    expect(await b.refused(answer(b, request, 'decline'))).toMatchObject({
      code: 'already_resolved',
    });
    await a.turnEnd(k);
    expect(JSON.parse(a.text)).toEqual({ action: 'accept', content: GOOD });
    expect(resolved(a)).toEqual([
      {
        id: request,
        by: a.client,
        outcome: 'selected',
        optionId: 'accept',
        fields: Object.keys(GOOD),
      },
    ]);
  });

  test('what was filled in stands nowhere on the disk, and what was asked does', async () => {
    const location = path.join(await scratch(), 'log');
    const to = await gateway(
      { scripted: [] },
      { openJournal: () => openLevelJournal({ location }) },
    );
    const page = await attach(to, (await createSession(to)).id);
    // Asked in a way that the agent does not say what it got.
    const requestedSchema = { properties: { spice: { type: 'string' } } };
    const k = page.prompt(`${raw({ requestedSchema })}\nHANG`);
    const request = await asked(page);
    await page.ack(answer(page, request, 'accept', { spice: 'cinnamon-7f3a' }));
    page.cancel();
    await page.turnEnd(k);
    expect(JSON.stringify(page.frames)).not.toContain('cinnamon-7f3a');
    await to.close();
    const files = await readdir(location);
    const texts = await Promise.all(
      files.map((file) => readFile(path.join(location, file), 'latin1')),
    );
    expect(texts.join('')).not.toContain('cinnamon-7f3a');
    // Negative control: it is this log, and it can be read like this.
    expect(texts.join('')).toContain('"fields":["spice"]');
  });

  test('decline and cancel are told as such; values that do not fit are refused, and it still waits', async () => {
    const to = await gateway();
    const { id } = await createSession(to);
    const page = await attach(to, id);
    const k = page.prompt('FORM ; FORM');
    const first = await asked(page);
    const bad: [string, unknown, string][] = [
      ['nothing', {}, 'name'],
      ['too short', { ...GOOD, name: 'A' }, 'name'],
      ['no choice of it', { ...GOOD, kind: 'z' }, 'kind'],
      ['too many', { ...GOOD, tags: ['x', 'y', 'z'] }, 'tags'],
      ['a pattern', { ...GOOD, code: 'abc' }, 'code'],
      ['out of bounds', { ...GOOD, count: 10 }, 'count'],
      ['no whole number', { ...GOOD, count: 1.5 }, 'count'],
      ['another type', { ...GOOD, sure: 'yes' }, 'sure'],
      ['no such field', { ...GOOD, more: 1 }, 'more'],
      ['a format', { ...GOOD, mail: 'nobody' }, 'mail'],
    ];
    for (const [why, content, field] of bad) {
      const error = await page.refused(answer(page, first, 'accept', content as object));
      expect(error, why).toMatchObject({ code: 'bad_content' });
      expect(error!.message, why).toContain(`“${field}”`);
    }
    expect(await page.refused(answer(page, first, 'once'))).toMatchObject({
      code: 'unknown_option',
    });
    expect((await http(to, 'GET', `/v1/sessions/${id}`)).json.pending).toEqual([first]);
    await page.ack(answer(page, first, 'decline'));
    const second = await asked(page, [first]);
    await page.ack(page.answer(second, undefined));
    await page.turnEnd(k);
    expect(
      page.text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([{ action: 'decline' }, { action: 'cancel' }]);
  });

  test.each([
    ['nested', { properties: { a: { type: 'object', properties: {} } } }, 'fields of its own'],
    ['an unknown format', { properties: { a: { type: 'string', format: 'color' } } }, 'format'],
    ['an unknown kind', { properties: { a: { type: 'file' } } }, 'kind'],
    ['no choices', { properties: { a: { type: 'string', enum: [] } } }, 'no choices'],
    ['a broken pattern', { properties: { a: { type: 'string', pattern: '(' } } }, 'pattern'],
    [
      'what nothing fits',
      { properties: { a: { type: 'number', minimum: 2, maximum: 1 } } },
      'nothing',
    ],
    ['a required ghost', { properties: {}, required: ['ghost'] }, 'ghost'],
    [
      'huge',
      {
        properties: Object.fromEntries(
          Array.from({ length: 51 }, (_, i) => [`f${i}`, { type: 'string' }]),
        ),
      },
      '50 fields',
    ],
  ])('[R71] a form that is %s is declined at once, with a note of why', async (_, schema, why) => {
    const to = await gateway();
    const page = await attach(to, (await createSession(to)).id);
    expect(await page.turn(`FORM ${JSON.stringify({ type: 'object', ...schema })}`)).toBe(
      'end_turn',
    );
    expect(JSON.parse(page.text)).toEqual({ action: 'decline' });
    expect(page.logged('elicitation/create')).toEqual([]);
    expect(notices(page)).toEqual([expect.stringContaining(why)]);
  });

  test('[R71] what is no elicitation gets an error; another session’s too', async () => {
    const to = await gateway();
    const page = await attach(to, (await createSession(to)).id);
    await page.turn(
      [
        'CALL elicitation/create {"mode":"hologram","message":"m"}',
        'CALL elicitation/create {"mode":"form"}',
        'CALL elicitation/create {"mode":"url","message":"m","url":"https://a.example/"}',
        'CALL elicitation/create {"mode":"form","message":"m","sessionId":"other"}',
        'CALL elicitation/create {"mode":"form","message":"m","sessionId":null,"requestId":77}',
      ].join('\n'),
    );
    const answers = page.text.trim().split('\n');
    expect(answers.map((line) => JSON.parse(line).error.code)).toEqual(Array(5).fill(-32602));
    expect(page.logged('elicitation/create')).toEqual([]);
  });

  test('[R58] cancel, the agent’s end and the session’s settle what waits', async () => {
    const to = await gateway();
    const { id } = await createSession(to);
    const page = await attach(to, id);
    const cancelled = page.prompt('FORM');
    const first = await asked(page);
    page.cancel();
    expect(await page.turnEnd(cancelled)).toMatchObject({ stopReason: 'cancelled' });
    const crashed = page.prompt('FORM');
    const second = await asked(page, [first]);
    process.kill(to.pool.get(id)!.agentPid!, 'SIGKILL');
    expect(await page.turnEnd(crashed)).toMatchObject({ stopReason: 'error' });
    expect(await page.refused(answer(page, second, 'accept', GOOD))).toMatchObject({
      code: 'already_resolved',
    });
    page.prompt('LINK');
    const third = await asked(page, [first, second]);
    await http(to, 'DELETE', `/v1/sessions/${id}`);
    await page.closing();
    expect(resolved(page)).toMatchObject([
      { id: first, outcome: 'cancelled', reason: 'cancelled' },
      { id: second, outcome: 'cancelled', reason: 'agent_exited' },
      { id: third, outcome: 'cancelled', reason: 'ended' },
    ]);
  });

  test('[R58] asked after a cancel, or taken back by the agent, nobody is bothered', async () => {
    const to = await gateway({ stubborn: ['--no-cancel'] }, { timings: { cancelGraceMs: 60_000 } });
    const page = await attach(to, (await createSession(to, 'stubborn')).id);
    const k = page.prompt('PERMIT ; FORM');
    await page.request();
    page.cancel();
    await page.turnEnd(k);
    // It was asked after the cancel: answered so, and never shown.
    expect(page.text).toContain('{"action":"cancel"}');
    expect(page.logged('elicitation/create')).toEqual([]);

    const schema = '{"type":"object","properties":{}}';
    await page.turn(
      `TAKE_BACK elicitation/create {"mode":"form","message":"m","requestedSchema":${schema}}`,
    );
    expect(page.text).toContain('-32800');
    expect(resolved(page).at(-1)).toMatchObject({ outcome: 'cancelled', reason: 'withdrawn' });
  });

  test('the same request twice under one id is one request', async () => {
    const to = await gateway();
    const page = await attach(to, (await createSession(to)).id);
    const same = raw({ requestedSchema: {} });
    const k = page.prompt(`${same}\n${same}\nFORM`);
    const one = await asked(page);
    const form = await asked(page, [one]);
    expect(page.logged('elicitation/create')).toHaveLength(2);
    await page.ack(answer(page, one, 'accept', {}));
    await page.ack(answer(page, form, 'decline'));
    await page.turnEnd(k);
  });

  test('a link: consent is the answer, and that it is done is told', async () => {
    const to = await gateway();
    const page = await attach(to, (await createSession(to)).id);
    const k = page.prompt('LINK ; DONE ; DONE ; LINK ; SAY end');
    const first = await asked(page);
    expect(page.logged('elicitation/create')[0]).toMatchObject({
      mode: 'url',
      url: 'https://login.example/start?state=1',
    });
    expect(await page.refused(answer(page, first, 'accept', { a: 1 }))).toMatchObject({
      code: 'unknown_option',
    });
    await page.ack(answer(page, first, 'accept'));
    const second = await asked(page, [first]);
    await page.ack(answer(page, second, 'decline'));
    await page.turnEnd(k);
    expect(page.text).toBe('{"action":"accept"}\n{"action":"decline"}\nend');
    // The second DONE is of nothing that is known.
    expect(notices(page)).toEqual([expect.stringContaining('login.example is done')]);
  });

  test('a link that is done before anybody answered settles itself', async () => {
    const to = await gateway();
    const page = await attach(to, (await createSession(to)).id);
    const link = { mode: 'url', elicitationId: 'link-1', url: 'https://a.example/' };
    await page.turn(`${raw(link)}\nDONE`);
    expect(resolved(page)).toEqual([
      expect.objectContaining({ by: 'gateway', optionId: 'accept', reason: 'completed' }),
    ]);
  });

  test.each([
    'javascript:alert(1)',
    'file:///etc/passwd',
    'https://bank.example@evil.example/',
    'nothing',
  ])('[R68] a link like %s is declined', async (url) => {
    const to = await gateway();
    const page = await attach(to, (await createSession(to)).id);
    await page.turn(`LINK ${url}`);
    expect(JSON.parse(page.text)).toEqual({ action: 'decline' });
    expect(page.logged('elicitation/create')).toEqual([]);
    expect(notices(page)).toHaveLength(1);
  });

  test('[R30] a pattern that would run for ever holds up nobody', async () => {
    const to = await gateway();
    const page = await attach(to, (await createSession(to)).id);
    const k = page.prompt(
      'FORM {"type":"object","properties":{"a":{"type":"string","pattern":"^(a+)+$"}}}',
    );
    const request = await asked(page);
    // The agent has the pattern too, and may judge for itself.
    await page.ack(answer(page, request, 'accept', { a: `${'a'.repeat(60)}b` }));
    await page.turnEnd(k);
  });

  test('[R57] a restarted gateway says that the question is void; a page that comes later is told what waits', async () => {
    const directory = await scratch();
    const log = path.join(directory, 'log');
    const one = await gateway(
      { scripted: [] },
      { openJournal: () => openLevelJournal({ location: log }) },
    );
    const { id } = await createSession(one);
    const page = await attach(one, id);
    page.prompt('FORM');
    const request = await asked(page);
    const later = await attach(one, id);
    expect(later.attached!.pending).toEqual([request]);
    expect(await asked(later)).toBe(request);
    await one.close();
    const two = await gateway(
      { scripted: [] },
      { openJournal: () => openLevelJournal({ location: log }) },
    );
    const again = await attach(two, id);
    expect(again.attached!.pending).toEqual([]);
    await again.until(() => resolved(again).length > 0);
    expect(resolved(again)).toMatchObject([{ id: request, reason: 'gateway_restarted' }]);
  });
});
