import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { LogEntry } from '../../../src/core/log/entry.ts';
import { applyEvent, noChange } from '../../../src/core/session/reduce.ts';
import { emptyTranscript, type Transcript } from '../../../src/core/session/transcript.ts';
import { translate } from '../../../src/core/session/translate.ts';
import type { AgentSpec } from '../../../src/gateway/agents/types.ts';
import {
  attach,
  createSession,
  eventually,
  gateway,
  isAlive,
  scratch,
  type Page,
} from './support.ts';

const at = (name: string): string =>
  fileURLToPath(new URL(`../../support/${name}`, import.meta.url));

/** A session with an agent that says again what a real one said once. */
async function recorded(agent: string, ...flags: string[]) {
  const state = path.join(await scratch(), 'life');
  const spec: AgentSpec = {
    name: agent,
    title: agent,
    command: process.execPath,
    args: [at('agents/replay.mjs'), at(`recorded/${agent}.jsonl`), '--state', state, ...flags],
    env: {},
    passEnv: [],
  };
  const info = { name: agent, title: agent, available: true, source: 'config' as const };
  const to = await gateway({ scripted: [] }, { registry: { list: () => [info], get: () => spec } });
  const { id } = await createSession(to, agent);
  return { to, id, page: await attach(to, id) };
}

/** Says what was said then, and answers as was answered. */
async function play(page: Page, allow: string, reject: string): Promise<void> {
  await page.turn('Hello');
  const run = page.prompt('RUN echo done');
  const first = await page.request();
  page.answer(first, allow);
  await page.turnEnd(run);
  const never = page.prompt('RUN echo never');
  page.answer(await page.request([first]), reject);
  await page.turnEnd(never);
  await page.turn('CALL nosuchtool {"a":1}');
}

/** What a page shows of it. */
function transcript(page: Page): Transcript {
  const state = emptyTranscript();
  for (const { n, at: when, m } of page.messages as LogEntry[])
    applyEvent(state, { n, at: when, event: translate(m) }, noChange());
  return state;
}

const said = (state: Transcript, role = 'assistant'): string[] =>
  state.items.flatMap((item) => (item.kind === 'message' && item.role === role ? [item.text] : []));

const PROMPTS = ['Hello', 'RUN echo done', 'RUN echo never', 'CALL nosuchtool {"a":1}'];

const AGENTS = [
  {
    agent: 'codex-acp',
    allow: 'approved',
    reject: 'abort',
    // Refused, or of a kind that it does not report: it says nothing of those calls.
    calls: ['completed'],
    stops: ['end_turn', 'end_turn', 'cancelled', 'end_turn'],
  },
  {
    agent: 'opencode',
    allow: 'once',
    reject: 'reject',
    calls: ['completed', 'failed', 'completed'],
    stops: ['end_turn', 'end_turn', 'end_turn', 'end_turn'],
  },
];

describe.each(AGENTS)('what $agent said once', ({ agent, allow, reject, calls, stops }) => {
  test('nothing raw, nothing twice, nothing missing', async () => {
    const { page } = await recorded(agent);
    await play(page, allow, reject);
    const state = transcript(page);
    expect(said(state, 'user')).toEqual(PROMPTS);
    expect(said(state)).toEqual([
      'You said: Hello',
      'I shall run one command.',
      'The command has ended, and so have I.',
      'I shall run one command.',
      'I shall use a tool.',
      'The tool has answered.',
    ]);
    expect([...state.tools.values()].map(({ call }) => call.status)).toEqual(calls);
    expect(state.items.filter(({ kind }) => kind === 'raw')).toEqual([]);
    const ends = state.items.filter((item) => item.kind === 'turn-end');
    expect(ends.map(({ stopReason }) => stopReason)).toEqual(stops);
    expect(state.commands.length).toBeGreaterThan(0);
    expect(state.usage?.used).toBeGreaterThan(0);
    expect(state.options.map(({ category }) => category)).toContain('model');
  });

  test('[R57] a permission is asked once, before or after its tool call, and belongs to that call', async () => {
    const { page } = await recorded(agent);
    await play(page, allow, reject);
    const { approvals, tools } = transcript(page);
    const [done, never] = [...approvals.values()];
    expect(approvals.size).toBe(2);
    expect(done).toMatchObject({ tool: { title: 'echo done' }, resolution: { optionId: allow } });
    expect(never).toMatchObject({
      tool: { title: 'echo never' },
      resolution: { optionId: reject },
    });
    const call = tools.get(done!.tool.toolCallId)!;
    expect(call.call.status).toBe('completed');
    // codex-acp asks before it tells of the call; opencode tells first.
    expect(call.n < done!.n).toBe(agent === 'opencode');
    expect(tools.has(never!.tool.toolCallId)).toBe(agent === 'opencode');
  });

  test('[R21] a whole history that is replayed on `session/load` shows nothing twice', async () => {
    const { to, id, page } = await recorded(agent, '--no-resume');
    await play(page, allow, reject);
    const before = transcript(page);
    const pid = to.pool.get(id)!.agentPid!;
    process.kill(pid);
    await eventually(() => !isAlive(pid));
    await page.turn('Again');
    const state = transcript(page);
    expect(said(state, 'user')).toEqual([...PROMPTS, 'Again']);
    expect(said(state)).toEqual([...said(before), 'You said: Again']);
    expect(state.tools.size).toBe(before.tools.size);
    // It remembers: nobody is told that it forgot.
    expect(page.logged('_aperture/notice')).toEqual([]);
    // Negative control: the recording has the replay, with every message.
    const replay = readFileSync(at(`recorded/${agent}.jsonl`), 'utf8').split('"dir":"restart"')[1]!;
    expect(replay.match(/user_message_chunk/g)).toHaveLength(PROMPTS.length);
  });
});

