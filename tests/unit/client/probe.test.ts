import { createServer, type Server } from 'node:http';
import { createServer as createTcp } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { readAddress } from '../../../src/app/client/probe/address.ts';
import { localNetwork } from '../../../src/app/client/probe/local-network.ts';
import { probeAddress, type ProbeParts } from '../../../src/app/client/probe/probe-address.ts';
import { reachOf } from '../../../src/app/client/probe/reach.ts';
import type { Protocol, Socket, SocketFactory } from '../../../src/app/client/protocols/port.ts';
import type { ProtocolName } from '../../../src/core/endpoint/policy.ts';
import type { ProbeAnswer } from '../../../src/core/endpoint/probe.ts';

const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));

const dialled: string[] = [];
const sockets: SocketFactory = (url, protocols) => {
  dialled.push(url);
  return new WebSocket(url, [...protocols]) as unknown as Socket;
};

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const http = (status: number): Promise<string> =>
  listen(createServer((_, response) => response.writeHead(status).end('a page')));

async function socketServer(onOpen: (socket: WebSocket) => void = () => {}): Promise<string> {
  const server = createServer((_, response) => response.writeHead(404).end());
  const wire = new WebSocketServer({ server });
  wire.on('connection', (socket) => {
    socket.on('error', () => {});
    onOpen(socket);
  });
  closing.push(() => wire.clients.forEach((socket) => socket.terminate()));
  return listen(server);
}

/** Protocols that give these answers, and `no` otherwise. */
const registry = (answers: Partial<Record<ProtocolName, ProbeAnswer | Protocol['probe']>>) => ({
  load: async (name: ProtocolName): Promise<Protocol> => {
    const answer = answers[name] ?? { verdict: 'no', how: 'It does not.' };
    const probe = typeof answer === 'function' ? answer : async () => answer;
    return { name, probe } as unknown as Protocol;
  },
});

const parts = (change: Partial<ProbeParts> = {}): ProbeParts => ({
  protocols: registry({}),
  sockets,
  fetch: (url, init) => fetch(url, init),
  signal: new AbortController().signal,
  https: false,
  origin: 'http://127.0.0.1:4800',
  localNetwork: async () => 'unknown',
  ...change,
});

/** A page on the internet, in a browser that asks before it lets it reach what is near. */
const PUBLIC = { https: true, origin: 'https://aperture.example' } as const;

describe('what was typed', () => {
  it.each([
    ['127.0.0.1:4800', 'http://127.0.0.1:4800'],
    [' ws://box.local:9/acp/ ', 'http://box.local:9/acp'],
    ['wss://agents.example.org/live', 'https://agents.example.org/live'],
    ['agents.example.org', 'https://agents.example.org'],
    ['agents.example.org:8080', 'http://agents.example.org:8080'],
    ['[::1]:4800', 'http://[::1]:4800'],
    ['nas', 'http://nas'],
    ['http://127.0.0.1:4800/index.html?x=1', 'http://127.0.0.1:4800'],
  ])('%s is %s', (text, url) => {
    expect(readAddress(text)).toMatchObject({ url });
  });

  it('[R69] takes a token out of a pasted link, and no name or password in an address', () => {
    expect(readAddress('http://127.0.0.1:4800/#token=abc')).toMatchObject({
      url: 'http://127.0.0.1:4800',
      token: 'abc',
    });
    expect(readAddress('http://ada:secret@box:1')).toMatch(/Take it out/);
  });

  it.each([
    '',
    '   ',
    'http://',
    'ftp://box',
    'javascript://x',
    'two words',
    'http://two words/x',
    'http://a:99999',
  ])('bad_address: “%s”, and nothing is dialled', async (text) => {
    dialled.length = 0;
    const report = await probeAddress(text, '', parts());
    expect(report).toMatchObject({ proposals: [], trouble: { code: 'bad_address' } });
    expect(dialled).toEqual([]);
  });

  it.each([
    ['localhost', 'loopback'],
    ['app.localhost', 'loopback'],
    ['127.8.0.1', 'loopback'],
    ['[::1]', 'loopback'],
    ['[::ffff:7f00:1]', 'loopback'],
    ['10.1.2.3', 'private'],
    ['172.31.0.1', 'private'],
    ['172.32.0.1', 'public'],
    ['192.168.1.4', 'private'],
    ['100.100.1.1', 'private'],
    ['[fe80::1]', 'private'],
    ['[fd00::1]', 'private'],
    ['[2001:db8::1]', 'public'],
    ['box.local', 'private'],
    ['nas', 'private'],
    ['10.example.org', 'public'],
    ['8.8.8.8', 'public'],
  ])('%s is %s', (host, reach) => {
    expect(reachOf(host)).toBe(reach);
  });
});

