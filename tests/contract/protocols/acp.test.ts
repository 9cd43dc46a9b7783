import { describe, expect, it } from 'vitest';
import { acpProtocol } from '../../../src/app/client/protocols/acp/acp.ts';
import { acpUrl } from '../../../src/app/client/protocols/acp/handshake.ts';
import { DEFAULT_POLICY } from '../../../src/core/endpoint/policy.ts';
import { OPEN_TIMEOUT_MS } from '../../../src/core/limits.ts';
import { AcpServer, type AcpServerOptions } from '../../support/servers/acp-server.ts';
import { BidiServer } from '../../support/servers/bidi-server.ts';
import { afterCancel, Cast, during, USUAL } from './cast.ts';
import { until } from './page.ts';
import { protocolContract } from './suite.ts';

protocolContract<AcpServer>({
  ...USUAL,
  protocol: acpProtocol,
  server: () => new AcpServer({ resume: true, token: 'right' }),
  other: () => new BidiServer(),
  has: { cancel: true, approve: true, liveness: false, list: true },
  strays: [
    {
      what: 'an update of another session',
      why: 'foreign_scope',
      provoke: during({ foreign: true }),
    },
    { what: 'an update of no session', why: 'missing_scope', provoke: during({ unscoped: true }) },
    { what: 'an answer to no request', why: 'unknown_request', provoke: during({ orphans: true }) },
    { what: 'a second answer', why: 'duplicate_final', provoke: during({ duplicateFinal: true }) },
    { what: 'a request of the agent', why: 'unknown_kind', provoke: during({ requests: true }) },
    { what: 'the user’s own words', why: 'unknown_kind', provoke: during({ echo: true }) },
    {
      what: 'a token after the cancel',
      why: 'late',
      provoke: afterCancel({ lateTokens: true }),
    },
  ],
});

