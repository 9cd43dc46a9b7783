import { describe, expect, test } from 'vitest';
import { choose, type AgentProcess } from '../../support/agents/acp-client.ts';
import { eventually, isAlive, useWorkspace } from './fixture.ts';

const workspace = useWorkspace();
const NODE = JSON.stringify(process.execPath);

async function ready(optionId = 'allow_once') {
  const space = await workspace();
  const agent = await space.start({ answer: choose(optionId) });
  return { ...space, agent, sessionId: await agent.open(space.root) };
}

/** The text of the only tool call's content. */
function output(agent: AgentProcess, from = 0): string {
  const content = agent.tools(from).at(-1)?.content?.[0];
  return content?.type === 'content' && content.content.type === 'text' ? content.content.text : '';
}

describe('/run', () => {
  test('asks first, with the whole command, the directory and three answers', async () => {
    const { root, agent, sessionId } = await ready('reject_once');
    expect(await agent.prompt(sessionId, `/run touch "a b" $HOME`)).toBe('end_turn');
    expect(agent.permissions).toHaveLength(1);
    expect(agent.permissions[0]).toMatchObject({
      sessionId,
      toolCall: {
        title: `touch 'a b' '$HOME'`,
        kind: 'execute',
        rawInput: { command: ['touch', 'a b', '$HOME'], cwd: root },
      },
      options: [
        { name: 'Allow once', kind: 'allow_once' },
        { name: 'Always allow touch in this session', kind: 'allow_always' },
        { name: 'Reject', kind: 'reject_once' },
      ],
    });
    // The tool call was announced before the request about it.
    expect(agent.of('tool_call')[0]!.toolCallId).toBe(agent.permissions[0]!.toolCall.toolCallId);
    expect(agent.tools()[0]).toMatchObject({ status: 'failed' });
    expect(agent.text()).toContain('you did not allow');
    const from = agent.updates.length;
    await agent.prompt(sessionId, '/ls');
    expect(agent.text(from)).not.toContain('a b');
  });

  test('[R70] runs by argument vector in the directory: no shell sees the words', async () => {
    const { root, agent, sessionId } = await ready();
    const script = 'console.log(JSON.stringify([process.cwd(), ...process.argv.slice(1)]))';
    await agent.prompt(sessionId, `/run ${NODE} -e '${script}' '$HOME; *' "\`id\`"`);
    const printed = /\[".*\]/.exec(output(agent))![0];
    expect(JSON.parse(printed)).toEqual([root, '$HOME; *', '`id`']);
    expect(agent.tools()[0]).toMatchObject({
      status: 'completed',
      rawOutput: { exitCode: 0 },
    });
    expect(agent.text()).toContain('ended with exit code 0');
  });

  test('an exit code other than 0 is a failure, standard error is shown, ANSI is gone', async () => {
    const { agent, sessionId } = await ready();
    const script = `console.error(String.fromCharCode(27) + "[31moh no"); process.exit(3)`;
    await agent.prompt(sessionId, `/run ${NODE} -e '${script}'`);
    expect(output(agent)).toBe('```console\noh no\n```');
    expect(agent.tools()[0]).toMatchObject({ status: 'failed', rawOutput: { exitCode: 3 } });
    expect(agent.text()).toContain('ended with exit code 3 · 1 line');
  });

  test('“always” holds for that program in that session only', async () => {
    const { root, agent, sessionId } = await ready('allow_always');
    await agent.prompt(sessionId, `/run ${NODE} -e 1`);
    await agent.prompt(sessionId, `/run ${NODE} -e 2`);
    expect(agent.permissions).toHaveLength(1);
    await agent.prompt(sessionId, '/run git --version');
    expect(agent.permissions).toHaveLength(2);
    const other = await agent.open(root);
    await agent.prompt(other, `/run ${NODE} -e 3`);
    expect(agent.permissions).toHaveLength(3);
  });

  test('negative control: “once” is asked again', async () => {
    const { agent, sessionId } = await ready('allow_once');
    await agent.prompt(sessionId, `/run ${NODE} -e 1`);
    await agent.prompt(sessionId, `/run ${NODE} -e 1`);
    expect(agent.permissions).toHaveLength(2);
  });

  test('output shows while the program runs', async () => {
    const { put, agent, sessionId } = await ready();
    // It goes on only when the test has seen its first line.
    const script = `console.log('first'); const fs = require('fs');
      setInterval(() => { if (fs.existsSync('go')) { console.log('second'); process.exit(); } }, 5);`;
    await put('slow.cjs', script);
    const turn = agent.prompt(sessionId, `/run ${NODE} slow.cjs`);
    await agent.until(() => output(agent).includes('first'));
    expect(agent.tools()[0]).toMatchObject({ status: 'in_progress' });
    expect(output(agent)).not.toContain('second');
    await put('go', '');
    await turn;
    expect(output(agent)).toBe('```console\nfirst\nsecond\n```');
  });

  test('[R30] endless output is bounded in size and in updates, and what was dropped is told', async () => {
    const { agent, sessionId } = await ready();
    const script = `for (let i = 0; i < 20000; i++) console.log("line " + i); console.log("THE END")`;
    await agent.prompt(sessionId, `/run ${NODE} -e '${script}'`);
    const text = output(agent);
    expect(text).toContain('line 0\n');
    expect(text).toContain('THE END');
    expect(text).toContain('were dropped here');
    expect(text.length).toBeLessThan(70_000);
    expect(agent.text()).toContain('from the middle of its output were dropped');
    const live = agent
      .of('tool_call_update')
      .filter(({ status, content }) => status === 'in_progress' && content);
    for (const update of live) expect(JSON.stringify(update).length).toBeLessThan(10_000);
  });

  test('a program that is not there is said', async () => {
    const { agent, sessionId } = await ready();
    await agent.prompt(sessionId, '/run no-such-program-here');
    expect(agent.text()).toContain('There is no program `no-such-program-here` on PATH');
    expect(agent.tools()[0]).toMatchObject({ status: 'failed' });
  });

  test('a pipe is refused before anybody is asked', async () => {
    const { agent, sessionId } = await ready();
    await agent.prompt(sessionId, '/run ls | wc -l');
    expect(agent.text()).toContain('without a shell');
    expect(agent.permissions).toEqual([]);
  });

  test('cancel kills the whole process group, grandchildren too, even what ignores SIGTERM', async () => {
    const { put, agent, sessionId } = await ready();
    await put(
      'tree.cjs',
      `const { spawn } = require('child_process');
       const child = spawn(process.execPath, ['-e', "process.on('SIGTERM', () => {}); console.log('grandchild ' + process.pid); setInterval(() => {}, 1000)"], { stdio: 'inherit' });
       console.log('child ' + process.pid); setInterval(() => {}, 1000);`,
    );
    const turn = agent.prompt(sessionId, `/run ${NODE} tree.cjs`);
    const pid = (name: string): number =>
      Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(output(agent))?.[1] ?? 0);
    await agent.until(() => pid('child') > 0 && pid('grandchild') > 0);
    const pids = [pid('child'), pid('grandchild')];
    expect(pids.every(isAlive)).toBe(true);
    await agent.cancel(sessionId);
    expect(await turn).toBe('cancelled');
    await eventually(() => !pids.some(isAlive));
    expect(agent.tools()[0]).toMatchObject({ status: 'failed' });
  });
});

