import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import type { AgentSpec } from '../../../src/gateway/agents/types.ts';
import { AgentPeer } from '../../../src/gateway/acp/agent-peer.ts';
import { describeExit } from '../../../src/gateway/acp/failures.ts';
import { withoutCommandPlace } from '../../../src/gateway/acp/quirks/command-place.ts';
import { rootRefusal } from '../../../src/gateway/acp/quirks/refuses-root.ts';
import { withoutToldDecisions } from '../../../src/gateway/acp/quirks/told-decisions.ts';

const SPEC: AgentSpec = {
  name: 'a',
  title: 'The agent',
  command: 'a',
  args: [],
  env: {},
  passEnv: [],
};

/** A peer, and what an agent and a gateway would see of it. */
async function peer(opened: JsonObject, agentInfo?: JsonObject) {
  const written: JsonObject[] = [];
  const updates: JsonObject[] = [];
  const notices: string[] = [];
  const made = new AgentPeer(SPEC, {
    write: (line) => void written.push(JSON.parse(line) as JsonObject),
    request: () => {},
    malformed: () => {},
    notification: (_method, params) => void updates.push(params['update'] as JsonObject),
    notice: (_level, text) => void notices.push(text),
    terminal: () => {},
  });
  const answer = (result: object): void =>
    made.receive(JSON.stringify({ id: written.at(-1)!['id'], result }));
  const hello = made.initialize({}, 1_000);
  answer({ protocolVersion: 1, agentInfo });
  await hello;
  let session: unknown;
  const ready = made.request('session/new', {}, (result) => (session = result));
  answer({ sessionId: 's', ...opened });
  await ready;
  const update = (body: object): void =>
    made.receive(
      JSON.stringify({ method: 'session/update', params: { sessionId: 's', update: body } }),
    );
  return { made, written, updates, notices, answer, update, session: session as JsonObject };
}

const MODES = {
  modes: {
    currentModeId: 'default',
    availableModes: [
      { id: 'default', name: 'Always ask' },
      { id: 'plan', name: 'Plan', description: 'Reads and does not change anything' },
      { id: 'bypassPermissions', name: 'Bypass' },
      { id: 'other', name: 'Quick', description: 'Runs every tool without asking' },
    ],
  },
};

describe('modes that hide approvals', () => {
  it('are told when they begin, whoever chose them, and only then', async () => {
    const { made, notices, answer, update } = await peer(MODES);
    update({ sessionUpdate: 'current_mode_update', currentModeId: 'plan' });
    expect(notices).toEqual([]);
    update({ sessionUpdate: 'current_mode_update', currentModeId: 'other' });
    update({ sessionUpdate: 'current_mode_update', currentModeId: 'other' });
    expect(notices).toHaveLength(1);
    expect(notices[0]).toContain('“Quick” The agent does what it wants without asking you first');
    const set = made.request('session/set_mode', { modeId: 'bypassPermissions' }, () => {});
    answer({});
    await set;
    expect(notices).toHaveLength(2);
  });

  it('are told of a session that begins in one', async () => {
    const modes = { ...MODES.modes, currentModeId: 'bypassPermissions' };
    expect((await peer({ modes })).notices).toHaveLength(1);
  });
});

describe('models from before there were options', () => {
  const MODELS = {
    models: {
      currentModelId: 'small',
      availableModels: [
        { modelId: 'small', name: 'Small' },
        { modelId: 'large', name: 'Large', description: 'Slower' },
      ],
    },
  };

  it('are an option, which is changed by `session/set_model`', async () => {
    const { made, written, answer, session, update, updates } = await peer(MODELS);
    expect(session['configOptions']).toMatchObject([
      {
        id: 'aperture/model',
        category: 'model',
        currentValue: 'small',
        options: [{ value: 'small' }, { value: 'large', description: 'Slower' }],
      },
    ]);
    let said: unknown;
    const params = { sessionId: 's', configId: 'aperture/model', value: 'large' };
    const set = made.request('session/set_config_option', params, (result) => (said = result));
    expect(written.at(-1)).toMatchObject({
      method: 'session/set_model',
      params: { sessionId: 's', modelId: 'large' },
    });
    answer({});
    await set;
    expect(said).toMatchObject({ configOptions: [{ currentValue: 'large' }] });
    // Its own options do not push them out.
    update({ sessionUpdate: 'config_option_update', configOptions: [{ id: 'x' }] });
    expect(updates.at(-1)!['configOptions']).toMatchObject([
      { id: 'x' },
      { id: 'aperture/model', currentValue: 'large' },
    ]);
  });

  it('give way to a model option', async () => {
    const own = { id: 'model', category: 'model', type: 'select', currentValue: 'a', options: [] };
    const { session } = await peer({ ...MODELS, configOptions: [own] });
    expect(session['configOptions']).toEqual([own]);
  });
});

const user = (text: string): object => ({
  sessionUpdate: 'user_message_chunk',
  content: { type: 'text', text },
});

