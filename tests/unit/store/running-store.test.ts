import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Socket } from '../../../src/app/client/protocols/port.ts';
import { isGateway } from '../../../src/app/client/gateway-api.ts';
import { createStore, type RunningStore } from '../../../src/app/store/create-store.ts';
import { parseAddress } from '../../../src/app/store/address.ts';
import type { TabStorage } from '../../../src/app/store/tokens.ts';
import { ManualEnvironment, summary } from '../client/kit.ts';
import { RecordingStorage } from './kit.ts';
import { say, TinyGateway } from './tiny-gateway.ts';

class MapStorage implements TabStorage {
  readonly values = new Map<string, string>();
  getItem = (key: string): string | null => this.values.get(key) ?? null;
  setItem = (key: string, value: string): void => void this.values.set(key, value);
  removeItem = (key: string): void => void this.values.delete(key);
}

let gateway: TinyGateway;
let storage: RecordingStorage;
let tab: MapStorage;
let environment: ManualEnvironment;
let running: RunningStore[];

function make(): RunningStore {
  const store = createStore({
    storage: () => storage,
    environment,
    tab,
    frames: {
      now: () => performance.now(),
      next: (run) => {
        const timer = setTimeout(run, 5);
        return () => clearTimeout(timer);
      },
    },
    sockets: (url, protocols) => new WebSocket(url, [...protocols]) as unknown as Socket,
  });
  running.push(store);
  return store;
}

/** A page that the gateway itself serves. */
const own = (token?: string, oldSettings?: TabStorage) => ({
  baseUrl: `${gateway.url}/`,
  token,
  oldSettings,
  isGateway,
});

async function until(met: () => boolean): Promise<void> {
  while (!met()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const statuses = ({ store }: RunningStore): string[] =>
  store.sessions.value.map(({ connection }) => connection.value.status);
const allConnected = (page: RunningStore, count: number) => () =>
  statuses(page).filter((status) => status === 'connected').length === count;
const code = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'ok',
    (error: { code: string }) => error.code,
  );

async function open(): Promise<RunningStore> {
  const page = make();
  await page.start(own(gateway.token));
  await until(allConnected(page, gateway.sessions.size));
  return page;
}

beforeEach(async () => {
  gateway = new TinyGateway();
  await gateway.listen();
  storage = new RecordingStorage();
  tab = new MapStorage();
  environment = new ManualEnvironment();
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((page) => page.dispose()));
  await gateway.close();
});

