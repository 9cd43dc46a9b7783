#!/usr/bin/env node
/**
 * A scripted ACP agent for tests: plain Node, no dependencies, one JSON-RPC message per line on stdio.
 * It does exactly what its flags and the words in a prompt say, well or badly.
 *
 * Flags
 *   --exit-at-once [code]   a line on stderr, then exit (default code 3), before anything is read
 *   --never-initialize      never answers `initialize`
 *   --slow-initialize MS    answers it after MS
 *   --protocol N            answers `initialize` with protocol version N (default 1)
 *   --never-session         never answers `session/new`
 *   --refuse-session        answers `session/new` with an error ("Authentication required", -32000)
 *   --garbage               writes lines that are no JSON (and JSON that is no message) between messages
 *   --no-cancel             ignores `session/cancel`
 *   --ignore-sigterm        ignores SIGTERM and the end of stdin
 *   --crash-after N         exits with code 1, with a line on stderr, right after the Nth session/update
 *   --load                  advertises loadSession; session/load replays the history
 *   --store FILE            with --load: keeps the history there, so that it survives the process
 *   --list                  advertises list, resume, close and delete: what --store has, two sessions a page
 *   --text-only             takes no images and no embedded files
 *   --ids colliding         session s1, messages m1, m2 …, tool calls t1, t2 …: two agents collide fully
 *                           (request ids count from 0 in every agent anyway)
 *   --no-message-id         chunks without messageId
 *   --tag TAG               goes before each token of STREAM
 *   --settings              has two modes and two options
 *   --auth METHODS          JSON: offers these authMethods; session/new wants a sign-in until `authenticate` with one of them
 *                           (not `bad`, which fails) or, of another process, until FILE of --signed-in exists
 *   --signed-in FILE        with --auth: whoever has signed in is remembered there
 *   --auth-late             with --auth: prompts want the sign-in, session/new does not
 *   --auth-asks             with --auth: `authenticate` itself asks for a code, by an elicitation for its request
 *   --given-up FILE         requests that the client gave up are written down there, by id
 *   --logout                with --auth: advertises logout
 *   --takes-all             advertises MCP over HTTP and additional directories
 *
 * Prompt words; several steps stand on lines of their own or are separated by ` ; `
 *   SAY text                one chunk                          THINK text     one thought chunk
 *   STREAM n [ms] [tag]     n chunks `tok0 ` … (`tag:tok0 `), ms apart (0: as fast as the pipe takes them)
 *   PERMIT [title]          permission request first, then its tool call, then `Permission: <optionId|cancelled>`
 *                           (options once, always, reject)
 *   TOOL [title]            a tool call: pending → in_progress → completed, with text, a diff and a location
 *   PLAN                    a plan of three steps that are worked through
 *   SLEEP ms                waits                              HANG           waits until cancelled
 *   BIG bytes               one chunk of that many `x`         ECHO_ENV NAME  `NAME=value` or `NAME is not set`
 *   CWD                     `cwd=<session/new's> process=<the process's>`
 *   EVIL                    ANSI, bidi, HTML, javascript: links, a remote image, in text, thought and tool call
 *   UNKNOWN                 an unknown update kind, then an unknown request; says `Unknown request: <error code|ok>`
 *   TITLE text              session_info_update                USAGE          usage_update
 *   LATE ms                 a chunk `late` that comes ms after the turn has ended
 *   DEAF n megabytes        reads nothing more, and sends n requests whose answers are that large
 *   UPDATE json             a session/update exactly like this (`$TERM` is put in)
 *   ASK_LATER ms            PERMIT, ms after the turn has ended
 *   CHILD                   starts a grandchild that lives until its group is killed; says `Child: <pid>`
 *   CALL method json        a request of the client (`$CWD` and `$TERM`, the last terminal, are put in); says the
 *                           result or the error as JSON on a line
 *   TAKE_BACK method json   the same, and at once `$/cancel_request` for it
 *   GIVEN                   what `initialize` and `session/new` were given, as JSON on a line
 *   FORM json               elicitation/create with that schema (`{}`: a form of every kind); says the result as JSON
 *   LINK [url]              the same with a link, elicitationId `link-1`
 *   DONE [id]               elicitation/complete for it
 *   RAW json                writes exactly this message
 *   STOP reason             ends the turn with that stop reason
 *   FAIL [message]          answers the prompt with an error   CRASH [code]   a line on stderr, then exit (code 1)
 *   anything else           is said back: `You said: …`
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { asking, signsIn } from './asking.mjs';

const args = process.argv.slice(2);
const has = (flag) => args.includes(flag);
const valueOf = (flag) => (has(flag) ? args[args.indexOf(flag) + 1] : undefined);

const colliding = valueOf('--ids') === 'colliding';
const withMessageId = !has('--no-message-id');
const crashAfter = Number(valueOf('--crash-after') ?? Infinity);
const tag = valueOf('--tag');
const store = valueOf('--store');

const sessions = new Map();
const waiting = new Map();
let requests = 0;
let updates = 0;
let tools = 0;
let messages = 0;
let terminal = '';
let given;

function die(code, line) {
  process.stderr.write(`scripted agent: ${line}\n`);
  process.exit(code);
}

function write(message) {
  if (has('--garbage')) process.stdout.write('warning: this line is no JSON\n[1,2,3]\n"text"\n\n');
  return process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}

function update(session, body) {
  if (!body.sessionUpdate.endsWith('_chunk')) session.messageKind = undefined;
  const flowing = write({
    method: 'session/update',
    params: { sessionId: session.id, update: body },
  });
  if (++updates >= crashAfter) die(1, `crashed after ${updates} updates`);
  return flowing ? undefined : new Promise((resolve) => process.stdout.once('drain', resolve));
}

function chunk(session, text, kind = 'agent_message_chunk') {
  remember(session, kind, text);
  // A message ends where something else comes in between.
  if (session.messageKind !== kind) {
    session.messageKind = kind;
    session.messageId = colliding ? `m${++messages}` : randomUUID();
  }
  const { messageId } = session;
  const body = { sessionUpdate: kind, content: { type: 'text', text } };
  return update(session, withMessageId ? { ...body, messageId } : body);
}

function request(method, params, then) {
  const id = requests++;
  write({ id, method, params });
  then?.(id);
  return new Promise((resolve) => waiting.set(id, resolve));
}

const toolId = () => `t${++tools}${colliding ? '' : `-${randomUUID().slice(0, 8)}`}`;

function sleep(ms, signal) {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}

function remember(session, kind, text) {
  if (!has('--load')) return;
  session.history.push([kind, text]);
  if (store) appendFileSync(store, `${JSON.stringify([session.id, kind, text])}\n`);
}

function stored() {
  if (!store || !existsSync(store)) return [];
  const rows = readFileSync(store, 'utf8').trim().split('\n').filter(Boolean);
  return rows.map((row) => JSON.parse(row));
}

/** Beside the history: where a session is, and that it was closed. */
function note(id, kind, text = '') {
  if (has('--list') && store) appendFileSync(store, `${JSON.stringify([id, kind, text])}\n`);
}

