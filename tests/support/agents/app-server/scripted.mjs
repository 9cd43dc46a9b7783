#!/usr/bin/env node
/**
 * A scripted `codex app-server` for tests: plain Node, no dependencies, one JSON message per line on stdio, as Codex
 * 0.169 writes them. It does exactly what its flags and the words in a prompt say, well or badly.
 *
 * Flags
 *   --exit-at-once [code]   a line on stderr, then exit (default code 2), before anything is read
 *   --never METHOD          never answers it
 *   --old                   knows `initialize` and nothing else that is asked of it
 *   --needs-login           says that nobody is signed in
 *   --store FILE            remembers its threads there, so that `thread/resume` works over processes
 *   --config-warning        warns of its configuration whenever it starts
 *   --garbage               writes lines that are no JSON (and JSON that is no message) between messages
 *   --no-steer              takes no messages into a turn
 *   --no-interrupt          answers `turn/interrupt`, and goes on
 *   --answer-last           answers `turn/start` when the turn is over
 *   --no-deltas             tells items whole, when they are over
 *   --no-items              tells pieces of messages, and neither their beginning nor their end
 *   --ids colliding         messages are `m`, commands `c`, in every turn
 *
 * Prompt words; several steps stand on lines of their own or are separated by ` ; `
 *   SAY text                one message of one piece           THINK text     reasoning in two parts
 *   STREAM n                one message of n pieces            HANG           waits until it is interrupted or steered
 *   RUN command             a command that asks first; then `Decision: <decision>`
 *   FREE command            the same, unasked: output in three pieces, exit code 3
 *   TORN command            the same, and its first piece never came
 *   EDIT                    a new file and a changed one, asks first; then `Decision: …`
 *   MORE                    asks for more permissions          ASK            two questions, answers said as JSON
 *   TOOL                    an MCP server asks whether a tool may be used   FORM [broken]  … for a field
 *   CALL                    an MCP tool call, with progress and a result
 *   TAKE_BACK               asks about a command, and takes that back
 *   PLAN  USAGE  TITLE text  WARN text  RETRY
 *   UNKNOWN                 an item, a notification and a request that nobody knows; `Unknown request: <code>`
 *   RAW json                exactly this line ($THREAD and $TURN are put in)
 *   OTHERS                  another thread says things; a thread that ours began says things and asks
 *   TURN_PARAMS  GIVEN      what `turn/start` and `thread/start` were given, said as JSON
 *   LATE                    a piece of its own message after the turn's end
 *   DEAF n megabytes        reads nothing more, and sends n requests with ids that large
 *   FAIL [kind]             the turn fails                     CRASH [code]   a line on stderr, then exit (code 1)
 *   anything else           is said back: `You said: …`
 */
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { commandItem, model, questionOf } from './shapes.mjs';

const args = process.argv.slice(2).filter((arg) => arg !== 'app-server');
const has = (flag) => args.includes(flag);
const valueOf = (flag) => (has(flag) ? args[args.indexOf(flag) + 1] : undefined);

const colliding = valueOf('--ids') === 'colliding';
const store = valueOf('--store');
const sandbox = { type: 'readOnly', networkAccess: false };
const waiting = new Map();
let requests = 0;
let items = 0;
let given;
let thread;
let turn;

function die(code, line) {
  process.stderr.write(`scripted app-server: ${line}\n`);
  process.exit(code);
}

function write(message) {
  if (has('--garbage')) {
    process.stdout.write('this line is no JSON\n');
    process.stdout.write('{"neither":"method nor id"}\n');
  }
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

const tell = (method, params) => write({ method, params, emittedAtMs: Date.now() });
const ours = () => ({ threadId: thread, turnId: turn.id });

/** Asks the client. Resolves with its whole answer. */
function ask(method, params, taken) {
  const id = requests++;
  write({ id, method, params });
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    taken?.(id);
  });
}

const remembered = () =>
  store && existsSync(store) ? JSON.parse(readFileSync(store, 'utf8')) : {};

function remember(said) {
  if (!store) return;
  const all = remembered();
  writeFileSync(store, JSON.stringify({ ...all, [thread]: [...(all[thread] ?? []), said] }));
}

const itemId = (kind) => (colliding ? kind : `${kind}_${++items}`);

function started(item) {
  if (!has('--no-items') && !has('--no-deltas')) tell('item/started', { item, ...ours() });
}

function completed(item) {
  if (!has('--no-items')) tell('item/completed', { item, ...ours() });
}

