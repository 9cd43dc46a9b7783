import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { LogEntry } from '../../../src/core/log/entry.ts';
import { applyEvent, noChange } from '../../../src/core/session/reduce.ts';
import { emptyTranscript, type Transcript } from '../../../src/core/session/transcript.ts';
import { translate } from '../../../src/core/session/translate.ts';
import type { AgentSpec } from '../../../src/gateway/agents/types.ts';
import { attach, createSession, gateway, type Page } from './support.ts';

const SCRIPT = fileURLToPath(new URL('../../support/agents/scripted2.mjs', import.meta.url));

/** A gateway with one agent that speaks the draft, as the config file would have it. */
async function draft(flags: string[] = [], protocolVersion: 2 | null = 2) {
  const spec: AgentSpec = {
    name: 'draft',
    title: 'Draft',
    command: process.execPath,
    args: [SCRIPT, ...flags],
    env: {},
    passEnv: [],
    ...(protocolVersion && { protocolVersion }),
  };
  const info = { name: 'draft', title: 'Draft', available: true, source: 'config' as const };
  const registry = { list: () => [info], get: () => spec };
  const to = await gateway({ scripted: [] }, { registry });
  const page = await attach(to, (await createSession(to, 'draft')).id);
  return { to, page };
}

/** What a page makes of the log. */
function transcript(page: Page): Transcript {
  const state = emptyTranscript();
  for (const { n, at, m } of page.messages as LogEntry[])
    applyEvent(state, { n, at, event: translate(m) }, noChange());
  return state;
}

const said = (state: Transcript, role = 'assistant'): string[] =>
  state.items.flatMap((item) => (item.kind === 'message' && item.role === role ? [item.text] : []));

