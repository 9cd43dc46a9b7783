import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeExit, describeRpcError } from '../../../src/gateway/acp/failures.ts';
import { agentEnvironment } from '../../../src/gateway/acp/environment.ts';
import { JsonRpcPeer, RpcError, type RpcId } from '../../../src/gateway/acp/json-rpc.ts';
import { LineSplitter } from '../../../src/gateway/acp/lines.ts';
import { Tail } from '../../../src/gateway/acp/tail.ts';
import { isConversation } from '../../../src/gateway/acp/updates.ts';

describe('lines', () => {
  test('come out whole however the bytes were cut', () => {
    const line = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n]/g, ''));
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat(7), { minLength: 1 }), (lines, cuts) => {
        const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
        const seen: string[] = [];
        const splitter = new LineSplitter(
          1e6,
          (text) => seen.push(text),
          () => {},
        );
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const length = cuts[i % cuts.length]! + 1;
          splitter.push(bytes.subarray(at, at + length));
          at += length;
        }
        expect(seen).toEqual(lines);
      }),
    );
  });

  test('[R71] one that is too long is told once, and nothing follows', () => {
    const seen: string[] = [];
    let overflows = 0;
    const splitter = new LineSplitter(
      10,
      (text) => seen.push(text),
      () => overflows++,
    );
    splitter.push(Buffer.from('short\r\n0123456789\n'));
    splitter.push(Buffer.from('01234'));
    splitter.push(Buffer.from('567890'));
    splitter.push(Buffer.from('\nmore\n'));
    expect(seen).toEqual(['short', '0123456789']);
    expect(overflows).toBe(1);
  });
});

test('[R30] a tail keeps the last bytes, whatever was written before', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ maxLength: 50 })),
      fc.integer({ min: 1, max: 64 }),
      (texts, max) => {
        const tail = new Tail(max);
        for (const text of texts) tail.push(Buffer.from(text.replace(/[^ -~]/g, '.')));
        const all = texts.map((text) => text.replace(/[^ -~]/g, '.')).join('');
        expect(tail.text()).toBe(all.slice(-max));
      },
    ),
  );
  const many = new Tail(100);
  for (let i = 0; i < 5_000; i++) many.push(Buffer.from('ab'));
  expect(many.text()).toBe('ab'.repeat(50));
});

describe('environment', () => {
  test('[R70] an allow-list, what the agent is passed, and what it is set', () => {
    const own = {
      PATH: '/bin',
      LC_ALL: 'C',
      XDG_CONFIG_HOME: '/x',
      AWS_SECRET_ACCESS_KEY: 'secret',
      OPENAI_API_KEY: 'key',
      OPENAI_BASE_URL: 'url',
      NODE_OPTIONS: '--inspect',
      APERTURE_TOKEN: 'token',
      EMPTY: undefined,
    };
    expect(agentEnvironment({ env: {}, passEnv: [] }, own)).toEqual({
      PATH: '/bin',
      LC_ALL: 'C',
      XDG_CONFIG_HOME: '/x',
    });
    expect(
      agentEnvironment({ env: { PATH: '/mine', EXTRA: '1' }, passEnv: ['OPENAI_*', 'EMPTY'] }, own),
    ).toEqual({
      PATH: '/mine',
      EXTRA: '1',
      LC_ALL: 'C',
      XDG_CONFIG_HOME: '/x',
      OPENAI_API_KEY: 'key',
      OPENAI_BASE_URL: 'url',
    });
  });
});

/** A peer, and everything that it did. */
function peer() {
  const written: { id?: unknown; method?: string }[] = [];
  const requests: [method: string, id: RpcId][] = [];
  const notes: string[] = [];
  const bad: string[] = [];
  const it = new JsonRpcPeer({
    write: (line) => written.push(JSON.parse(line)),
    request: (method, _params, id) => requests.push([method, id]),
    notification: (method) => notes.push(method),
    malformed: (line) => bad.push(line),
  });
  return { it, written, requests, notes, bad };
}