function piece(method, id, delta, more = {}) {
  if (!has('--no-deltas')) tell(method, { itemId: id, delta, ...ours(), ...more });
}

function say(...pieces) {
  const id = itemId('m');
  const item = { type: 'agentMessage', id, text: '', phase: null };
  started(item);
  for (const each of pieces) piece('item/agentMessage/delta', id, each);
  completed({ ...item, text: pieces.join('') });
  return id;
}

function think(text) {
  const id = itemId('r');
  const item = { type: 'reasoning', id, summary: [], content: [] };
  started(item);
  const parts = [text, 'And more.'];
  for (const [summaryIndex, part] of parts.entries()) {
    tell('item/reasoning/summaryPartAdded', { itemId: id, summaryIndex, ...ours() });
    piece('item/reasoning/summaryTextDelta', id, part, { summaryIndex });
    // The same at more length, which is not shown as well.
    piece('item/reasoning/textDelta', id, `${part} In detail.`, { contentIndex: summaryIndex });
  }
  completed({ ...item, summary: parts });
}

const approvalOf = (item, more = {}) => ({
  kind: 'command',
  ...ours(),
  itemId: item.id,
  startedAtMs: Date.now(),
  reason: 'May I?',
  command: item.command,
  cwd: item.cwd,
  commandActions: item.commandActions,
  ...more,
});

async function run(command) {
  const item = commandItem(itemId('c'), command);
  started(item);
  const rule = { acceptWithExecpolicyAmendment: { execpolicy_amendment: command.split(' ') } };
  const answer = await ask(
    'item/commandExecution/requestApproval',
    approvalOf(item, { availableDecisions: ['accept', 'acceptForSession', rule, 'cancel'] }),
    // As Codex has it, the answer is confirmed.
  );
  const { decision } = answer.result ?? {};
  tell('serverRequest/resolved', { threadId: thread, requestId: answer.id });
  if (decision === 'cancel') {
    turn.interrupted = true;
    return;
  }
  const allowed = decision !== 'decline';
  if (allowed) piece('item/commandExecution/outputDelta', item.id, `${command}\n`);
  completed({
    ...item,
    status: allowed ? 'completed' : 'declined',
    aggregatedOutput: allowed ? `${command}\n` : null,
    exitCode: allowed ? 0 : null,
  });
  say(`Decision: ${typeof decision === 'string' ? decision : JSON.stringify(decision)}`);
}

function free(command, ...parts) {
  const item = commandItem(itemId('c'), command);
  started(item);
  for (const part of parts) {
    piece('item/commandExecution/outputDelta', item.id, part);
  }
  completed({ ...item, status: 'failed', aggregatedOutput: 'one\ntwo\nthree\n', exitCode: 3 });
}

async function edit() {
  const item = {
    type: 'fileChange',
    id: itemId('f'),
    status: 'inProgress',
    changes: [
      { path: `${process.cwd()}/new.txt`, kind: { type: 'add' }, diff: 'hello\n' },
      {
        path: `${process.cwd()}/old.txt`,
        kind: { type: 'update', move_path: null },
        diff: '@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n@@ -9,2 +9,3 @@\n nine\n+nine and a half\n ten\n',
      },
    ],
  };
  started(item);
  const params = { ...ours(), itemId: item.id, startedAtMs: Date.now(), reason: null };
  const { result } = await ask('item/fileChange/requestApproval', params);
  completed({ ...item, status: result.decision.startsWith('accept') ? 'completed' : 'declined' });
  say(`Decision: ${result.decision}`);
}

async function more() {
  const permissions = { network: { enabled: true }, fileSystem: null };
  const params = { ...ours(), itemId: itemId('p'), reason: 'To download.', permissions };
  const { result } = await ask('item/permissions/requestApproval', params);
  say(JSON.stringify(result));
}

async function questions() {
  const { result } = await ask('item/tool/requestUserInput', {
    ...ours(),
    itemId: itemId('q'),
    questions: [
      questionOf('colour', 'Which colour?', 'Red', 'Blue'),
      questionOf('size', 'How big?', 'S', 'L'),
    ],
  });
  say(JSON.stringify(result));
}

async function mcp(properties) {
  const { result } = await ask('mcpServer/elicitation/request', {
    ...ours(),
    serverName: 'files',
    mode: 'form',
    message: 'Allow the files server to run “delete”?',
    requestedSchema: { type: 'object', properties },
    _meta: { persist: ['session'], tool_params: { path: 'x' } },
  });
  say(JSON.stringify(result));
}