describe('the draft of ACP 2', () => {
  test('a turn ends with its state, not with its response; the prompt is not shown twice', async () => {
    const { page } = await draft();
    expect(await page.turn('SAY one ; SAY  two ; NEXT ; SAY three')).toBe('end_turn');
    expect(await page.turn('plain words')).toBe('end_turn');
    const state = transcript(page);
    expect(said(state, 'user')).toEqual(['SAY one ; SAY  two ; NEXT ; SAY three', 'plain words']);
    expect(said(state)).toEqual(['one two', 'three', 'You said: plain words']);
    expect(state.items.filter(({ kind }) => kind === 'turn-end')).toHaveLength(2);
    expect(state.items.filter(({ kind }) => kind === 'raw')).toEqual([]);
  });

  test('a turn that is idle before its response came ends once', async () => {
    const { page } = await draft(['--early-idle']);
    expect(await page.turn('SAY quick')).toBe('end_turn');
    expect(await page.turn('SAY again')).toBe('end_turn');
    expect(said(transcript(page))).toEqual(['quick', 'again']);
  });

  test('whole messages: what was streamed is not said again, what is new is, and a change is told', async () => {
    const { page } = await draft();
    await page.turn('SAY one ; WHOLE one ; WHOLE one two');
    expect(said(transcript(page))).toEqual(['one two']);
    await page.turn('WHOLE at once ; THINK deep');
    expect(said(transcript(page)).at(-1)).toBe('at once');
    expect(said(transcript(page), 'thought')).toEqual(['deep']);
    await page.turn('SAY wrong ; WHOLE right ; SAY  indeed');
    const state = transcript(page);
    expect(said(state).slice(-2)).toEqual(['wrong', 'right indeed']);
    expect(state.items.filter(({ kind }) => kind === 'notice')).toMatchObject([
      { text: 'The agent replaced what it had said above by this:' },
    ]);
  });

  test('tool calls: content in chunks, terminals of the agent’s own, patches', async () => {
    const { page } = await draft();
    await page.turn('TOOL a b c ; RUN ünder way ; DIFF');
    const state = transcript(page);
    const [look, print, edit] = [...state.tools.values()].map(({ call }) => call);
    expect(look).toMatchObject({
      title: 'Look',
      status: 'completed',
      content: [{ type: 'content', content: { type: 'text', text: 'a b c ' } }],
    });
    const [terminal] = state.terminals.values();
    expect(terminal).toMatchObject({ command: 'print', text: 'ünder way', end: { exitCode: 0 } });
    expect(print!.content).toEqual([
      { type: 'terminal', terminalId: [...state.terminals.keys()][0] },
    ]);
    expect(edit).toMatchObject({ locations: [{ path: '/project/a.txt' }] });
    expect(JSON.stringify(edit!.content)).toContain('-old\\n+new');
    expect(state.items.filter(({ kind }) => kind === 'raw')).toEqual([]);
  });

  test('plans with ids are one plan, notices are notices, a compaction carries its summary', async () => {
    const { page } = await draft();
    await page.turn('PLAN ; NOTICE Mind the gap ; COMPACT all that was said ; UNKNOWN');
    const { items } = transcript(page);
    expect(items.filter(({ kind }) => kind === 'plan')).toMatchObject([
      {
        entries: [
          { content: 'Dig', status: 'completed' },
          { content: 'Fill (given up)', status: 'completed' },
          { content: 'Rest', status: 'pending' },
        ],
      },
    ]);
    expect(items.filter(({ kind }) => kind === 'notice')).toMatchObject([
      { level: 'warning', text: 'Mind the gap\nIn more words.' },
    ]);
    expect(items.filter(({ kind }) => kind === 'tool')).toMatchObject([
      {
        call: {
          title: 'The conversation was compacted',
          status: 'completed',
          content: [{ content: { text: 'all that was said ' } }],
        },
      },
    ]);
    // Negative control: what nobody knows is kept, and shown raw.
    expect(items.filter(({ kind }) => kind === 'raw')).toMatchObject([
      { payload: { update: { sessionUpdate: '_nobody_knows', a: 1 } } },
    ]);
  });

  test('[R55] permission requests about a command, and about a tool call', async () => {
    const { page } = await draft();
    const first = page.prompt('ASK rm -r build');
    const id = await page.request();
    expect(page.logged('session/request_permission')[0]).toMatchObject({
      toolCall: { title: 'rm -r build', kind: 'execute', rawInput: { command: 'rm -r build' } },
    });
    page.answer(id, 'yes');
    expect(await page.turnEnd(first)).toMatchObject({ stopReason: 'end_turn' });
    const second = page.prompt('ASK_CALL Edit it');
    page.answer(await page.request([id]), 'no');
    await page.turnEnd(second);
    expect(said(transcript(page))).toEqual(['Permission: yes', 'Permission: no']);
  });

  test('[R41] cancel, and a turn that fails', async () => {
    const { page } = await draft();
    const k = page.prompt('SAY waiting ; HANG');
    await page.until(() => page.text === 'waiting', 'the text');
    page.cancel();
    expect(await page.turnEnd(k)).toMatchObject({ stopReason: 'cancelled' });
    expect(await page.turn('FAIL out of memory')).toBe('error');
    expect(page.logged('_aperture/error').at(-1).error.message).toContain('out of memory');
    expect(await page.turn('SAY next')).toBe('end_turn');
  });

  test('options have version 1’s names in the log and version 2’s on the wire; a silent mode is told', async () => {
    const { page } = await draft();
    await page.until(() => page.updates('available_commands_update').length > 0, 'commands');
    const ready = page.logged('_aperture/agent').find(({ state }) => state === 'ready');
    expect(ready.configOptions[0]).toMatchObject({ id: 'mode', options: [{ group: 'all' }] });
    page.send({ t: 'set_option', k: 'k1', option: 'mode', value: 'free' });
    await page.until(() => page.updates('config_option_update').length > 0, 'the option');
    expect(page.updates('config_option_update')[0].configOptions[0]).toMatchObject({
      id: 'mode',
      currentValue: 'free',
    });
    await page.until(() => page.logged('_aperture/notice').length > 0, 'the notice');
    expect(page.logged('_aperture/notice')).toMatchObject([
      { level: 'warning', text: expect.stringContaining('“Free” Draft does what it wants') },
    ]);
    await page.turn('GIVEN');
    expect(JSON.parse(page.text)).toMatchObject({
      initialize: { protocolVersion: 2, info: { name: 'aperture' } },
      setting: { configId: 'mode', type: 'id', value: 'free' },
    });
  });
});

describe('version negotiation', () => {
  test.each([
    ['answers 1', ['--answers', '1']],
    ['refuses 2 and says that it speaks 1', ['--only', '1']],
  ])('an agent that %s to an offered 2 is spoken to in version 1', async (_what, flags) => {
    const { page } = await draft(flags);
    expect(await page.turn('hello')).toBe('end_turn');
    expect(page.text).toBe('In version 1: hello');
  });

  test.each([
    ['answers', ['--answers', '2']],
    ['insists on', ['--only', '2']],
  ])('without the flag an agent that %s 2 is refused with a hint', async (_what, flags) => {
    const { page } = await draft(flags, null);
    const failed = await page.until(
      () => page.logged('_aperture/agent').find(({ state }) => state === 'failed'),
      'the failure',
    );
    expect(failed.error).toMatchObject({ code: 'agent_protocol', retryable: false });
    expect(failed.message).toContain('"protocolVersion": 2');
  });

  test('without the flag version 1 is offered and spoken', async () => {
    const { page } = await draft(['--only', '1'], null);
    expect(await page.turn('hello')).toBe('end_turn');
  });

  test('a version that nobody knows is refused, and named', async () => {
    const { page } = await draft(['--answers', '7']);
    const failed = await page.until(
      () => page.logged('_aperture/agent').find(({ state }) => state === 'failed'),
      'the failure',
    );
    expect(failed.message).toMatch(/speaks ACP version 7; this gateway offered version 2/);
  });
});