describe('opening the page', () => {
  it('[R18] connects every session that is there, up to ten', async () => {
    gateway.add(...Array.from({ length: 12 }, (_, index) => `s${index}`));
    const page = make();
    await page.start(own(gateway.token));
    await until(allConnected(page, 10));
    expect(gateway.sockets).toBe(10);
    expect(statuses(page).filter((status) => status === 'disconnected')).toHaveLength(2);
    expect(page.store.endpoint.value).toEqual({ status: 'ready', url: gateway.url });
  });

  it('[R69] the token is for this tab’s reloads and for its own address only', async () => {
    gateway.add('a');
    await open();
    expect([...storage.meta.values()].join()).not.toContain(gateway.token);
    const reloaded = make();
    await reloaded.start(own());
    expect(reloaded.store.endpoint.value.status).toBe('ready');
  });

  it('[R69] without a token it asks, and sends nothing anywhere meanwhile', async () => {
    const page = make();
    await page.start(own());
    expect(page.store.endpoint.value).toEqual({ status: 'unset', url: gateway.url });
    expect(gateway.asked).toEqual(['GET /healthz']);
    const elsewhere = make();
    await elsewhere.start({ ...own(), baseUrl: 'http://127.0.0.1:1/' });
    expect(elsewhere.store.endpoint.value).toEqual({ status: 'unset', url: '' });
  });

  it('[R15] unreachable: cached history is readable, and it goes on trying until it is there', async () => {
    const { port } = gateway;
    await gateway.close();
    storage.saved = [
      {
        id: 'a',
        endpoint: gateway.url,
        summary: summary('a', { title: 'Cached' }),
        readN: 0,
        unread: 1,
        preview: 'words',
        draft: '',
        gone: false,
      },
    ];
    storage.logs.set('a', {
      epoch: 'e1',
      last: 1,
      events: [
        {
          n: 1,
          at: 1,
          event: { type: 'chunk', role: 'assistant', content: { type: 'text', text: 'words' } },
        },
      ],
    });
    const page = make();
    await page.start(own(gateway.token));
    expect(page.store.endpoint.value).toMatchObject({ status: 'unreachable', attempt: 1 });
    expect(page.store.started.value).toBe(true);
    expect(page.store.record('a')!.transcript().items).toMatchObject([{ text: 'words' }]);

    gateway = new TinyGateway();
    gateway.add('a');
    gateway.logs.set('a', [say('words'), say(' and more')]);
    await gateway.listen(port);
    page.actions.retryEndpoint();
    await until(allConnected(page, 1));
    await until(() => page.store.record('a')!.transcript().lastN === 2);
    expect(page.store.record('a')!.transcript().items).toMatchObject([{ text: 'words and more' }]);
    const attach = gateway.frames.find(({ frame }) => frame.t === 'attach')!.frame;
    expect(attach).toMatchObject({ epoch: 'e1', since: 1 });
  });

  it('a token that is refused: says so, and a new one brings everything back', async () => {
    gateway.add('a');
    const page = make();
    await page.start(own('the-wrong-token'));
    expect(page.store.endpoint.value).toMatchObject({
      status: 'unauthorized',
      error: { code: 'unauthorized' },
    });
    expect(await code(page.actions.setEndpoint(gateway.url, 'wrong again', false))).toBe(
      'unauthorized',
    );
    await page.actions.setEndpoint(gateway.url, gateway.token, true);
    await until(allConnected(page, 1));
    expect(storage.meta.get('endpoint')).toEqual({ url: gateway.url });
    expect(storage.meta.get('endpoints')).toMatchObject([
      { url: gateway.url, keeping: 'plain', token: gateway.token },
    ]);
  });

  it('[R23] settings and address of version 1 are taken over, its token is used once and erased', async () => {
    const old = new MapStorage();
    old.setItem('aperture:serverUrl', gateway.url.replace('http', 'ws'));
    old.setItem('aperture:apiToken', gateway.token);
    old.setItem('aperture:settings', '{"theme":"dark","fontSize":14}');
    gateway.add('a');
    const page = make();
    await page.start({ ...own(undefined, old), baseUrl: 'http://127.0.0.1:1/' });
    await until(allConnected(page, 1));
    expect(page.store.settings.value.theme).toBe('dark');
    expect(old.values.has('aperture:apiToken')).toBe(false);
    expect(JSON.stringify([...storage.meta])).not.toContain(gateway.token);
    expect(storage.meta.get('endpoint')).toEqual({ url: gateway.url });
  });

  it('[R69] a token that was remembered before there was a list goes on working, and stands in the list', async () => {
    gateway.add('a');
    storage.meta.set('endpoint', { url: gateway.url, token: gateway.token });
    const page = make();
    await page.start({ ...own(), baseUrl: 'http://127.0.0.1:1/' });
    await until(allConnected(page, 1));
    expect(page.store.endpoints.value).toMatchObject([{ id: gateway.url, keeping: 'plain' }]);
    expect(storage.meta.get('endpoint')).toEqual({ url: gateway.url });
    expect(storage.meta.get('endpoints')).toMatchObject([{ token: gateway.token }]);
  });

  it('another gateway: it is the main one from then on; the first one’s sessions stay live beside it', async () => {
    gateway.add('a');
    const page = await open();
    const other = new TinyGateway();
    other.add('b');
    await other.listen();
    await page.actions.setEndpoint(other.url, `${other.token}`, false);
    await until(allConnected(page, 2));
    expect(page.store.endpoint.value).toEqual({ status: 'ready', url: other.url });
    expect(page.store.sessions.value.map(({ endpoint }) => endpoint.value)).toEqual([
      gateway.url,
      other.url,
    ]);
    expect([gateway.sockets, other.sockets]).toEqual([1, 1]);
    // Both are there after a reload of the tab, and their tokens nowhere on disk.
    const reloaded = make();
    await reloaded.start({ ...own(), baseUrl: 'http://127.0.0.1:1/' });
    await until(allConnected(reloaded, 2));
    expect(reloaded.store.endpoint.value).toEqual({ status: 'ready', url: other.url });
    expect(JSON.stringify([...storage.meta])).not.toContain(other.token);
    await reloaded.dispose();
    await other.close();
    await until(() => page.store.endpoint.value.status === 'unreachable');
    expect(page.store.record('a')!.connection.value.status).toBe('connected');
    // Removed, it takes its own sessions along and nobody else's.
    await page.actions.removeEndpoint(other.url);
    expect(page.store.sessions.value.map(({ id }) => id)).toEqual(['a']);
    expect(page.store.endpoint.value).toEqual({ status: 'ready', url: gateway.url });
  });
});