describe('proposals', () => {
  it('the sure ones first, and how each was known', async () => {
    const address = await http(200);
    const report = await probeAddress(
      address,
      'secret',
      parts({
        protocols: registry({
          aperture: { verdict: 'maybe', how: 'Perhaps.' },
          acp: async ({ endpoint }) => ({ verdict: 'speaks', how: `With ${endpoint.token}.` }),
          single: { verdict: 'refused', how: 'No.' },
        }),
      }),
    );
    expect(report).toEqual({
      url: `http://${address}`,
      proposals: [
        { protocol: 'acp', sure: true, how: 'With secret.' },
        { protocol: 'aperture', sure: false, how: 'Perhaps.' },
      ],
    });
  });

  it('the token of a pasted link is asked with, unless another was entered', async () => {
    const seen: string[] = [];
    const protocols = registry({
      acp: async ({ endpoint }) => {
        seen.push(endpoint.token);
        return { verdict: 'speaks', how: '' };
      },
    });
    await probeAddress('127.0.0.1:1/#token=abc', '', parts({ protocols }));
    await probeAddress('127.0.0.1:1/#token=abc', 'own', parts({ protocols }));
    expect(seen).toEqual(['abc', 'own']);
  });

  it('a protocol that never answers, one that throws and one that cannot be loaded cost only themselves', async () => {
    let aborted = false;
    const answers = registry({
      thread: ({ signal }) => {
        signal.addEventListener('abort', () => (aborted = true));
        return new Promise(() => {});
      },
      scoped: () => Promise.reject(new Error('a bug')),
      acp: { verdict: 'speaks', how: 'Yes.' },
    });
    const protocols = {
      load: (name: ProtocolName) =>
        name === 'bidi' ? Promise.reject(new Error('gone')) : answers.load(name),
    };
    const report = await probeAddress('127.0.0.1:1', '', parts({ protocols, askMs: 60 }));
    expect(report.proposals.map(({ protocol }) => protocol)).toEqual(['acp']);
    expect(aborted).toBe(true);
  });

  it('stops when it is told to, at once', async () => {
    const stop = new AbortController();
    const protocols = registry({ acp: () => new Promise(() => {}) });
    const report = probeAddress('127.0.0.1:1', '', parts({ protocols, signal: stop.signal }));
    stop.abort();
    expect((await report).trouble?.message).toBe('The check was stopped.');
  });
});