describe('cancel ends a turn wherever it is', () => {
  test.each(['/ask', '/run true', '/write a.txt text'])(
    '[R58] while %s waits for an answer; the tool call does not stay open',
    async (prompt) => {
      const { agent, sessionId } = await ready();
      agent.answer = () => new Promise(() => {});
      const turn = agent.prompt(sessionId, prompt);
      await agent.until(() => agent.permissions.length === 1);
      await agent.cancel(sessionId);
      expect(await turn).toBe('cancelled');
      expect(agent.tools()[0]).toMatchObject({ status: 'failed' });
      // A withdrawn request leaves the session usable.
      expect(await agent.prompt(sessionId, '/ls')).toBe('end_turn');
    },
  );

  test('[R58] a client that answers “cancelled” is understood', async () => {
    const { agent, sessionId } = await ready();
    agent.answer = () => ({ outcome: { outcome: 'cancelled' } });
    expect(await agent.prompt(sessionId, '/run true')).toBe('end_turn');
    expect(agent.tools()[0]).toMatchObject({ status: 'failed' });
  });

  test.each(['/stream 2000 0', '/stream 2000 5', '/stream 5 10000'])(
    '%s stops, and nothing follows',
    async (prompt) => {
      const { agent, sessionId } = await ready();
      const turn = agent.prompt(sessionId, prompt);
      await agent.until(() => agent.text() !== '');
      await agent.cancel(sessionId);
      expect(await turn).toBe('cancelled');
      const count = agent.updates.length;
      await agent.prompt(sessionId, '/ask');
      expect(agent.updates.slice(count).map(({ update }) => update.sessionUpdate)).toEqual([
        'tool_call',
        'tool_call_update',
        'agent_message_chunk',
      ]);
    },
  );
});