describe('acp: its own ways', () => {
  let server: AcpServer;
  const { page, connected } = new Cast({ protocol: () => acpProtocol, server: () => server });

  const start = async (options: AcpServerOptions = {}): Promise<void> => {
    server = await new AcpServer(options).start();
  };
  const probeRequest = (token = '') => ({
    endpoint: { url: server.url, token },
    policy: DEFAULT_POLICY.acp,
    sockets: page().sockets,
    fetch: (to: string, init: RequestInit) => fetch(to, init),
    signal: new AbortController().signal,
  });
  const methods = (): unknown[] =>
    server.frames.flatMap((frame) => (frame as { method?: string }).method ?? []);

  it('introduces itself, offers nothing of the page’s, and opens a session where it was asked to', async () => {
    await start();
    const { openings } = await connected();
    // An agent may take long to start; what answers nothing at all gets no longer time (R7).
    expect(openings).toEqual([OPEN_TIMEOUT_MS]);
    expect(server.frames).toMatchObject([
      {
        jsonrpc: '2.0',
        method: 'initialize',
        params: {
          protocolVersion: 1,
          clientCapabilities: {
            fs: { readTextFile: false, writeTextFile: false },
            terminal: false,
            session: { configOptions: { boolean: {} }, notices: {}, compaction: {} },
          },
        },
      },
      { method: 'session/new', params: { cwd: '/srv', mcpServers: [] } },
    ]);
  });

  it('[R28] a page that has the conversation resumes it, and hears nothing of it twice', async () => {
    await start({ resume: true, load: true });
    const made = await connected();
    await made.ask('one');
    made.link!.close();
    await made.connect();
    expect(methods().at(-1)).toBe('session/resume');
    expect(made.said('assistant')).toBe('You said: one.');
  });

  it('[R28] where the agent can only load, what it repeats is dropped', async () => {
    await start({ load: true });
    const made = await connected();
    await made.ask('one');
    server.dropAll();
    expect((await made.lost()).verdict).toBe('retry');
    await made.connect();
    expect(methods().at(-1)).toBe('session/load');
    expect(await made.ask('two')).toBe('end_turn');
    expect(made.said('user')).toBe('onetwo');
    expect(made.said('assistant')).toBe('You said: one.You said: two.');
  });

  it('a page that has nothing gets the history first, and its own prompt after it', async () => {
    await start({ resume: true, load: true, list: true });
    const first = await connected();
    await first.ask('one');
    const [listed] = await acpProtocol.list!(probeRequest());
    const second = page({ remote: listed!.remote });
    await second.connect();
    await second.ask('two');
    expect(second.said('user')).toBe('onetwo');
    expect(second.said('assistant')).toBe('You said: one.You said: two.');
  });

  it('[R13] where it can do neither, a drop is the end, and the reader is told', async () => {
    await start();
    const made = await connected();
    expect(made.link!.afterDrop).toBe('lost');
    await made.ask('one');
    server.dropAll();
    expect((await made.lost()).verdict).toBe('lost');
    expect(made.of('notice')).toHaveLength(1);
    made.open();
    expect((await made.lost()).verdict).toBe('lost');
    expect(made.said('assistant')).toBe('You said: one.');
  });

  it('but before anything was said, nothing is lost: there is a new session', async () => {
    await start();
    const made = await connected();
    server.dropAll();
    expect((await made.lost()).verdict).toBe('retry');
    await made.connect();
    expect(await made.ask('one')).toBe('end_turn');
    expect(server.sessions.size).toBe(2);
  });

  it('[R11] a session that the agent has forgotten is lost', async () => {
    await start({ resume: true, load: true });
    const made = await connected();
    await made.ask('one');
    server.sessions.clear();
    server.dropAll();
    await made.lost();
    made.open();
    expect((await made.lost()).verdict).toBe('lost');
  });

  it('lists all sessions of the server, page by page', async () => {
    await start({ list: true, pageSize: 2 });
    for (const cwd of ['/a', '/b', '/c', '/d', '/e']) server.open(cwd);
    const sessions = await acpProtocol.list!(probeRequest());
    expect(sessions.map(({ cwd }) => cwd)).toEqual(['/a', '/b', '/c', '/d', '/e']);
    expect(sessions[0]).toEqual({
      title: 'sess_1',
      cwd: '/a',
      updatedAt: Date.parse('2026-01-02T03:04:05Z'),
      remote: { sessionId: 'sess_1', cwd: '/a' },
    });
    await until('it is closed', () => server.connections === 0);
  });

  it('[R47] says when there is no list', async () => {
    await start();
    await expect(acpProtocol.list!(probeRequest())).rejects.toMatchObject({ code: 'cannot_list' });
    await until('it is closed', () => server.connections === 0);
  });

  it('[R47][R67] a token that is missing is asked for; in the address it goes only by policy', async () => {
    await start({ token: 'right' });
    expect(await acpProtocol.probe(probeRequest())).toMatchObject({ verdict: 'refused' });
    const made = page();
    made.open();
    expect(await made.lost()).toMatchObject({ verdict: 'fatal' });
    expect(made.heard('error')).toMatchObject([{ error: { code: 'unauthorized' } }]);
    const endpoint = { url: 'https://x.test', token: 'right' };
    expect(acpUrl({ endpoint, policy: DEFAULT_POLICY.acp })).toBe('wss://x.test/acp');
    const query = { ...DEFAULT_POLICY.acp, auth: 'query' } as const;
    expect(acpUrl({ endpoint, policy: query })).toBe('wss://x.test/acp?token=right');
    const below = { ...endpoint, url: 'http://x.test/agents/one' };
    expect(acpUrl({ endpoint: below, policy: query })).toBe('ws://x.test/agents/one?token=right');
  });

  it('[R47] an error is shown with its words, and ends the turn alone', async () => {
    await start();
    const made = await connected();
    expect(await made.ask('FAIL')).toBe('error');
    expect(made.of('error')[0]!.error.message).toContain('the model is not available');
    expect(await made.ask('again')).toBe('end_turn');
    server.misbehave.errorThenClose = true;
    expect(await made.ask('last')).toBe('error');
    await made.lost();
    expect(made.ends).toHaveLength(3);
  });

  it('answers what the agent asks of it beyond permission with −32601', async () => {
    await start({ requests: true });
    const made = await connected();
    await made.ask('hello');
    expect(server.frames).toContainEqual(
      expect.objectContaining({ id: 'fs-1', error: expect.objectContaining({ code: -32601 }) }),
    );
  });

  it('modes and options: what there is, what becomes of a change, and again after a drop', async () => {
    await start({ resume: true, settings: true });
    const made = await connected();
    const told = (): unknown => made.of('agent').at(-1);
    expect(told()).toMatchObject({
      state: 'ready',
      modes: { current: 'ask', available: [{ id: 'ask', name: 'ASK' }, { id: 'code' }, {}] },
      options: [{ id: 'fast', currentValue: false }],
    });
    const { settings } = made.link!;
    settings!.setMode('k1', 'code');
    settings!.setOption('k2', 'fast', true);
    await until('both are taken', () => made.of('options').length === 1);
    expect(made.of('mode')).toMatchObject([{ modeId: 'code', key: 'k1' }]);
    expect(made.of('options')).toMatchObject([{ key: 'k2', options: [{ currentValue: true }] }]);
    settings!.setMode('k3', 'stuck');
    await until('it is refused', () => made.of('error').length === 1);
    expect(made.of('error')).toMatchObject([{ key: 'k3', error: { code: 'setting_refused' } }]);
    server.dropAll();
    await made.lost();
    await made.connect();
    expect(told()).toMatchObject({
      modes: { current: 'code' },
      options: [{ id: 'fast', currentValue: true }],
    });
  });

  it('of an agent without modes and options there are none to change (negative control)', async () => {
    await start();
    const made = await connected();
    expect(made.link!.settings).toBeUndefined();
    expect(made.of('agent')).toEqual([]);
  });

  it('notices and compactions are shown as what they are', async () => {
    await start({
      updates: [
        { sessionUpdate: 'notice', severity: 'warning', title: 'Nearly full' },
        { sessionUpdate: 'compaction_update', compactionId: 'c', status: 'in_progress' },
        {
          sessionUpdate: 'compaction_summary_chunk',
          compactionId: 'c',
          content: { type: 'text', text: 'Short' },
        },
        { sessionUpdate: 'compaction_update', compactionId: 'c', status: 'completed' },
      ],
    });
    const made = await connected();
    await made.ask('hello');
    expect(made.of('notice')).toMatchObject([{ level: 'warning', text: 'Nearly full' }]);
    expect(made.of('tool').map(({ call }) => call.title)).toContain(
      'The conversation was compacted',
    );
    expect(JSON.stringify(made.of('tool'))).toContain('Short');
    expect(made.of('raw')).toEqual([]);
  });

  it('[R57] requests of two connections never share an id', async () => {
    await start({ resume: true });
    const made = await connected();
    for (const count of [1, 2]) {
      made.prompt('PERMISSION please');
      await until('it is asked', () => made.of('permission').length === count);
      server.dropAll();
      await made.lost();
      await made.connect();
    }
    const [first, second] = made.of('permission');
    expect(first!.id).not.toBe(second!.id);
  });

  it('takes updates of no session where the policy is lenient', async () => {
    await start({ unscoped: true });
    const made = await connected({ policy: { scope: 'lenient' } });
    await made.ask('hello');
    expect(made.said('assistant')).toBe('leakYou said: hello.');
  });
});

describe('acp: close codes', () => {
  it.each([
    [1000, 'retry'],
    [1006, 'retry'],
    [1002, 'fatal'],
    [1008, 'fatal'],
    [4401, 'fatal'],
    [4404, 'lost'],
  ])('[R10] %d is %s', (code, verdict) => {
    expect(acpProtocol.classifyClose(code, '').verdict).toBe(verdict);
  });
});