describe('trouble, each with its own way out', () => {
  it('unreachable: nothing listens', async () => {
    const server = createTcp();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const { trouble, proposals } = await probeAddress(`127.0.0.1:${port}`, '', parts());
    expect(proposals).toEqual([]);
    expect(trouble?.code).toBe('unreachable');
    expect(trouble?.message).toContain(`http://127.0.0.1:${port}`);
  });

  it.each([200, 404, 426])('no_websocket: a web server that answers %i', async (status) => {
    const { trouble } = await probeAddress(await http(status), '', parts());
    expect(trouble?.code).toBe('no_websocket');
    expect(trouble?.message).toMatch(/path of its socket/);
  });

  it('no_websocket, when only a fetch without CORS shows that somebody is there', async () => {
    const address = await http(200);
    const modes: (string | undefined)[] = [];
    const { trouble } = await probeAddress(
      address,
      '',
      parts({
        // As browsers do with a server that sends no CORS headers; Node knows none.
        fetch: async (_url, { mode }) => {
          modes.push(mode);
          if (mode !== 'no-cors') throw new TypeError('Failed to fetch');
          return { status: 0, type: 'opaque' } as Response;
        },
      }),
    );
    expect(modes).toEqual(['cors', 'no-cors']);
    expect(trouble?.code).toBe('no_websocket');
    expect(trouble?.message).toContain('--allow-origin http://127.0.0.1:4800');
  });

  it('unknown_protocol: a WebSocket that says something else', async () => {
    let open = 0;
    const address = await socketServer((socket) => {
      open++;
      socket.send('{"hello":"there"}');
      socket.on('close', () => open--);
    });
    const { trouble } = await probeAddress(address, '', parts());
    expect(trouble?.code).toBe('unknown_protocol');
    expect(trouble?.message).toMatch(/choose it by hand/);
    // Nothing is left open.
    await expect.poll(() => open).toBe(0);
  });

  it('a token that is wanted, or refused: by the protocol’s own word, by HTTP, and by a close code', async () => {
    const refused = registry({
      aperture: { verdict: 'maybe', how: '' },
      acp: { verdict: 'refused', how: 'initialize answered: wrong token' },
    });
    const spoken = await probeAddress('127.0.0.1:1', 'x', parts({ protocols: refused }));
    expect(spoken.trouble).toMatchObject({ code: 'unauthorized' });
    expect(spoken.trouble?.message).toMatch(/A plain ACP server .* refuses this token/);
    const without = await probeAddress('127.0.0.1:1', '', parts({ protocols: refused }));
    expect(without.trouble).toMatchObject({ code: 'token_wanted' });
    expect(without.trouble?.message).toMatch(/wants a token/);
    const closes = await socketServer((socket) => socket.close(4401, 'no token'));
    for (const address of [await http(401), closes]) {
      expect((await probeAddress(address, '', parts())).trouble?.code).toBe('token_wanted');
      expect((await probeAddress(address, 'x', parts())).trouble?.code).toBe('unauthorized');
    }
  });

  it('forbidden_origin: the message names what the server has to admit', async () => {
    const foreign = parts({ origin: 'http://localhost:5173' });
    const byHttp = await probeAddress(await http(403), '', foreign);
    expect(byHttp.trouble?.code).toBe('forbidden_origin');
    expect(byHttp.trouble?.message).toContain('--allow-origin http://localhost:5173');
    const closes = await socketServer((socket) => socket.close(4403, 'origin'));
    expect((await probeAddress(closes, '', foreign)).trouble?.code).toBe('forbidden_origin');
    const how = 'The gateway does not admit this page. Start it with --allow-origin.';
    const protocols = registry({ aperture: { verdict: 'refused', how } });
    expect((await probeAddress('127.0.0.1:1', '', { ...foreign, protocols })).trouble?.code).toBe(
      'forbidden_origin',
    );
  });

  it('mixed_content: plain text from an https page is not even tried', async () => {
    dialled.length = 0;
    for (const address of ['ws://agents.example.org', 'http://192.168.1.4:4800', 'nas:4800']) {
      const { trouble } = await probeAddress(address, '', parts(PUBLIC));
      expect(trouble?.code, address).toBe('mixed_content');
    }
    expect(dialled).toEqual([]);
  });

  it('control: loopback counts as secure, wss always, and an http page may do both', async () => {
    const protocols = registry({ acp: { verdict: 'speaks', how: '' } });
    const found = async (address: string, change: Partial<ProbeParts>) =>
      (await probeAddress(address, '', parts({ protocols, ...change }))).trouble?.code;
    expect(await found('ws://127.0.0.1:1', PUBLIC)).toBeUndefined();
    expect(await found('wss://agents.example.org', PUBLIC)).toBeUndefined();
    expect(await found('ws://agents.example.org', { origin: 'http://aperture.example' })).toBe(
      undefined,
    );
  });

  it('private_network: what to press, when the browser was told to keep the page out', async () => {
    dialled.length = 0;
    const denied = parts({ ...PUBLIC, localNetwork: async () => 'denied' });
    for (const address of ['127.0.0.1:4800', 'wss://192.168.1.4']) {
      const { trouble } = await probeAddress(address, '', denied);
      expect(trouble?.code, address).toBe('private_network');
      expect(trouble?.message).toMatch(/Local network access” to Allow/);
    }
    expect(dialled).toEqual([]);
    // From near there is nothing to ask for.
    const near = await probeAddress(
      '127.0.0.1:1',
      '',
      parts({ origin: 'http://192.168.1.9:4800', localNetwork: async () => 'denied' }),
    );
    expect(near.trouble?.code).toBe('unreachable');
  });

  it('private_network: nothing came while the browser asked; a plain server nearby is tried then', async () => {
    const prompt = parts({ ...PUBLIC, localNetwork: async () => 'prompt' });
    const { trouble } = await probeAddress('127.0.0.1:1', '', prompt);
    expect(trouble?.code).toBe('private_network');
    expect(trouble?.message).toMatch(/press Allow/);
    const protocols = registry({ acp: { verdict: 'speaks', how: '' } });
    const report = await probeAddress('ws://192.168.1.4:1', '', { ...prompt, protocols });
    expect(report.proposals).toHaveLength(1);
    const insecure = { ...prompt, https: false, origin: 'http://aperture.example' };
    expect((await probeAddress('127.0.0.1:1', '', insecure)).trouble?.message).toMatch(
      /Open Aperture by https/,
    );
  });
});

const query = (states: Record<string, string>) => ({
  query: async ({ name }: { name: string }) => {
    if (!(name in states)) throw new TypeError('not a permission');
    return { state: states[name] } as PermissionStatus;
  },
});

describe('the browser’s permission', () => {
  it('is read by each of its names, and unknown where there is none', async () => {
    expect(await localNetwork(query({ 'local-network-access': 'prompt' }) as Permissions)).toBe(
      'prompt',
    );
    expect(
      await localNetwork(
        query({ 'local-network': 'granted', 'loopback-network': 'denied' }) as Permissions,
      ),
    ).toBe('denied');
    expect(await localNetwork(query({ 'local-network': 'granted' }) as Permissions)).toBe(
      'granted',
    );
    expect(await localNetwork(query({}) as Permissions)).toBe('unknown');
    expect(await localNetwork(undefined)).toBe('unknown');
  });
});