function recall(id) {
  if (!store || !existsSync(store)) return sessions.get(id)?.history ?? [];
  return stored().flatMap(([owner, kind, text]) =>
    owner === id && kind.endsWith('_chunk') ? [[kind, text]] : [],
  );
}

const EVIL =
  '\u001b[31mred\u001b[0m \u202eesrever\u202c <script>globalThis.pwned = 1</script> ' +
  '<img src=x onerror="globalThis.pwned = 1"> [click](javascript:globalThis.pwned=1) ' +
  '[data](data:text/html,hi) ![remote](https://evil.example/pixel.png?secret) <https://ok.example/>';

const WORDS = {
  SAY: (session, text) => chunk(session, text),
  THINK: (session, text) => chunk(session, text, 'agent_thought_chunk'),
  async STREAM(session, rest, signal) {
    const [count, ms = 0, name = tag] = rest.split(/\s+/);
    for (let i = 0; i < Number(count) && !signal.aborted; i++) {
      await chunk(session, name ? `${name}:tok${i} ` : `tok${i} `);
      if (Number(ms) > 0) await sleep(Number(ms), signal);
      // Without a pause, stdin (a cancel) must still get its turn.
      else if (i % 256 === 255) await new Promise((resolve) => setImmediate(resolve));
    }
  },
  async PERMIT(session, title) {
    const toolCallId = toolId();
    const call = {
      toolCallId,
      title: title || 'A permitted thing',
      kind: 'execute',
      rawInput: { command: title },
    };
    const reply = await request('session/request_permission', {
      sessionId: session.id,
      toolCall: call,
      options: [
        { optionId: 'once', name: 'Allow once', kind: 'allow_once' },
        { optionId: 'always', name: 'Always allow', kind: 'allow_always' },
        { optionId: 'reject', name: 'Reject', kind: 'reject_once' },
      ],
    });
    const outcome = reply.result?.outcome ?? { outcome: `error ${reply.error?.code}` };
    const chosen = outcome.outcome === 'selected' ? outcome.optionId : outcome.outcome;
    const status = chosen === 'once' || chosen === 'always' ? 'completed' : 'failed';
    await update(session, { sessionUpdate: 'tool_call', ...call, status: 'in_progress' });
    await update(session, { sessionUpdate: 'tool_call_update', toolCallId, status });
    await chunk(session, `Permission: ${chosen}`);
  },
  async TOOL(session, title) {
    const toolCallId = toolId();
    const path = `${session.cwd}/file.txt`;
    await update(session, {
      sessionUpdate: 'tool_call',
      toolCallId,
      title: title || 'Edit file.txt',
      kind: 'edit',
      status: 'pending',
      locations: [{ path, line: 1 }],
      rawInput: { path },
    });
    await update(session, {
      sessionUpdate: 'tool_call_update',
      toolCallId,
      status: 'in_progress',
      content: [{ type: 'content', content: { type: 'text', text: 'working' } }],
    });
    await update(session, {
      sessionUpdate: 'tool_call_update',
      toolCallId,
      status: 'completed',
      content: [
        { type: 'content', content: { type: 'text', text: 'done' } },
        { type: 'diff', path, oldText: 'one\ntwo\n', newText: 'one\nthree\n' },
      ],
    });
  },
  async PLAN(session, _rest, signal) {
    const steps = ['Look', 'Think', 'Act'];
    for (let done = 0; done <= steps.length && !signal.aborted; done++) {
      const entries = steps.map((content, i) => ({
        content,
        priority: 'medium',
        status: i < done ? 'completed' : i === done ? 'in_progress' : 'pending',
      }));
      await update(session, { sessionUpdate: 'plan', entries });
    }
  },
  SLEEP: (_session, ms, signal) => sleep(Number(ms), signal),
  HANG: (_session, _rest, signal) => sleep(2 ** 31 - 1, signal),
  BIG: (session, bytes) => chunk(session, 'x'.repeat(Number(bytes))),
  ECHO_ENV: (session, name) =>
    chunk(session, name in process.env ? `${name}=${process.env[name]}` : `${name} is not set`),
  CWD: (session) => chunk(session, `cwd=${session.cwd} process=${process.cwd()}`),
  async EVIL(session) {
    await chunk(session, EVIL, 'agent_thought_chunk');
    await update(session, {
      sessionUpdate: 'tool_call',
      toolCallId: toolId(),
      title: EVIL,
      kind: 'other',
      status: 'completed',
      content: [{ type: 'content', content: { type: 'text', text: EVIL } }],
    });
    await chunk(session, EVIL);
  },
  async UNKNOWN(session) {
    await update(session, { sessionUpdate: 'scripted_novelty', detail: { answer: 42 } });
    const reply = await request('scripted/unknown', { sessionId: session.id });
    await chunk(session, `Unknown request: ${reply.error ? reply.error.code : 'ok'}`);
  },
  TITLE: (session, title) => update(session, { sessionUpdate: 'session_info_update', title }),
  USAGE: (session) => update(session, { sessionUpdate: 'usage_update', used: 1200, size: 200000 }),
  LATE(session, ms) {
    setTimeout(() => chunk(session, 'late'), Number(ms));
  },
  UPDATE: (session, json) => update(session, JSON.parse(json.replaceAll('$TERM', terminal))),
  async DEAF(_session, rest, signal) {
    const [count, megabytes] = rest.split(/\s+/).map(Number);
    process.stdin.pause();
    for (let i = 0; i < count; i++) {
      write({ id: `${i}`.padEnd(megabytes * 1024 * 1024, 'x'), method: 'unknown', params: {} });
      await new Promise((resolve) => process.stdout.once('drain', resolve));
    }
    await sleep(60_000, signal);
  },
  ASK_LATER(session, ms) {
    setTimeout(() => void WORDS.PERMIT(session), Number(ms));
  },
  CHILD(session) {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      stdio: 'ignore',
    });
    return chunk(session, `Child: ${child.pid}`);
  },
  async CALL(session, rest, _signal, then) {
    const [, method, json] = /^(\S+)\s*([^]*)$/.exec(rest);
    const filled = (json || '{}').replaceAll('$CWD', session.cwd).replaceAll('$TERM', terminal);
    const reply = await request(method, { sessionId: session.id, ...JSON.parse(filled) }, then);
    terminal = reply.result?.terminalId ?? terminal;
    await chunk(session, `${JSON.stringify(reply.result ?? { error: reply.error })}\n`);
  },
  TAKE_BACK: (session, rest, signal) =>
    WORDS.CALL(session, rest, signal, (requestId) =>
      write({ method: '$/cancel_request', params: { requestId } }),
    ),
  GIVEN: (session) => chunk(session, `${JSON.stringify([given, session.given])}\n`),
  ...asking({ write, call: (...args) => WORDS.CALL(...args) }),
  STOP: (_session, reason) => ({ stopReason: reason }),
  FAIL(_session, message) {
    throw Object.assign(new Error(message || 'Told to fail'), { code: -32603 });
  },
  CRASH: (_session, code) => die(Number(code || 1), 'told to crash'),
};

