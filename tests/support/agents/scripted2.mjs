#!/usr/bin/env node
/**
 * A scripted agent that speaks the draft of ACP 2, by the SDK's own agent: what a client sends it is checked against
 * the draft's schema. For tests.
 *
 * Flags
 *   --answers N    answers `initialize` with version N, whatever was offered
 *   --only N       refuses other versions as the draft says (−32022, supported: [N]); speaks version 1
 *   --early-idle   a turn is idle before the response to its prompt
 *
 * Prompt words; several steps are separated by ` ; `
 *   SAY text               a chunk; the chunks of one turn are one message
 *   WHOLE text             the whole message so far, as `agent_message`
 *   NEXT                   another message begins
 *   THINK text             a thought, whole at once
 *   TOOL text              a tool call whose content comes in chunks, one for each word, and is completed
 *   RUN text               a tool call with a terminal of the agent's own, which prints the text
 *   DIFF                   a tool call with a patch
 *   PLAN                   two plans; a step of the first is given up
 *   ASK command            a permission request about a command, of no tool call; then `Permission: <outcome>`
 *   ASK_CALL title         the same about a tool call
 *   NOTICE text            a notice          COMPACT text   a compaction, whose summary comes in chunks
 *   UNKNOWN                an update of a kind that nobody knows
 *   GIVEN                  what `initialize` and `session/new` were given, as JSON
 *   HANG                   until it is cancelled
 *   FAIL text              the turn ends with an error
 *   anything else          is said back: `You said: …`
 */
import { createInterface } from 'node:readline';
import { Readable, Writable } from 'node:stream';
import * as acp from '@agentclientprotocol/sdk/experimental/v2';

const args = process.argv.slice(2);
const valueOf = (flag) => (args.includes(flag) ? Number(args[args.indexOf(flag) + 1]) : undefined);
const answers = valueOf('--answers');
const only = valueOf('--only');
const given = {};
const sessions = new Map();

const text = (words) => ({ type: 'text', text: words });
const base64 = (bytes) => bytes.toString('base64');
const step = (content, status) => ({ content, priority: 'medium', status });
const OPTIONS = (mode) => [
  {
    configId: 'mode',
    name: 'Mode',
    category: 'mode',
    type: 'select',
    currentValue: mode,
    options: [
      {
        groupId: 'all',
        name: 'All',
        options: [
          { value: 'careful', name: 'Careful', description: 'Asks first' },
          { value: 'free', name: 'Free', description: 'Acts without asking' },
        ],
      },
    ],
  },
];

function start(id) {
  const session = { id, count: 0, mode: 'careful', cancel: undefined };
  sessions.set(id, session);
  return session;
}

const opened = (session) => ({
  configOptions: OPTIONS(session.mode),
  availableCommands: [{ name: 'draft', description: 'A command of the draft' }],
});

const WORDS = {
  async SAY(turn, words) {
    await turn.update({
      sessionUpdate: 'agent_message_chunk',
      messageId: turn.message,
      content: text(words),
    });
  },
  async WHOLE(turn, words) {
    await turn.update({
      sessionUpdate: 'agent_message',
      messageId: turn.message,
      content: [text(words)],
    });
  },
  NEXT: (turn) => void (turn.message = turn.id('m')),
  async THINK(turn, words) {
    await turn.update({
      sessionUpdate: 'agent_thought',
      messageId: turn.id('th'),
      content: [text(words)],
    });
  },
  async TOOL(turn, words) {
    const toolCallId = turn.id('t');
    await turn.update({
      sessionUpdate: 'tool_call_update',
      toolCallId,
      title: 'Look',
      kind: 'read',
      status: 'in_progress',
    });
    for (const word of words.split(' ')) {
      const content = { type: 'content', content: text(`${word} `) };
      await turn.update({ sessionUpdate: 'tool_call_content_chunk', toolCallId, content });
    }
    await turn.update({
      sessionUpdate: 'tool_call_update',
      toolCallId,
      status: 'completed',
      title: null,
    });
  },
  async RUN(turn, words) {
    const toolCallId = turn.id('t');
    const terminalId = turn.id('term');
    await turn.update({
      sessionUpdate: 'terminal_update',
      terminalId,
      command: 'print',
      cwd: turn.cwd,
    });
    await turn.update({
      sessionUpdate: 'tool_call_update',
      toolCallId,
      title: 'print',
      kind: 'execute',
      status: 'in_progress',
      content: [{ type: 'terminal', terminalId }],
    });
    const bytes = Buffer.from(words);
    // A character may be cut in two.
    for (const piece of [bytes.subarray(0, 1), bytes.subarray(1)])
      await turn.update({
        sessionUpdate: 'terminal_output_chunk',
        terminalId,
        data: base64(piece),
      });
    await turn.update({
      sessionUpdate: 'terminal_update',
      terminalId,
      output: { data: base64(Buffer.from(words)) },
      exitStatus: { exitCode: 0 },
    });
    await turn.update({ sessionUpdate: 'tool_call_update', toolCallId, status: 'completed' });
  },
  async DIFF(turn) {
    await turn.update({
      sessionUpdate: 'tool_call_update',
      toolCallId: turn.id('t'),
      title: 'Edit',
      kind: 'edit',
      status: 'completed',
      content: [
        {
          type: 'diff',
          changes: [{ operation: 'modify', path: '/project/a.txt' }],
          patch: {
            format: 'git_patch',
            text: '--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-old\n+new\n',
          },
        },
      ],
    });
  },
  async PLAN(turn) {
    const plan = (planId, ...entries) =>
      turn.update({ sessionUpdate: 'plan_update', plan: { type: 'items', planId, entries } });
    await plan('a', step('Dig', 'in_progress'), step('Fill', 'pending'));
    await plan('b', step('Rest', 'pending'));
    await plan('a', step('Dig', 'completed'), step('Fill', 'cancelled'));
  },
  ASK: (turn, command) => turn.ask({ type: 'command', command, cwd: turn.cwd }, command),
  ASK_CALL: (turn, title) =>
    turn.ask(
      { type: 'tool_call', toolCall: { toolCallId: turn.id('t'), title, kind: 'edit' } },
      title,
    ),
  async NOTICE(turn, title) {
    await turn.update({
      sessionUpdate: 'notice',
      severity: 'warning',
      title,
      description: 'In more words.',
    });
  },
  async COMPACT(turn, words) {
    const compactionId = turn.id('c');
    await turn.update({ sessionUpdate: 'compaction_update', compactionId, status: 'in_progress' });
    for (const word of words.split(' '))
      await turn.update({
        sessionUpdate: 'compaction_summary_chunk',
        compactionId,
        content: text(`${word} `),
      });
    await turn.update({ sessionUpdate: 'compaction_update', compactionId, status: 'completed' });
  },
  UNKNOWN: (turn) => turn.update({ sessionUpdate: '_nobody_knows', a: 1 }),
  GIVEN: (turn) => WORDS.SAY(turn, JSON.stringify(given)),
  HANG: (turn) => turn.cancelled,
  FAIL(turn, message) {
    turn.stop = { stopReason: 'error', error: { code: -32603, message } };
  },
};