describe('actions', () => {
  it('[R18] a new session is in the store, viewed and connected', async () => {
    const page = await open();
    const id = await page.actions.createSession({ agent: 'workspace', cwd: '/srv' });
    expect(page.store.activeSessionId.value).toBe(id);
    await until(allConnected(page, 1));
    expect(await code(page.actions.createSession({ agent: 'x', cwd: '/missing' }))).toBe(
      'no_directory',
    );
  });

  it('[R16][R36] ending one removes it there and here, shows another, and leaves that alone', async () => {
    gateway.add('a', 'b');
    const page = await open();
    page.actions.activate('a');
    await page.actions.endSession('a');
    expect([...gateway.sessions.keys()]).toEqual(['b']);
    expect(page.store.sessions.value.map(({ id }) => id)).toEqual(['b']);
    expect(page.store.activeSessionId.value).toBe('b');
    expect(statuses(page)).toEqual(['connected']);
    expect(page.store.toasts.value).toEqual([]);
  });

  it('ending while the gateway is away says so and removes nothing', async () => {
    gateway.add('a');
    const page = await open();
    await gateway.close();
    expect(await code(page.actions.endSession('a'))).toBe('unreachable');
    expect(page.store.sessions.value).toHaveLength(1);
    gateway = new TinyGateway();
    await gateway.listen();
  });

  it('[R18] a click on a disconnected session connects it; one that the user closed stays closed till then', async () => {
    gateway.add('a');
    const page = await open();
    page.actions.disconnect('a');
    page.actions.retryEndpoint();
    await until(() => gateway.sockets === 0);
    expect(statuses(page)).toEqual(['disconnected']);
    page.actions.activate('a');
    await until(allConnected(page, 1));
  });

  it('[R37][R40] a message goes out, its draft is cleared; a full outbox gives the words back', async () => {
    gateway.add('a', 'b');
    const page = await open();
    page.actions.setDraft('a', 'hello');
    page.actions.setDraft('b', 'other');
    page.actions.sendPrompt('a', 'hello');
    expect([page.store.record('a')!.draft.value, page.store.record('b')!.draft.value]).toEqual([
      '',
      'other',
    ]);
    await until(() => gateway.frames.some(({ id, frame }) => id === 'a' && frame.t === 'prompt'));
    expect(gateway.frames.filter(({ id, frame }) => id === 'b' && frame.t === 'prompt')).toEqual(
      [],
    );
    for (let index = 0; index < 60; index++) page.actions.sendPrompt('b', `message ${index}`);
    expect(page.store.record('b')!.outbox.value).toHaveLength(50);
    expect(page.store.record('b')!.draft.value).toBe('message 59');
    expect(page.store.toasts.value.at(-1)).toMatchObject({ level: 'error' });
  });

  it('[R40] a queued message can be taken back into an empty draft', async () => {
    gateway.add('a');
    const page = await open();
    page.actions.sendPrompt('a', 'first');
    page.actions.sendPrompt('a', 'second');
    const record = page.store.record('a')!;
    const { key } = record.outbox.value[1]!;
    page.actions.withdrawQueued('a', key);
    expect([record.draft.value, record.outbox.value.length]).toEqual(['second', 1]);
  });

  it('[R56] an answer that was refused stays pending and says why', async () => {
    gateway.add('a');
    const error = { code: 'already_answered', message: 'Too late.', retryable: false };
    gateway.onFrame = (_, { t, k }, socket) => {
      if (t === 'answer') socket.send(JSON.stringify({ t: 'refused', k, error }));
    };
    gateway.logs.set('a', [
      {
        method: 'session/request_permission',
        id: 'r0',
        params: { toolCall: { toolCallId: 't' }, options: [] },
      },
    ]);
    const page = await open();
    const record = page.store.record('a')!;
    await until(() => record.transcript().pending.has('r0'));
    page.actions.answer('a', 'r0', 'once');
    expect(record.answers.value.get('r0')).toEqual({ state: 'sending' });
    await until(() => record.answers.value.get('r0')?.state === 'failed');
    expect(record.answers.value.get('r0')).toEqual({ state: 'failed', error });
    expect(record.attention.value).toBe('approval');
  });

  it('[R17] a session that another page ended is told, and its copy stays', async () => {
    gateway.add('a', 'b');
    const page = await open();
    gateway.sessions.delete('a');
    page.actions.retryEndpoint();
    await until(() => page.store.toasts.value.length === 1);
    expect(statuses(page)).toEqual(['ended', 'connected']);
    await page.actions.forgetSession('a');
    expect(page.store.sessions.value.map(({ id }) => id)).toEqual(['b']);
  });

  it('[R16][R12] disposing closes every socket and leaves nothing running', async () => {
    gateway.add('a', 'b');
    const page = await open();
    await page.dispose();
    await page.dispose();
    await until(() => gateway.sockets === 0);
  });
});

describe('addresses', () => {
  it.each([
    ['127.0.0.1:4800', 'http://127.0.0.1:4800', undefined],
    ['  http://127.0.0.1:4800/#token=abc ', 'http://127.0.0.1:4800', 'abc'],
    ['wss://x.test/agents/', 'https://x.test/agents', undefined],
    ['https://x.test/a/index.html?y=1', 'https://x.test/a', undefined],
  ])('%j is %s', (text, url, token) => {
    expect(parseAddress(text)).toEqual({ url, ...(token && { token }) });
  });

  it.each(['', 'http://', 'javascript://alert(1)', 'ftp://x.test'])('%j is none', (text) => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'bad_address' }));
  });
});