async function prompt({ sessionId, prompt: blocks }) {
  const session = sessions.get(sessionId);
  if (!session) throw Object.assign(new Error(`No session ${sessionId}`), { code: -32602 });
  const text = blocks.map((block) => block.text ?? `[${block.type}]`).join('\n');
  remember(session, 'user_message_chunk', text);
  const turn = new AbortController();
  session.turn = turn;
  session.messageKind = undefined;
  let stopReason = 'end_turn';
  for (const step of text.split(/\n| ; /)) {
    if (turn.signal.aborted) break;
    const [, word = '', rest = ''] = /^\s*(\S+)\s*([^]*)$/.exec(step) ?? [];
    const act = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
    const result = act
      ? await act(session, rest.trim(), turn.signal)
      : await chunk(session, `You said: ${step.trim()}`);
    if (result?.stopReason) stopReason = result.stopReason;
  }
  return { stopReason: turn.signal.aborted ? 'cancelled' : stopReason };
}

const modes = {
  currentModeId: 'ask',
  availableModes: [
    { id: 'ask', name: 'Ask' },
    { id: 'code', name: 'Code' },
  ],
};
const configOptions = [
  {
    id: 'model',
    name: 'Model',
    type: 'select',
    currentValue: 'small',
    options: [
      { value: 'small', name: 'Small' },
      { value: 'large', name: 'Large' },
    ],
  },
  { id: 'fast', name: 'Fast', type: 'boolean', currentValue: false },
];