async function work(session, client, prompt) {
  let cancel;
  const cancelled = new Promise((resolve) => (cancel = () => resolve(true)));
  session.cancel = cancel;
  const turn = {
    cwd: session.cwd ?? '/',
    cancelled,
    id: (kind) => `${kind}${++session.count}`,
    update: (update) => client.notify('session/update', { sessionId: session.id, update }),
    async ask(subject, title) {
      await turn.update({ sessionUpdate: 'state_update', state: 'requires_action' });
      const { outcome } = await client.request('session/request_permission', {
        sessionId: session.id,
        title,
        description: 'It would like to.',
        subject,
        options: [
          { optionId: 'yes', name: 'Allow once', kind: 'allow_once' },
          { optionId: 'no', name: 'Reject', kind: 'reject_once' },
        ],
      });
      await turn.update({ sessionUpdate: 'state_update', state: 'running' });
      await WORDS.SAY(turn, `Permission: ${outcome.optionId ?? outcome.outcome}`);
    },
  };
  turn.message = turn.id('m');
  const said = prompt.map((block) => block.text ?? '').join('');
  await turn.update({ sessionUpdate: 'user_message', messageId: turn.id('u'), content: prompt });
  await turn.update({ sessionUpdate: 'state_update', state: 'running' });
  for (const step of said.split(' ; ')) {
    const [word, ...rest] = step.trim().split(' ');
    const run = WORDS[word] ?? ((each) => WORDS.SAY(each, `You said: ${step}`));
    if ((await run(turn, rest.join(' '))) === true) turn.stop = { stopReason: 'cancelled' };
    if (turn.stop) break;
  }
  session.cancel = undefined;
  await turn.update({
    sessionUpdate: 'state_update',
    state: 'idle',
    stopReason: 'end_turn',
    ...turn.stop,
  });
}

function speak2() {
  const stream = acp.ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin));
  acp
    .agent()
    .onRequest('initialize', ({ params }) => {
      given.initialize = params;
      return {
        protocolVersion: 2,
        info: { name: 'scripted2', title: 'Scripted 2', version: '2.0.0' },
        capabilities: { session: { prompt: { image: {} }, mcp: { stdio: {} } } },
      };
    })
    .onRequest('session/new', ({ params }) => {
      given.session = params;
      const session = start(`s-${process.pid}`);
      session.cwd = params.cwd;
      return { sessionId: session.id, ...opened(session) };
    })
    .onRequest('session/resume', ({ params }) => {
      const session = start(params.sessionId);
      session.cwd = params.cwd;
      return opened(session);
    })
    .onRequest('session/set_config_option', ({ params }) => {
      given.setting = params;
      const session = sessions.get(params.sessionId);
      session.mode = params.value;
      return { configOptions: OPTIONS(session.mode) };
    })
    .onRequest('session/prompt', async ({ params, client }) => {
      const session = sessions.get(params.sessionId);
      const response = { messageId: `u${session.count + 2}` };
      if (args.includes('--early-idle')) {
        await work(session, client, params.prompt);
      } else setImmediate(() => void work(session, client, params.prompt));
      return response;
    })
    .onNotification('session/cancel', ({ params }) => sessions.get(params.sessionId)?.cancel?.())
    .connect(stream);
}

const write = (message) =>
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);

/** Version 1, as little as answers a prompt. */
function speak1() {
  createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method, params } = JSON.parse(line);
    const { protocolVersion, sessionId, prompt } = params ?? {};
    if (method === 'initialize') {
      const refused = {
        code: -32022,
        message: 'Unsupported protocol version',
        data: { requested: protocolVersion, supported: [only] },
      };
      if (only !== undefined && protocolVersion !== only) return write({ id, error: refused });
      return write({ id, result: { protocolVersion: answers ?? 1, agentCapabilities: {} } });
    }
    if (method === 'session/new') return write({ id, result: { sessionId: 's1' } });
    if (method !== 'session/prompt') return undefined;
    const content = text(`In version 1: ${prompt[0].text}`);
    write({
      method: 'session/update',
      params: { sessionId, update: { sessionUpdate: 'agent_message_chunk', content } },
    });
    return write({ id, result: { stopReason: 'end_turn' } });
  });
}

if ((only ?? answers) !== undefined) speak1();
else speak2();
