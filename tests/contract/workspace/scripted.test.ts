import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { methods } from '@agentclientprotocol/sdk';
import { afterEach, expect, test } from 'vitest';
import { AgentProcess, choose } from '../../support/agents/acp-client.ts';

// Other tests rely on what the scripted agent does; this says that it does it.
const SCRIPT = fileURLToPath(new URL('../../support/agents/scripted.mjs', import.meta.url));
const cwd = os.tmpdir();
const started: AgentProcess[] = [];

afterEach(async () => {
  for (const agent of started.splice(0)) {
    agent.kill('SIGKILL');
    await agent.exited;
  }
});

function start(...args: string[]): AgentProcess {
  const agent = new AgentProcess(SCRIPT, { cwd, args, answer: choose('once') });
  started.push(agent);
  return agent;
}

async function session(...args: string[]): Promise<[AgentProcess, string]> {
  const agent = start(...args);
  await agent.initialize();
  return [agent, await agent.open(cwd)];
}

test('words of a prompt are steps, in order', async () => {
  const [agent, id] = await session('--tag', 'A');
  expect(await agent.prompt(id, 'SAY hi ; STREAM 3\nPERMIT rm -rf ; CWD ; STOP refusal')).toBe(
    'refusal',
  );
  expect(agent.text()).toMatch(/^hiA:tok0 A:tok1 A:tok2 Permission: oncecwd=\S+ process=\S+$/);
  expect(agent.permissions[0]!.toolCall.title).toBe('rm -rf');
  expect(agent.tools()[0]).toMatchObject({ status: 'completed' });
});

test('two with colliding ids collide in every id', async () => {
  const ids = [];
  for (const _ of [1, 2]) {
    const [agent, id] = await session('--ids', 'colliding');
    await agent.prompt(id, 'SAY a ; PERMIT b');
    ids.push([id, agent.of('agent_message_chunk')[0]!.messageId, agent.tools()[0]!['toolCallId']]);
  }
  expect(ids[0]).toEqual(['s1', 'm1', 't1']);
  expect(ids[1]).toEqual(ids[0]);
});

test('an unknown request is answered with −32601 by a client that does not know it', async () => {
  const [agent, id] = await session();
  await agent.prompt(id, 'UNKNOWN');
  expect(agent.text()).toBe('Unknown request: -32601');
});

test('cancel ends a turn that hangs; with --no-cancel it does not', async () => {
  const [agent, id] = await session();
  const turn = agent.prompt(id, 'SAY on ; HANG');
  await agent.until(() => agent.text() === 'on');
  await agent.cancel(id);
  expect(await turn).toBe('cancelled');

  const [stubborn, other] = await session('--no-cancel');
  const ending = stubborn.prompt(other, 'SAY on ; SLEEP 100 ; SAY off');
  await stubborn.until(() => stubborn.text() === 'on');
  await stubborn.cancel(other);
  expect(await ending).toBe('end_turn');
  expect(stubborn.text()).toBe('onoff');
});

test('crashes and exits come with a line on stderr', async () => {
  const once = start('--exit-at-once', '7');
  expect(await once.exited).toBe(7);
  const [agent, id] = await session('--crash-after', '3');
  agent.prompt(id, 'STREAM 10').catch(() => {});
  expect(await agent.exited).toBe(1);
  await agent.until(() => agent.text() === 'tok0 tok1 tok2 ');
  expect(agent.stderr).toContain('crashed after 3 updates');
});

test('garbage between messages does not hide them', async () => {
  const agent = start('--garbage');
  await agent.initialize();
  const id = await agent.open(cwd);
  await agent.prompt(id, 'SAY through');
  expect(agent.text()).toBe('through');
});

test('with a store the history survives the process and is replayed', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'aperture-scripted-'));
  const flags = ['--load', '--store', path.join(folder, 'history')];
  const [agent, id] = await session(...flags);
  await agent.prompt(id, 'SAY hello');
  agent.kill('SIGKILL');
  const next = start(...flags);
  expect((await next.initialize()).agentCapabilities?.loadSession).toBe(true);
  await next.agent.request(methods.agent.session.load, { sessionId: id, cwd, mcpServers: [] });
  await next.until(() => next.updates.length === 2);
  expect(next.updates.map(({ update }) => update.sessionUpdate)).toEqual([
    'user_message_chunk',
    'agent_message_chunk',
  ]);
  expect(next.text()).toBe('hello');
  await rm(folder, { recursive: true });
});
