import { describe, expect, test } from 'vitest';
import { calls, options, said, scene } from './support.ts';

describe('what a Codex app-server asks', () => {
  test('a command waits for its answer; all that it offers can be chosen', async () => {
    const { page } = await scene();
    const k = page.prompt('RUN touch x');
    const id = await page.request();
    expect(page.logged('session/request_permission')[0]).toMatchObject({
      toolCall: {
        toolCallId: calls(page)[0].toolCallId,
        title: 'touch x',
        rawInput: { command: "/bin/bash -lc 'touch x'" },
        content: [{ content: { text: 'May I?' } }],
      },
    });
    expect(options(page)).toEqual([
      { optionId: 'accept', name: 'Allow', kind: 'allow_once' },
      { optionId: 'acceptForSession', name: 'Allow for this session', kind: 'allow_always' },
      {
        optionId: 'rule-2',
        name: 'Always allow commands that begin with “touch x”',
        kind: 'allow_always',
      },
      { optionId: 'decline', name: 'Deny', kind: 'reject_once' },
      { optionId: 'cancel', name: 'Deny and stop', kind: 'reject_once' },
    ]);
    expect(page.logged('_aperture/terminal')).toEqual([]);
    page.answer(id, 'accept');
    expect(await page.turnEnd(k)).toMatchObject({ stopReason: 'end_turn' });
    expect(said(page)).toEqual(['Decision: accept']);
    expect(calls(page)).toMatchObject([{ status: 'completed' }]);
    expect(page.logged('_aperture/terminal').map(({ state }) => state)).toContain('exited');
  });

  test.each([
    ['acceptForSession', 'Decision: acceptForSession', 'completed'],
    [
      'rule-2',
      'Decision: {"acceptWithExecpolicyAmendment":{"execpolicy_amendment":["touch","x"]}}',
      'completed',
    ],
    ['decline', 'Decision: decline', 'failed'],
  ])('%s reaches it as it is meant', async (optionId, words, status) => {
    const { page } = await scene();
    const k = page.prompt('RUN touch x');
    page.answer(await page.request(), optionId);
    expect(await page.turnEnd(k)).toMatchObject({ stopReason: 'end_turn' });
    expect(said(page)).toEqual([words]);
    expect(calls(page)).toMatchObject([{ status }]);
  });

  test('“Deny and stop” ends the turn as cancelled, and its call as failed', async () => {
    const { page } = await scene();
    const k = page.prompt('RUN touch x ; SAY never');
    page.answer(await page.request(), 'cancel');
    expect(await page.turnEnd(k)).toMatchObject({ stopReason: 'cancelled' });
    expect(calls(page)).toMatchObject([{ status: 'failed' }]);
    expect(said(page)).toEqual([]);
  });

  test('a rule that a button could not show whole is not offered', async () => {
    const { page } = await scene();
    page.prompt(`RUN echo ${'x'.repeat(200)}`);
    await page.request();
    expect(options(page).map(({ optionId }) => optionId)).toEqual([
      'accept',
      'acceptForSession',
      'decline',
      'cancel',
    ]);
  });

  test('[R58] cancelling the turn settles its request everywhere', async () => {
    const { page } = await scene();
    const k = page.prompt('RUN touch x ; HANG');
    await page.request();
    page.cancel();
    expect(await page.turnEnd(k)).toMatchObject({ stopReason: 'cancelled' });
    expect(page.logged('_aperture/request_resolved')).toMatchObject([
      { outcome: 'cancelled', reason: 'cancelled' },
    ]);
  });

  test('a change of files is shown hunk by hunk before it is answered', async () => {
    const { page } = await scene();
    const k = page.prompt('EDIT');
    const id = await page.request();
    const { toolCall } = page.logged('session/request_permission')[0];
    expect(toolCall).toMatchObject({ title: 'Change 2 files', kind: 'edit' });
    expect(toolCall.content).toMatchObject([
      { type: 'diff', oldText: null, newText: 'hello\n' },
      { type: 'diff', oldText: 'one\ntwo\nthree\n', newText: 'one\n2\nthree\n' },
      { type: 'diff', oldText: 'nine\nten\n', newText: 'nine\nnine and a half\nten\n' },
    ]);
    page.answer(id, 'accept');
    await page.turnEnd(k);
    expect(calls(page)).toMatchObject([{ status: 'completed' }]);
    expect(calls(page)[0].content).toHaveLength(3);
  });

  test('more permissions; whether a tool of an MCP server may be used', async () => {
    const { page } = await scene();
    const k = page.prompt('MORE ; TOOL');
    const first = await page.request();
    page.answer(first, 'session');
    page.answer(await page.request([first]), 'session');
    await page.turnEnd(k);
    expect(said(page).map((text) => JSON.parse(text) as unknown)).toEqual([
      { permissions: { network: { enabled: true } }, scope: 'session' },
      { action: 'accept', content: {}, _meta: { persist: 'session' } },
    ]);
  });

  test.each([
    ['ASK', { colour: 'Blue', size: 'S' }, { answers: { colour: ['Blue'], size: ['S'] } }],
    ['FORM', { name: 'me' }, { action: 'accept', content: { name: 'me' } }],
  ])('%s is a form, and what was filled in reaches it', async (word, content, expected) => {
    const { page } = await scene();
    const k = page.prompt(word);
    const { m } = await page.until(() =>
      page.messages.find((message) => message.m.method === 'elicitation/create'),
    );
    const result = { outcome: { outcome: 'selected', optionId: 'accept', content } };
    page.send({ t: 'answer', k: 'filled', id: m.id, result });
    await page.turnEnd(k);
    const answer = JSON.parse(said(page)[0]!) as {
      answers?: Record<string, { answers: string[] }>;
    };
    if (word === 'FORM') return expect(answer).toMatchObject(expected);
    const flat = Object.entries(answer.answers!).map(([id, { answers }]) => [id, answers]);
    return expect({ answers: Object.fromEntries(flat) }).toEqual(expected);
  });

  test('a form that cannot be shown is declined, and told; one that nobody fills in is cancelled', async () => {
    const { page } = await scene();
    await page.turn('FORM broken');
    expect(JSON.parse(said(page)[0]!)).toMatchObject({ action: 'decline', content: null });
    expect(page.logged('_aperture/notice')).toHaveLength(1);
    const k = page.prompt('FORM');
    await page.until(() => page.messages.some(({ m }) => m.method === 'elicitation/create'));
    page.cancel();
    await page.turnEnd(k);
    expect(page.logged('_aperture/request_resolved')).toMatchObject([{ outcome: 'cancelled' }]);
  });

  test('[R58] one that is taken back waits no longer, and is not answered', async () => {
    const { page } = await scene();
    expect(await page.turn('TAKE_BACK')).toBe('end_turn');
    expect(page.logged('_aperture/request_resolved')).toMatchObject([
      { outcome: 'cancelled', reason: 'withdrawn' },
    ]);
  });

  test('[R51] [R55] another thread’s is refused; one of an agent that ours began is asked here', async () => {
    const { page } = await scene();
    const k = page.prompt('OTHERS');
    page.answer(await page.request(), 'accept');
    await page.turnEnd(k);
    expect(said(page)).toEqual(['Somebody else: -32602', 'Child: accept']);
  });
});