describe('prompts that are said back', () => {
  it('are not shown twice, whole or in pieces; other words in the user’s name are shown', async () => {
    const { made, updates, update, answer } = await peer({});
    const prompt = [{ type: 'text', text: 'Say it twice' }];
    const turn = made.request('session/prompt', { sessionId: 's', prompt }, () => {});
    update(user('Say it '));
    update(user('twice'));
    expect(updates).toEqual([]);
    update(user('Something else'));
    expect(updates).toHaveLength(1);
    answer({ stopReason: 'end_turn' });
    await turn;
    update(user('Say it twice'));
    expect(updates).toHaveLength(2);
  });
});

const asked = (text: string, rawInput: object): JsonObject => ({
  toolCall: {
    toolCallId: 't',
    content: [{ type: 'content', content: { type: 'text', text } }],
    rawInput,
  },
  options: [],
});
const textOf = (params: JsonObject): string =>
  /"text":("[^]*?[^\\]")/.exec(JSON.stringify(withoutToldDecisions(params)))?.[1] ?? '';

describe('what stands in a permission’s text beside its reason', () => {
  const INPUT = {
    proposed_execpolicy_amendment: ['rm', '-rf'],
    available_decisions: ['approved', 'abort'],
  };
  it('goes where it repeats the input, and stays where it is anything else', () => {
    const told = 'Proposed Amendment: rm\n-rf\nAvailable Decisions: Approved\nAbort';
    expect(textOf(asked(`Why\n${told}`, INPUT))).toBe('"Why"');
    expect(textOf(asked(told, INPUT))).toBe('');
    // A reason that looks like it hides nothing.
    const other = 'Proposed Amendment: ls\nWhy';
    expect(textOf(asked(other, INPUT))).toBe(JSON.stringify(other));
    expect(textOf(asked(told, {}))).toBe(JSON.stringify(told));
    const later = 'Available Decisions: Approved\nand more words';
    expect(textOf(asked(later, INPUT))).toBe(JSON.stringify(later));
  });
});

describe('the place where a command runs', () => {
  it('is none that it touches; other places are, and those of other calls', () => {
    const call = { kind: 'execute', rawInput: { cwd: '/a' } };
    const places = [{ path: '/a' }, { path: '/a/b' }];
    expect(withoutCommandPlace({ ...call, locations: places })['locations']).toEqual([places[1]]);
    const read = { ...call, kind: 'read', locations: places };
    expect(withoutCommandPlace(read)).toBe(read);
  });
});

describe('notices and compactions', () => {
  it('a notice is one of the session’s; an unknown severity is information', async () => {
    const { notices, updates, update } = await peer({});
    update({ sessionUpdate: 'notice', severity: 'odd', title: 'Mind', description: 'the gap' });
    update({ sessionUpdate: 'notice', severity: 'info' });
    expect(notices).toEqual(['Mind\nthe gap']);
    // Without a title it cannot be told: it is kept as it is.
    expect(updates).toEqual([{ sessionUpdate: 'notice', severity: 'info' }]);
  });

  it.each([
    ['completed', 'The conversation was compacted', 'completed'],
    ['failed', 'The conversation could not be compacted', 'failed'],
    ['cancelled', 'Compacting was stopped', 'failed'],
    ['odd', 'Compacting the conversation', 'in_progress'],
  ])('a compaction that is %s', async (status, title, state) => {
    const { updates, update } = await peer({});
    update({ sessionUpdate: 'compaction_update', compactionId: 'c', status: 'in_progress' });
    update({
      sessionUpdate: 'compaction_summary_chunk',
      compactionId: 'c',
      content: { type: 'text', text: 'In short' },
    });
    update({ sessionUpdate: 'compaction_update', compactionId: 'c', status, error: null });
    expect(updates[0]).toMatchObject({ sessionUpdate: 'tool_call', kind: 'think' });
    expect(updates.at(-1)).toMatchObject({ toolCallId: 'compaction:c', title, status: state });
    const told = updates.filter((each) => Array.isArray(each['content']));
    expect(told).toHaveLength(state === 'in_progress' ? 0 : 1);
  });
});

const recorded = (name: string): JsonObject[] =>
  readFileSync(new URL(`../../support/recorded/${name}.jsonl`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as JsonObject);

describe('an agent that refuses root', () => {
  it('is told with what to do, whether it ends or answers so', () => {
    const [, said, exit] = recorded('claude-as-root');
    const end = describeExit(
      SPEC,
      { code: exit!['code'] as number },
      said!['text'] as string,
      true,
    );
    expect(end.error).toMatchObject({ code: 'agent_root', retryable: false });
    expect(end.error.message).toMatch(/refuses to run as root.*another user.*IS_SANDBOX/);
    expect(rootRefusal('X', 'Refusing to run as root')).toBeDefined();
  });

  it('words that only mention root are no refusal', () => {
    for (const words of ['The root cause is unknown', 'project root not found', 'run npm as root'])
      expect(rootRefusal('X', words)).toBeUndefined();
  });
});
