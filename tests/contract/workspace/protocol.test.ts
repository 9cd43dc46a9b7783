import path from 'node:path';
import { expect, test } from 'vitest';
import { methods } from '@agentclientprotocol/sdk';
import { choose } from '../../support/agents/acp-client.ts';
import { eventually, isAlive, useWorkspace } from './fixture.ts';

const workspace = useWorkspace();

test('initialize tells what it is, and does not promise what it cannot do', async () => {
  const agent = await (await workspace()).start();
  const answer = await agent.initialize();
  expect(answer).toMatchObject({ protocolVersion: 1, agentInfo: { name: 'aperture-workspace' } });
  expect(answer.agentCapabilities?.loadSession ?? false).toBe(false);
});

test('the slash commands are advertised after session/new, with hints', async () => {
  const { root, start } = await workspace();
  const agent = await start();
  const sessionId = await agent.open(root);
  await agent.until(() => agent.of('available_commands_update', sessionId).length > 0);
  const [update] = agent.of('available_commands_update', sessionId);
  expect(update!.availableCommands.map(({ name }) => name)).toEqual(
    // prettier-ignore
    ['help', 'ls', 'read', 'search', 'diff', 'write', 'run', 'plan', 'stream', 'ask', 'think'],
  );
  expect(update!.availableCommands.find(({ name }) => name === 'read')).toMatchObject({
    description: expect.any(String),
    input: { hint: '<path>[:from-to]' },
  });
  expect(update!.availableCommands[0]).not.toHaveProperty('input');
});

test('session/new refuses what is no directory, with a sentence', async () => {
  const { root, put, start } = await workspace();
  const file = await put('file.txt', '');
  const agent = await start();
  for (const cwd of [path.join(root, 'none'), file, 'relative']) {
    await expect(agent.open(cwd)).rejects.toMatchObject({
      code: -32602,
      message: expect.stringContaining('Give the absolute path of a directory'),
    });
  }
});

test('what is no command is answered plainly: no language model, what it can do, how to add one', async () => {
  const { root, start } = await workspace();
  const agent = await start();
  const sessionId = await agent.open(root);
  expect(await agent.prompt(sessionId, 'Please write me a poem.')).toBe('end_turn');
  expect(agent.text()).toMatch(/no language model[^]*\/help[^]*claude-agent-acp[^]*--config/);
  const from = agent.updates.length;
  await agent.prompt(sessionId, '/frobnicate');
  expect(agent.text(from)).toMatch(/There is no command `\/frobnicate`/);
});

test('/help has every command that is advertised', async () => {
  const { root, start } = await workspace();
  const agent = await start();
  const sessionId = await agent.open(root);
  await agent.prompt(sessionId, '/help');
  await agent.until(() => agent.of('available_commands_update').length > 0);
  for (const { name } of agent.of('available_commands_update')[0]!.availableCommands) {
    expect(agent.text()).toContain(`\`/${name}`);
  }
});

test('a message keeps its id until something else comes between', async () => {
  const { root, start } = await workspace();
  const agent = await start();
  const sessionId = await agent.open(root);
  await agent.prompt(sessionId, '/stream 2 0');
  const first = new Set(agent.of('agent_message_chunk').map(({ messageId }) => messageId));
  expect(first.size).toBe(1);
  const from = agent.updates.length;
  await agent.prompt(sessionId, '/think');
  const thoughts = new Set(
    agent.of('agent_thought_chunk', sessionId, from).map(({ messageId }) => messageId),
  );
  const [answer] = agent.of('agent_message_chunk', sessionId, from);
  expect(thoughts.size).toBe(1);
  expect(new Set([...first, ...thoughts, answer!.messageId]).size).toBe(3);
});

test('an unknown session and a second turn at once are refused', async () => {
  const { root, start } = await workspace();
  const agent = await start();
  await expect(agent.prompt('nobody', 'hi')).rejects.toMatchObject({ code: -32002 });
  const sessionId = await agent.open(root);
  const running = agent.prompt(sessionId, '/stream 2000 50');
  await agent.until(() => agent.text() !== '');
  await expect(agent.prompt(sessionId, '/ls')).rejects.toMatchObject({
    code: -32600,
    message: expect.stringContaining('A turn is running'),
  });
  await agent.cancel(sessionId);
  expect(await running).toBe('cancelled');
});

test('[R50] sessions in one process do not touch each other: updates, cancel, permissions', async () => {
  const { root, put, start } = await workspace();
  await put('sub/only-here.txt', 'x');
  const agent = await start({ answer: () => new Promise(() => {}) });
  const [one, two, three] = [
    await agent.open(root),
    await agent.open(path.join(root, 'sub')),
    await agent.open(root),
  ];
  const streaming = agent.prompt(one, '/stream 2000 20');
  const asking = agent.prompt(three, '/ask');
  await agent.until(() => agent.text(0, one) !== '' && agent.permissions.length === 1);
  await agent.prompt(two, '/ls');
  expect(agent.text(0, two)).toContain('only-here.txt');
  expect(agent.text(0, one)).not.toContain('only-here.txt');
  expect(agent.permissions[0]!.sessionId).toBe(three);
  await agent.cancel(three);
  expect(await asking).toBe('cancelled');
  const before = agent.text(0, one).length;
  await agent.until(() => agent.text(0, one).length > before);
  await agent.cancel(one);
  expect(await streaming).toBe('cancelled');
});

test('cancel without a turn does nothing, and the next turn runs', async () => {
  const { root, start } = await workspace();
  const agent = await start();
  const sessionId = await agent.open(root);
  await agent.cancel(sessionId);
  await agent.cancel('nobody');
  expect(await agent.prompt(sessionId, '/ls')).toBe('end_turn');
});

test('session/close ends the turn and forgets the session', async () => {
  const { root, start } = await workspace();
  const agent = await start();
  const sessionId = await agent.open(root);
  const running = agent.prompt(sessionId, '/stream 2000 50');
  await agent.until(() => agent.text() !== '');
  await agent.agent.request(methods.agent.session.close, { sessionId });
  expect(await running).toBe('cancelled');
  await expect(agent.prompt(sessionId, '/ls')).rejects.toMatchObject({ code: -32002 });
});

test.each(['SIGTERM', 'end of input'])(
  'on %s it ends with code 0, and so does what it was running',
  async (how) => {
    const { root, start } = await workspace();
    const agent = await start({ answer: choose('allow_once') });
    const sessionId = await agent.open(root);
    const script = `console.log('pid ' + process.pid); setInterval(() => {}, 1000)`;
    agent.prompt(sessionId, `/run "${process.execPath}" -e "${script}"`).catch(() => {});
    const output = (): string => JSON.stringify(agent.tools());
    await agent.until(() => /pid \d+/.test(output()));
    const pid = Number(/pid (\d+)/.exec(output())![1]);
    expect(isAlive(pid)).toBe(true);
    if (how === 'SIGTERM') {
      agent.kill('SIGTERM');
      expect(await agent.exited).toBe(0);
    } else expect(await agent.dispose()).toBe(0);
    await eventually(() => !isAlive(pid));
    expect(agent.stderr).toBe('');
  },
);