function call() {
  const item = {
    type: 'mcpToolCall',
    id: itemId('t'),
    server: 'files',
    tool: 'read',
    status: 'inProgress',
    arguments: { path: 'x' },
    result: null,
    error: null,
  };
  started(item);
  tell('item/mcpToolCall/progress', { ...ours(), itemId: item.id, message: 'Half way' });
  const content = [{ type: 'text', text: 'what stood there' }];
  completed({ ...item, status: 'completed', result: { content, structuredContent: null } });
}

async function others() {
  const params = { threadId: 'somebody-else', turnId: 'x', itemId: 'm' };
  tell('item/agentMessage/delta', { ...params, delta: 'not for you' });
  const refused = await ask('item/fileChange/requestApproval', params);
  say(`Somebody else: ${refused.error?.code ?? 'ok'}`);
  const child = randomUUID();
  tell('thread/started', { thread: { id: child, parentThreadId: thread } });
  tell('item/agentMessage/delta', { threadId: child, turnId: 'y', itemId: 'm', delta: 'inner' });
  const item = commandItem('c', 'whoami');
  const asked = { ...approvalOf(item), threadId: child, turnId: 'y' };
  const { result } = await ask('item/commandExecution/requestApproval', asked);
  say(`Child: ${result.decision}`);
}

async function unknown() {
  tell('item/completed', { item: { type: 'telepathy', id: itemId('x'), with: 'you' }, ...ours() });
  tell('item/telepathy/delta', { ...ours(), itemId: 'x', delta: 'mmm' });
  const { error } = await ask('item/telepathy/request', ours());
  say(`Unknown request: ${error?.code ?? 'ok'}`);
}

async function step(text, params) {
  const [word, ...rest] = text.split(' ');
  const tail = rest.join(' ');
  switch (word) {
    case 'SAY':
      return say(tail);
    case 'THINK':
      return think(tail);
    case 'STREAM':
      return say(...Array.from({ length: Number(tail) }, (_, n) => `tok${n} `));
    case 'HANG':
      return new Promise((resolve) => (turn.wake = resolve));
    case 'RUN':
      return run(tail);
    case 'FREE':
      return free(tail, 'one\n', 'two\n');
    case 'TORN':
      return free(tail, 'two\n');
    case 'EDIT':
      return edit();
    case 'MORE':
      return more();
    case 'ASK':
      return questions();
    case 'TOOL':
      return mcp({});
    case 'FORM':
      return mcp({ name: { type: tail === 'broken' ? 'secret' : 'string' } });
    case 'CALL':
      return call();
    case 'TAKE_BACK': {
      const item = commandItem(itemId('c'), 'sleep');
      started(item);
      void ask('item/commandExecution/requestApproval', approvalOf(item), (id) =>
        setTimeout(() => tell('serverRequest/resolved', { threadId: thread, requestId: id }), 50),
      );
      return new Promise((resolve) => setTimeout(resolve, 100));
    }
    case 'PLAN':
      for (const status of ['inProgress', 'completed']) {
        const plan = [
          { step: 'Look', status },
          { step: 'Leap', status: 'pending' },
        ];
        tell('turn/plan/updated', { ...ours(), explanation: null, plan });
      }
      return;
    case 'USAGE': {
      const last = { totalTokens: 1200, inputTokens: 1000, outputTokens: 200 };
      const tokenUsage = { total: last, last, modelContextWindow: 10_000 };
      return tell('thread/tokenUsage/updated', { ...ours(), tokenUsage });
    }
    case 'TITLE':
      return tell('thread/name/updated', { threadId: thread, threadName: tail });
    case 'WARN':
      return tell('warning', { threadId: thread, message: tail });
    case 'RETRY':
      for (const n of [1, 2]) {
        const error = { message: `Reconnecting... ${n}/5`, additionalDetails: 'no route' };
        tell('error', { error, willRetry: true, ...ours() });
      }
      return;
    case 'UNKNOWN':
      return unknown();
    case 'RAW':
      return process.stdout.write(
        `${tail.replaceAll('$THREAD', thread).replaceAll('$TURN', turn.id)}\n`,
      );
    case 'OTHERS':
      return others();
    case 'TURN_PARAMS': {
      const { threadId: _, input: __, ...rest } = params;
      return say(JSON.stringify(rest));
    }
    case 'GIVEN':
      return say(JSON.stringify(given));
    case 'LATE': {
      const at = { itemId: itemId('m'), delta: 'late', ...ours() };
      setTimeout(() => tell('item/agentMessage/delta', at), 50);
      return;
    }
    case 'DEAF': {
      process.stdin.pause();
      for (let n = 0; n < Number(rest[0]); n++) {
        write({
          id: `${n}`.padEnd(Number(rest[1]) * 1024 * 1024, 'x'),
          method: 'unknown',
          params: {},
        });
        await new Promise((resolve) => process.stdout.once('drain', resolve));
      }
      return new Promise(() => setInterval(() => {}, 1_000));
    }
    case 'FAIL':
      turn.error = {
        message: 'It went wrong.',
        codexErrorInfo: tail || 'other',
        additionalDetails: 'In detail.',
      };
      return;
    case 'CRASH':
      return die(Number(tail || 1), 'told to crash');
    default:
      return say(`You said: ${text}`);
  }
}