test('messages without ids and only a count of tokens between them: codex-acp’s are told apart', async () => {
  const { page } = await recorded('codex-acp');
  await play(page, 'approved', 'abort');
  expect(said(transcript(page)).slice(-2)).toEqual([
    'I shall use a tool.',
    'The tool has answered.',
  ]);
  // Negative control: of an agent that is not known to count only between messages, a count ends none.
  const other = await recorded('codex-acp', '--as', 'another');
  await play(other.page, 'approved', 'abort');
  expect(said(transcript(other.page)).at(-1)).toBe('I shall use a tool.The tool has answered.');
});

test('codex-acp’s permissions say why they are asked, and not how their options are written in its code', async () => {
  const { page } = await recorded('codex-acp');
  await play(page, 'approved', 'abort');
  const asked = page.messages.filter(({ m }) => m.method === 'session/request_permission');
  expect(asked).toHaveLength(2);
  for (const { m } of asked) {
    expect(m.params['toolCall']).toMatchObject({
      content: [{ content: { text: 'The test wants to be asked.' } }],
    });
    // All of it is still in the input, which can be unfolded.
    expect(JSON.stringify(m.params)).toContain('approved_execpolicy_amendment');
  }
  // Negative control.
  const said = readFileSync(at('recorded/codex-acp.jsonl'), 'utf8');
  expect(said.match(/Available Decisions: Approved/g)).toHaveLength(2);
});

test('opencode’s commands touch no directory', async () => {
  const { page } = await recorded('opencode');
  await play(page, 'once', 'reject');
  const calls = [...transcript(page).tools.values()].filter(({ call }) => call.kind === 'execute');
  expect(calls.map(({ call }) => call.locations)).toEqual([[], []]);
  // Negative control.
  const told = page.updates('tool_call').filter(({ kind }) => kind === 'execute');
  expect(told.map(({ rawInput }) => rawInput.cwd)).toEqual(Array(2).fill('/home/user/project'));
});

test('a mode in which codex-acp asks nobody is told when it begins; the command runs unasked, and is shown', async () => {
  const { page } = await recorded('codex-acp-full-access');
  await page.until(() => page.logged('_aperture/agent').some(({ state }) => state === 'ready'));
  expect(page.logged('_aperture/notice')).toEqual([]);
  page.send({ t: 'set_option', k: 'mode', option: 'mode', value: 'full-access' });
  await page.ack('mode');
  const [notice] = await page.until(() => {
    const told = page.logged('_aperture/notice');
    return told.length > 0 ? told : undefined;
  });
  expect(notice).toMatchObject({
    level: 'warning',
    text: expect.stringMatching(/“Full Access” .* does what it wants without asking you first/),
  });
  await page.turn('CMD:echo unasked');
  expect(page.logged('session/request_permission')).toEqual([]);
  const state = transcript(page);
  expect([...state.tools.values()].map(({ call }) => call.status)).toEqual(['completed']);
  expect(state.items.filter(({ kind }) => kind === 'raw')).toEqual([]);
  expect(page.logged('_aperture/notice')).toHaveLength(1);
});
