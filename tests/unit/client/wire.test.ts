import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer, type WebSocket as ServerSocket } from 'ws';
import { ApertureClient } from '../../../src/app/client/aperture-client.ts';
import { GatewayApi, isGateway } from '../../../src/app/client/gateway-api.ts';
import { create, remove } from '../../../src/app/client/gateway-changes.ts';
import {
  apertureProtocol,
  decodeAperture,
  sessionSocketUrl,
} from '../../../src/app/client/protocols/aperture.ts';
import type { Incoming, Link, Socket } from '../../../src/app/client/protocols/port.ts';
import { ManualEnvironment, openRequest, placeAt, RecordingHost, summary } from './kit.ts';

// Real sockets throughout: fakes are wrong about refused connections.
const sockets = (url: string, protocols: readonly string[]): Socket =>
  new WebSocket(url, [...protocols]) as unknown as Socket;

let server: Server;
let wire: WebSocketServer;
let url: string;
/** What the server does with a new socket, and with a request. */
let onSocket: (socket: ServerSocket) => void;
let answer: { status: number; body: string };
let requests: { method: string; path: string; authorization: string | undefined; body: string }[];

beforeEach(async () => {
  onSocket = () => {};
  answer = { status: 200, body: '{}' };
  requests = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      requests.push({ method, path, authorization: headers.authorization, body });
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
    });
  });
  wire = new WebSocketServer({ server });
  wire.on('connection', (socket) => {
    socket.on('error', () => {});
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  for (const socket of wire.clients) socket.terminate();
  wire.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const attached = JSON.stringify({
  t: 'attached',
  epoch: 'e1',
  mode: 'full',
  low: 1,
  head: 0,
  session: summary('a'),
  pending: [],
});

interface Heard {
  link: Link;
  incoming: Incoming[];
  closed: Promise<number>;
}

function open(endpoint = { url, token: 'secret' }): Heard {
  const incoming: Incoming[] = [];
  let close!: (code: number) => void;
  const closed = new Promise<number>((resolve) => (close = resolve));
  const link = apertureProtocol.open(
    openRequest({
      session: 'a',
      endpoint,
      client: 'tab-test',
      resume: { epoch: 'e1', since: 7 },
      sockets,
      sink: { incoming: (message) => incoming.push(message), closed: close },
    }),
  );
  return { link, incoming, closed };
}

const until = async (met: () => boolean): Promise<void> => {
  while (!met()) await new Promise((resolve) => setTimeout(resolve, 5));
};

const urlBelow = (base: string): string => sessionSocketUrl({ url: base, token: '' }, 'a/b');
const decode = (frame: object): unknown => decodeAperture(JSON.stringify(frame));
const api = (): GatewayApi => new GatewayApi({ url, token: 'secret' });
const code = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'ok',
    ({ code, retryable }: { code: string; retryable: boolean }) => [code, retryable],
  );

describe('aperture.v1 over real sockets', () => {
  it('[R67] shows the token in the first frame and nowhere in the address', async () => {
    const frames: unknown[] = [];
    const seen = { path: '', protocol: '' };
    wire.on('connection', (socket, request) => {
      seen.path = request.url ?? '';
      seen.protocol = socket.protocol;
      socket.on('message', (data: Buffer) => frames.push(JSON.parse(data.toString())));
    });
    const { link } = open();
    await until(() => frames.length > 0);
    link.close();
    expect(frames).toEqual([
      { t: 'attach', token: 'secret', client: 'tab-test', epoch: 'e1', since: 7, lines: true },
    ]);
    expect(seen).toEqual({ path: '/v1/sessions/a/ws', protocol: 'aperture.v1' });
  });

  it('reports what comes, in order, and the close with its code', async () => {
    onSocket = (socket) => {
      socket.send(attached);
      socket.send(JSON.stringify({ t: 'from_the_future', x: 1 }));
      socket.send(
        JSON.stringify({
          t: 'm',
          n: 3,
          from: 2,
          at: 5,
          m: { method: 'session/update', params: { update: { sessionUpdate: 'odd' } } },
        }),
      );
      socket.close(4410, 'ended');
    };
    const { incoming, closed } = open();
    expect(await closed).toBe(4410);
    expect(incoming).toMatchObject([
      { kind: 'attached', info: { epoch: 'e1' } },
      { kind: 'event', event: { from: 2, n: 3, at: 5, event: { type: 'raw' } } },
    ]);
  });

  it.each(['{', '[]', '{"t":"m","n":"one"}', '{"t":"pong","c":1,"__proto__":{}}'])(
    '[R71] an unreadable frame (%s) ends this socket, and is retried',
    async (frame) => {
      const ended = new Promise<number>((resolve) => {
        onSocket = (socket) => {
          socket.on('close', resolve);
          socket.send(attached);
          socket.send(frame);
          socket.send(attached);
        };
      });
      const { incoming, closed } = open();
      const code = await closed;
      expect([code, apertureProtocol.classifyClose(code, '').verdict]).toEqual([1006, 'retry']);
      expect(incoming).toHaveLength(1);
      expect(await ended).toBe(4400);
    },
  );

  it('a refused connection, and an address that is none, are closes too', async () => {
    expect(await open({ url: 'http://127.0.0.1:1', token: 'x' }).closed).toBe(1006);
    const incoming: Incoming[] = [];
    const closed = new Promise<number>((resolve) => {
      apertureProtocol.open(
        openRequest({
          session: 'a',
          endpoint: { url, token: 'x' },
          client: 'c',
          resume: { epoch: undefined, since: 0 },
          sockets: () => {
            throw new DOMException('mixed content', 'SecurityError');
          },
          sink: { incoming: (message) => incoming.push(message), closed: resolve },
        }),
      );
    });
    expect(apertureProtocol.classifyClose(await closed, '').verdict).toBe('fatal');
  });

  it('[R12] closing is idempotent and final, also while it connects', async () => {
    const { link, incoming, closed } = open();
    link.close();
    link.close();
    let heard = false;
    void closed.then(() => (heard = true));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([heard, incoming]).toEqual([false, []]);
  });

  it('makes addresses below any path, secure for secure', () => {
    expect(urlBelow('https://x.test/agents')).toBe('wss://x.test/agents/v1/sessions/a%2Fb/ws');
    expect(urlBelow('http://127.0.0.1:4800')).toBe('ws://127.0.0.1:4800/v1/sessions/a%2Fb/ws');
  });

  it('decodes every kind of frame', () => {
    expect(decode({ t: 'ack', k: 'k', n: 4, dup: true })).toEqual({
      kind: 'ack',
      key: 'k',
      duplicate: true,
    });
    const error = { code: 'busy', message: 'm', retryable: true };
    expect(decode({ t: 'refused', k: 'k', error })).toEqual({ kind: 'refused', key: 'k', error });
    expect(decode({ t: 'error', error })).toEqual({ kind: 'error', error });
    expect(decode({ t: 'pong', c: 3 })).toEqual({ kind: 'pong', token: 3 });
    expect(decode({ t: 'session', session: summary('a') })).toMatchObject({ kind: 'summary' });
  });
});

describe('client over real sockets', () => {
  it('[R1][R20][R21] ten sessions that the server cuts come back by themselves, each where it was', async () => {
    let connections = 0;
    const dials: number[] = [];
    const asked: { since: number }[] = [];
    onSocket = (socket) => {
      dials.push(performance.now());
      connections++;
      socket.on('message', (data: Buffer) => {
        const frame = JSON.parse(data.toString()) as { t: string; since: number };
        if (frame.t !== 'attach') return;
        asked.push(frame);
        const mode = frame.since > 0 ? 'resume' : 'full';
        socket.send(
          JSON.stringify({
            t: 'attached',
            epoch: 'e1',
            mode,
            low: 1,
            head: 2,
            session: summary('a', { head: 2 }),
            pending: [],
          }),
        );
        for (let n = frame.since + 1; n <= 2; n++) {
          const update = {
            sessionUpdate: 'agent_message_chunk',
            content: { type: 'text', text: `${n}` },
          };
          const m = { method: 'session/update', params: { update } };
          socket.send(JSON.stringify({ t: 'm', n, at: 1, m }));
        }
      });
    };
    const host = new RecordingHost();
    const environment = new ManualEnvironment();
    const client = new ApertureClient({
      host,
      environment,
      sockets,
      client: 'tab-test',
      place: placeAt(url),
      check: async () => ({ status: 'there' }),
      random: () => 0,
    });
    const ids = Array.from({ length: 10 }, (_, index) => `s${index}`);
    await Promise.all(ids.map((id) => client.connectSession(id)));
    await until(() => ids.every((id) => host.numbers(id).length === 2));
    for (const socket of wire.clients) socket.terminate();
    await until(() => connections === 20);
    await until(() => ids.every((id) => client.getConnectionStatus(id).status === 'connected'));
    expect(asked.slice(10).map(({ since }) => since)).toEqual(ids.map(() => 2));
    expect(ids.map((id) => host.numbers(id))).toEqual(ids.map(() => [1, 2]));
    client.dispose();
    await until(() => wire.clients.size === 0);
  });
});

describe('gateway over REST', () => {
  it('shows the token in a header, and passes on what the gateway said', async () => {
    answer = { status: 201, body: JSON.stringify(summary('new')) };
    const created = await create(api(), { agent: 'workspace', cwd: '/srv' });
    expect(created.id).toBe('new');
    expect(requests[0]).toMatchObject({
      method: 'POST',
      path: '/v1/sessions',
      authorization: 'Bearer secret',
      body: '{"agent":"workspace","cwd":"/srv"}',
    });
    const error = { code: 'unknown_agent', message: 'There is no such agent.', retryable: false };
    answer = { status: 400, body: JSON.stringify({ error }) };
    await expect(create(api(), { agent: 'x', cwd: '/' })).rejects.toMatchObject(error);
  });

  it.each([
    [401, '', ['unauthorized', false]],
    [403, 'nope', ['forbidden', false]],
    [404, '', ['not_gateway', false]],
    [502, '<html>', ['unreachable', true]],
    [418, '', ['not_gateway', false]],
    [200, '<!doctype html>', ['not_gateway', false]],
    [200, '{"sessions": 3}', ['not_gateway', false]],
  ])('[R47] status %d with %j is %j', async (status, body, expected) => {
    answer = { status, body };
    expect(await code(api().sessions())).toEqual(expected);
  });

  it('[R15] nobody listens: unreachable, and worth trying again', async () => {
    const nobody = new GatewayApi({ url: 'http://127.0.0.1:1', token: 'x' });
    expect(await code(nobody.agents())).toEqual(['unreachable', true]);
    expect(await nobody.check('a')).toEqual({ status: 'unreachable' });
    expect(await isGateway('http://127.0.0.1:1')).toBe(false);
  });

  it.each(['forbidden_host', 'forbidden_origin'])(
    '[R11] %s is a refusal: trying again changes nothing',
    async (told) => {
      const error = { code: told, message: 'Not this page.', retryable: false };
      answer = { status: 403, body: JSON.stringify({ error }) };
      expect(await api().check('a')).toMatchObject({ status: 'refused', error: { code: told } });
    },
  );

  it('[R11] tells a session that is gone from a token that is wrong', async () => {
    answer = { status: 404, body: '' };
    expect(await api().check('a')).toEqual({ status: 'gone' });
    await expect(remove(api(), 'a')).resolves.toBeUndefined();
    answer = { status: 401, body: '' };
    expect(await api().check('a')).toMatchObject({ status: 'refused' });
    answer = { status: 200, body: '{}' };
    expect(await api().check('a')).toEqual({ status: 'there' });
  });

  it('[R69] a static host that answers everything is no gateway', async () => {
    answer = { status: 200, body: '<!doctype html>' };
    expect(await isGateway(url)).toBe(false);
    answer = { status: 200, body: '{"name":"something else"}' };
    expect(await isGateway(url)).toBe(false);
    answer = { status: 200, body: '{"ok":true,"name":"aperture"}' };
    expect(await isGateway(`${url}/below/a/path`)).toBe(true);
    expect(requests.at(-1)).toMatchObject({
      path: '/below/a/path/healthz',
      authorization: undefined,
    });
  });
});