describe('/plan', () => {
  test('four steps that progress, real tool calls, and a summary', async () => {
    const { put, agent, sessionId } = await ready();
    await put('src/a.ts', '// TODO: tidy up\n');
    await put('src/big.py', 'x = 1\n'.repeat(500));
    await agent.prompt(sessionId, '/plan');
    const plans = agent.of('plan').map(({ entries }) => entries.map(({ status }) => status));
    expect(plans).toEqual(
      [0, 1, 2, 3, 4].map((done) =>
        [0, 1, 2, 3].map((step) =>
          step < done ? 'completed' : step === done ? 'in_progress' : 'pending',
        ),
      ),
    );
    expect(agent.tools()).toHaveLength(4);
    expect(agent.tools().every(({ status }) => status === 'completed')).toBe(true);
    expect(agent.text()).toContain('**2 files** in 2 directories');
    expect(agent.text()).toContain('| python | 1 | 3.0 kB |');
    expect(agent.text()).toContain('1. `src/big.py`');
    expect(agent.text()).toContain('`src/a.ts:1`');
    expect(agent.text()).toContain('not in a git repository');
  });

  test('a topic is looked for', async () => {
    const { put, agent, sessionId } = await ready();
    await put('a.md', 'about the lease\n');
    await agent.prompt(sessionId, '/plan lease');
    expect(agent.of('plan')[0]!.entries[2]!.content).toBe('Look for “lease”');
    expect(agent.text()).toContain('`a.md:1` `about the lease`');
  });
});

describe('/stream, /ask, /think', () => {
  test('a long answer in small pieces, the same every time', async () => {
    const { agent, sessionId } = await ready();
    await agent.prompt(sessionId, '/stream 13 0');
    const first = agent.text();
    const from = agent.updates.length;
    await agent.prompt(sessionId, '/stream 13 0');
    expect(agent.text(from)).toBe(first);
    expect(first).toMatch(/^## 1\. /);
    const sizes = agent
      .of('agent_message_chunk')
      .map(({ content }) => (content.type === 'text' ? content.text.length : Infinity));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(16);
    expect(sizes.length).toBeGreaterThan(500);
  });

  test.each(['/stream 0', '/stream 2001', '/stream many', '/stream 5 -1', '/stream 1 2 3'])(
    '%s is refused with an example',
    async (prompt) => {
      const { agent, sessionId } = await ready();
      await agent.prompt(sessionId, prompt);
      expect(agent.text()).toContain('Example: `/stream 20 8`');
    },
  );

  test.each([
    ['allow_once', 'Allow once', 'completed'],
    ['allow_always', 'Always allow', 'completed'],
    ['reject_once', 'Reject', 'failed'],
  ])('/ask tells that %s was chosen', async (optionId, name, status) => {
    const { agent, sessionId } = await ready(optionId);
    await agent.prompt(sessionId, '/ask May I?');
    expect(agent.permissions[0]!.toolCall.title).toBe('May I?');
    expect(agent.text()).toContain(`You chose **${name}**`);
    expect(agent.tools()[0]).toMatchObject({ status });
  });

  test('/think thinks before it speaks', async () => {
    const { agent, sessionId } = await ready();
    await agent.prompt(sessionId, '/think tea');
    const kinds = agent.updates
      .map(({ update }) => update.sessionUpdate)
      .filter((kind) => kind !== 'available_commands_update');
    expect(kinds[0]).toBe('agent_thought_chunk');
    expect(kinds.at(-1)).toBe('agent_message_chunk');
  });
});