describe('JSON-RPC', () => {
  test('ids of every kind come back exactly as they came', () => {
    const { it, requests, written } = peer();
    for (const id of [0, '', 'uuid', -1, 1.5, null])
      it.receive(JSON.stringify({ jsonrpc: '2.0', id, method: 'ask', params: {} }));
    for (const [, id] of requests) it.respond(id, 'yes');
    expect(written.map(({ id }) => id)).toEqual([0, '', 'uuid', -1, 1.5, null]);
  });

  test('what follows a response is seen after it, even in one chunk', async () => {
    const order: string[] = [];
    const it = new JsonRpcPeer({
      write: () => {},
      request: () => {},
      notification: (method) => order.push(method),
      malformed: () => {},
    });
    const answered = it.request('new', {}, () => order.push('result'));
    it.receive('{"jsonrpc":"2.0","method":"before"}');
    it.receive('{"jsonrpc":"2.0","id":1,"result":{}}');
    it.receive('{"jsonrpc":"2.0","method":"after"}');
    await answered;
    expect(order).toEqual(['before', 'result', 'after']);
  });

  test('[R43] close settles what waits, once; a late answer is nobody’s', async () => {
    const { it, bad, written } = peer();
    const waiting = it.request('prompt', {}, (result) => result);
    it.close(new Error('gone'));
    it.close(new Error('again'));
    await expect(waiting).rejects.toThrow('gone');
    it.receive('{"jsonrpc":"2.0","id":1,"result":{}}');
    expect(bad).toHaveLength(1);
    await expect(it.request('more', {}, (result) => result)).rejects.toThrow('gone');
    it.notify('note', {});
    it.respond(1, {});
    expect(written).toHaveLength(1);
  });

  test('errors carry code and data; a timeout names the method', async () => {
    const { it } = peer();
    const failing = it.request('a', {}, () => {});
    it.receive('{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"no","data":{"x":1}}}');
    await expect(failing).rejects.toMatchObject({ rpcCode: -32000, message: 'no', data: { x: 1 } });
    await expect(it.request('slow/one', {}, () => {}, 5)).rejects.toThrow('slow/one');
  });

  test('[R71] what is no message is malformed, and harms nothing', () => {
    const { it, bad, notes, requests } = peer();
    const lines = [
      'text',
      '[1]',
      '"text"',
      'null',
      '{}',
      '{"id":{},"method":"x"}',
      '{"id":99,"result":1}',
      '{"id":"1","result":1}',
      '{"method":"x","params":{"__proto__":{}}}',
      `{"method":"x","params":${'['.repeat(99)}${']'.repeat(99)}}`,
    ];
    for (const line of [...lines, '', '   ']) it.receive(line);
    expect(bad).toEqual(lines);
    expect([...notes, ...requests]).toEqual([]);
  });
});

describe('words for failures', () => {
  const spec = {
    name: 'x',
    title: 'Agent X',
    command: 'x-acp',
    args: [],
    env: {},
    passEnv: [],
  };

  test('[R47] each names the agent and says what to do', () => {
    const missing = Object.assign(new Error('spawn'), { code: 'ENOENT' });
    const cases = [
      [describeExit(spec, { spawnError: missing }, '', true), 'agent_not_found', 'Install it'],
      [describeExit(spec, { code: 3 }, 'boom', true), 'agent_exited', 'exit code 3'],
      [describeExit(spec, { signal: 'SIGKILL' }, '', false), 'agent_crashed', 'by SIGKILL'],
      [describeExit(spec, { code: 0 }, '', false), 'agent_exited', 'Send a message'],
      [describeExit(spec, { signal: 'x', killedFor: 'flooding' }, '', false), 'agent_flood', 'ACP'],
      [describeExit(spec, { killedFor: 'not_reading' }, '', false), 'agent_flood', 'did not read'],
    ] as const;
    for (const [{ error }, code, says] of cases) {
      expect(error.code).toBe(code);
      expect(error.message).toContain('Agent X');
      expect(error.message).toContain(says);
    }
    expect(describeExit(spec, { code: 0 }, '', false).state).toBe('exited');
    expect(describeExit(spec, { code: 1 }, '', false).state).toBe('failed');
  });

  test('[R68] what an agent wrote is cleaned and bounded', () => {
    const { error, stderr } = describeExit(
      spec,
      { code: 1 },
      `\u001b[31mred\u202e\n${'x'.repeat(99_999)}`,
      false,
    );
    expect(error.message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(error.message.length).toBeLessThan(1_000);
    expect(stderr!.length).toBeLessThanOrEqual(4_096);
  });

  test('an error answer shows its details; a sign-in says how', () => {
    expect(
      describeRpcError(spec, new RpcError(-32603, 'Internal error', { details: 'no key' })),
    ).toMatchObject({ code: 'agent_error', message: 'The agent says: Internal error (no key)' });
    expect(describeRpcError(spec, new RpcError(-32000, 'Log in'))).toMatchObject({
      code: 'agent_auth',
      message: expect.stringContaining('“x-acp”'),
    });
  });
});

const update = (sessionUpdate: string) => ({ update: { sessionUpdate } });

test('modes and commands are no conversation; what is unknown is', () => {
  expect(isConversation(update('available_commands_update'))).toBe(false);
  expect(isConversation(update('current_mode_update'))).toBe(false);
  expect(isConversation(update('agent_message_chunk'))).toBe(true);
  expect(isConversation(update('something_new'))).toBe(true);
  expect(isConversation({})).toBe(true);
});