const stepsOf = ({ input }) =>
  input
    .map((part) => part.text ?? part.url ?? '')
    .join('')
    .split(/\n| ; /)
    .map((each) => each.trim());

async function runTurn(id, params) {
  const mine = (turn = { id: randomUUID(), interrupted: false, wake: undefined, error: null });
  const answer = () =>
    write({ id, result: { turn: { id: mine.id, status: 'inProgress', items: [], error: null } } });
  if (!has('--answer-last')) answer();
  tell('turn/started', { threadId: thread, turn: { id: mine.id, status: 'inProgress' } });
  const text = params.input.map((part) => part.text ?? part.url ?? '').join('');
  mine.steps = stepsOf(params);
  const user = { type: 'userMessage', id: randomUUID(), content: params.input };
  started(user);
  completed(user);
  while (mine.steps.length > 0 && !mine.interrupted) {
    await step(mine.steps.shift(), params);
  }
  remember(text);
  const status = mine.interrupted ? 'interrupted' : mine.error ? 'failed' : 'completed';
  const { error } = mine;
  tell('turn/completed', { threadId: thread, turn: { id: mine.id, status, error, items: [] } });
  turn = undefined;
  if (has('--answer-last')) answer();
}

const opened = () => ({
  thread: { id: thread, name: null, status: { type: 'idle' }, turns: [] },
  model: 'big',
  modelProvider: 'here',
  approvalPolicy: 'on-request',
  sandbox,
  reasoningEffort: null,
});

function request({ id, method, params }) {
  if (valueOf('--never') === method) return;
  const result = (value) => write({ id, result: value });
  const error = (message) => write({ id, error: { code: -32600, message } });
  if (has('--old') && method !== 'initialize') {
    return error(`Invalid request: unknown variant \`${method}\`, expected one of \`initialize\``);
  }
  switch (method) {
    case 'initialize':
      if (has('--config-warning')) {
        tell('configWarning', { summary: 'Something is odd', details: 'In a file.' });
      }
      return result({ userAgent: 'aperture/0.169.0 (Linux)', codexHome: '/nowhere' });
    case 'account/read':
      return result({ account: null, requiresOpenaiAuth: has('--needs-login') });
    case 'model/list':
      return result({
        data: [model('big', true, 'low', 'high'), model('small', false, 'none', 'low'), { bad: 1 }],
        nextCursor: null,
      });
    case 'thread/start':
      given = params;
      thread = randomUUID();
      return result(opened());
    case 'thread/resume':
      if (!remembered()[params.threadId]) {
        return error(`no rollout found for thread id ${params.threadId}`);
      }
      thread = params.threadId;
      return result(opened());
    case 'turn/start':
      return void runTurn(id, params);
    case 'turn/steer':
      if (!turn || turn.id !== params.expectedTurnId || has('--no-steer')) {
        return error('cannot steer this turn');
      }
      turn.steps.push(...stepsOf(params));
      result({ turnId: turn.id });
      return turn.wake?.();
    case 'turn/interrupt':
      if (!turn || turn.id !== params.turnId) return error('no active turn to interrupt');
      result({});
      if (has('--no-interrupt')) return;
      turn.interrupted = true;
      return turn.wake?.();
    default:
      return error(`Invalid request: unknown variant \`${method}\``);
  }
}

if (has('--exit-at-once')) die(Number(valueOf('--exit-at-once') ?? 2), 'told to exit at once');

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const message = JSON.parse(line);
    if (message.method !== undefined) {
      if (message.id !== undefined) request(message);
      return;
    }
    waiting.get(message.id)?.(message);
    waiting.delete(message.id);
  })
  .on('close', () => process.exit(0));