const signIn = signsIn({ has, valueOf, request });

const never = () => new Promise(() => {});

const METHODS = {
  async initialize({ clientCapabilities }) {
    given = clientCapabilities;
    if (has('--never-initialize')) return never();
    if (has('--slow-initialize'))
      await sleep(Number(valueOf('--slow-initialize')), new AbortController().signal);
    return {
      protocolVersion: Number(valueOf('--protocol') ?? 1),
      agentInfo: { name: 'scripted', title: 'Scripted agent', version: '0.0.0' },
      agentCapabilities: {
        loadSession: has('--load'),
        ...(has('--logout') && { auth: { logout: {} } }),
        promptCapabilities: has('--text-only') ? {} : { image: true, embeddedContext: true },
        ...(has('--takes-all') && { mcpCapabilities: { http: true } }),
        sessionCapabilities: {
          ...(has('--takes-all') && { additionalDirectories: {} }),
          ...(has('--list') && { list: {}, resume: {}, close: {}, delete: {} }),
        },
      },
      authMethods: signIn.methods,
    };
  },
  'session/new'({ cwd, ...rest }) {
    if (has('--never-session')) return never();
    if (has('--refuse-session')) signIn.refuse();
    if (!has('--auth-late')) signIn.check();
    const id = colliding ? 's1' : randomUUID();
    sessions.set(id, { id, cwd, given: rest, history: [] });
    note(id, 'cwd', cwd);
    return { sessionId: id, ...(has('--settings') && { modes, configOptions }) };
  },
  async 'session/load'({ sessionId, cwd, ...rest }) {
    if (!has('--load')) throw Object.assign(new Error('Method not found'), { code: -32601 });
    const history = recall(sessionId);
    if (store && has('--list') && history.length === 0)
      throw Object.assign(new Error(`No session ${sessionId}`), { code: -32602 });
    const session = { id: sessionId, cwd, given: rest, history };
    sessions.set(sessionId, session);
    for (const [kind, text] of history)
      await update(session, { sessionUpdate: kind, content: { type: 'text', text } });
    return {};
  },
  'session/list'({ cursor = '0' }) {
    const ids = [...new Set(stored().map(([id]) => id))];
    const at = Number(cursor);
    const listed = ids.slice(at, at + 2).map((sessionId) => ({
      sessionId,
      cwd: stored().find(([id, kind]) => id === sessionId && kind === 'cwd')?.[2] ?? '/',
      title: recall(sessionId)[0]?.[1] ?? null,
      updatedAt: '2026-01-15T09:30:00Z',
    }));
    return { sessions: listed, ...(ids.length > at + 2 && { nextCursor: String(at + 2) }) };
  },
  'session/resume'({ sessionId, cwd, ...rest }) {
    if (!has('--list')) throw Object.assign(new Error('Method not found'), { code: -32601 });
    sessions.set(sessionId, { id: sessionId, cwd, given: rest, history: recall(sessionId) });
    return {};
  },
  'session/close'({ sessionId }) {
    note(sessionId, 'closed');
    return {};
  },
  'session/delete'({ sessionId }) {
    const rest = stored().filter(([id]) => id !== sessionId);
    writeFileSync(store, rest.map((row) => `${JSON.stringify(row)}\n`).join(''));
    return {};
  },
  'session/set_mode'({ modeId }) {
    if (!has('--settings')) throw Object.assign(new Error('Method not found'), { code: -32601 });
    if (!modes.availableModes.some(({ id }) => id === modeId))
      throw Object.assign(new Error(`No mode ${modeId}`), { code: -32602 });
    modes.currentModeId = modeId;
    return {};
  },
  'session/set_config_option'({ configId, value, type }) {
    const option = configOptions.find(({ id }) => id === configId);
    if (!has('--settings') || !option || (option.type === 'boolean') !== (type === 'boolean'))
      throw Object.assign(new Error(`No such option: ${configId}`), { code: -32602 });
    option.currentValue = value;
    return { configOptions };
  },
  authenticate: signIn.authenticate,
  logout: signIn.logout,
  'session/prompt'(params) {
    signIn.check();
    return prompt(params);
  },
  '$/cancel_request'({ requestId }) {
    if (has('--given-up')) appendFileSync(valueOf('--given-up'), `${requestId}\n`);
  },
  'session/cancel'({ sessionId }) {
    if (!has('--no-cancel')) sessions.get(sessionId)?.turn?.abort();
  },
};

async function receive(line) {
  const { id, method, params, ...reply } = JSON.parse(line);
  if (method === undefined) {
    waiting.get(id)?.(reply);
    waiting.delete(id);
    return;
  }
  try {
    const act = METHODS[method];
    if (!act) throw Object.assign(new Error(`Method not found: ${method}`), { code: -32601 });
    const result = await act(params ?? {}, id);
    if (id !== undefined) write({ id, result: result ?? null });
  } catch (error) {
    if (id === undefined) return;
    write({ id, error: { code: error.code ?? -32603, message: error.message } });
  }
}

if (has('--exit-at-once')) {
  const code = Number(valueOf('--exit-at-once'));
  die(Number.isInteger(code) ? code : 3, 'told to exit at once');
}
if (has('--ignore-sigterm')) {
  process.on('SIGTERM', () => {});
  setInterval(() => {}, 60_000);
}
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => void receive(line));
lines.on('close', () => has('--ignore-sigterm') || process.exit(0));
