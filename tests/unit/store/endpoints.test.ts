import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Protocol } from '../../../src/app/client/protocols/port.ts';
import { Protocols } from '../../../src/app/client/protocols/registry.ts';
import type { RunningStore } from '../../../src/app/store/create-store.ts';
import type { NewEndpoint } from '../../../src/app/store/endpoint-types.ts';
import { Browser, code, errorCode, status, texts, until } from './page-kit.ts';
import { TinyGateway } from './tiny-gateway.ts';
import { TinyThread } from './tiny-thread.ts';

let browser: Browser;
let thread: TinyThread;
let gateway: TinyGateway;

const at = (more: Partial<NewEndpoint> = {}): NewEndpoint => ({
  url: thread.url,
  protocol: 'thread',
  name: 'Threads',
  token: '',
  keeping: 'tab',
  ...more,
});

async function newThread(page: RunningStore, endpoint: string): Promise<string> {
  const id = await page.actions.createSession({ endpoint, title: 'A thread' });
  await until(() => status(page, id) === 'connected');
  return id;
}

/** A thread whose first turn runs, and a second message sent meanwhile. */
async function busy(concurrency: 'queue' | 'reject' | 'cancel-previous') {
  thread.holds = true;
  const page = await browser.open();
  const endpoint = await page.actions.addEndpoint(at({ policy: { concurrency } }));
  const id = await newThread(page, endpoint);
  page.actions.sendPrompt(id, 'first');
  await until(() => page.store.record(id)!.turn.value.state === 'running');
  page.actions.setDraft(id, 'second');
  page.actions.sendPrompt(id, 'second');
  return { page, id, record: page.store.record(id)! };
}

beforeEach(async () => {
  browser = new Browser();
  thread = await TinyThread.listen();
  gateway = new TinyGateway();
  await gateway.listen();
});
afterEach(async () => {
  await browser.close();
  await Promise.all([thread.close(), gateway.close()]);
});

describe('a page without a gateway', () => {
  it('is usable with one endpoint of another kind, and is the same after a reload', async () => {
    const page = await browser.open();
    expect(page.store.endpoint.value.status).toBe('unset');
    const endpoint = await page.actions.addEndpoint(at());
    expect(endpoint).toBe(`thread:${thread.url}`);
    // Nobody is asked for a gateway any more.
    expect(page.store.endpoint.value.status).toBe('ready');
    const id = await newThread(page, endpoint);
    const record = page.store.record(id)!;
    expect(record.endpoint.value).toBe(endpoint);
    expect(record.summary.value).toMatchObject({ agent: 'thread', agentTitle: 'Threads' });
    page.actions.sendPrompt(id, 'one');
    await until(() => texts(page, id).includes('echo one') && record.turn.value.state === 'idle');

    browser.storage.logs.set(id, browser.storage.logOf(id));
    const again = await browser.reload();
    await until(() => status(again, id) === 'connected');
    expect(texts(again, id)).toContain('echo one');
    expect(again.store.record(id)!.title.value).toBe('A thread');
    expect(new Set(thread.threads).size).toBe(1);
  });

  it('[R18] rename and end are this page’s own affair: the server is asked nothing', async () => {
    const page = await browser.open();
    const id = await newThread(page, await page.actions.addEndpoint(at()));
    await page.actions.renameSession(id, 'Another name');
    await until(() => thread.sockets === 1);
    expect(page.store.record(id)!.title.value).toBe('Another name');
    await page.actions.endSession(id);
    await until(() => thread.sockets === 0);
    expect(page.store.sessions.value).toEqual([]);
    expect(thread.frames).toEqual([]);
  });

  it('a session without a name is called after its first message, until the user names it', async () => {
    const page = await browser.open();
    const endpoint = await page.actions.addEndpoint(at());
    const unnamed = await page.actions.createSession({ endpoint });
    const named = await newThread(page, endpoint);
    const title = (id: string, on = page) => on.store.record(id)!.title.value;
    expect([title(unnamed), title(named)]).toEqual(['Threads', 'A thread']);
    for (const id of [unnamed, named]) {
      await until(() => status(page, id) === 'connected');
      page.actions.sendPrompt(id, 'one');
      await until(() => texts(page, id).includes('echo one'));
    }
    expect([title(unnamed), title(named)]).toEqual(['one', 'A thread']);
    // Whatever is called like the endpoint because the user said so keeps that name.
    await page.actions.renameSession(unnamed, 'Threads');
    await until(() => browser.storage.saved.find(({ id }) => id === unnamed)?.named === true);
    const again = await browser.reload();
    await until(() => status(again, unnamed) === 'connected');
    again.actions.sendPrompt(unnamed, 'two');
    await until(() => texts(again, unnamed).includes('echo two'));
    expect(title(unnamed, again)).toBe('Threads');
  });

  it('says what a session of this kind needs', async () => {
    const page = await browser.open();
    const endpoint = await page.actions.addEndpoint(at({ protocol: 'scoped' }));
    expect(await code(page.actions.createSession({ endpoint }))).toBe('missing_field');
    expect(await code(page.actions.createSession({ endpoint: 'nowhere' }))).toBe('no_endpoint');
    expect(page.store.sessions.value).toEqual([]);
  });
});

describe('endpoints side by side', () => {
  it('[R16] a gateway and another kind live together; one that dies takes nobody along', async () => {
    gateway.add('a');
    const page = await browser.open(`${gateway.url}/`, gateway.token);
    const endpoint = await page.actions.addEndpoint(at());
    const id = await newThread(page, endpoint);
    await until(() => status(page, 'a') === 'connected');
    const { port } = thread;
    await thread.close();
    await until(() => status(page, id) === 'reconnecting');
    expect(status(page, 'a')).toBe('connected');
    expect(page.store.endpoints.value.map(({ state }) => state.status)).toEqual([
      'ready',
      'unreachable',
    ]);
    thread = await TinyThread.listen(port);
    page.actions.retryNow(id);
    await until(() => status(page, id) === 'connected');
    expect(page.store.endpoints.value[1]!.state.status).toBe('ready');
    await page.actions.removeEndpoint(endpoint);
    expect(page.store.sessions.value.map(({ id: left }) => left)).toEqual(['a']);
    await until(() => thread.sockets === 0);
  });

  it('[R69] a gateway that refuses the token changes nothing', async () => {
    const page = await browser.open();
    const wrong = at({ url: gateway.url, protocol: 'aperture', token: 'wrong' });
    expect(await code(page.actions.addEndpoint(wrong))).toBe('unauthorized');
    expect(await code(page.actions.addEndpoint({ ...wrong, token: '' }))).toBe('unauthorized');
    expect(await code(page.actions.addEndpoint({ ...wrong, url: 'http://' }))).toBe('bad_address');
    expect(page.store.endpoints.value).toEqual([]);
    expect(browser.storage.meta.has('endpoints')).toBe(false);
  });

  it('a static host whose address came with a token: the form, with what is wrong, not “unreachable”', async () => {
    const answers = new TinyGateway();
    answers.isStatic = true;
    await answers.listen();
    const page = await browser.open(`${answers.url}/`, 'a-token');
    expect(page.store.endpoint.value).toMatchObject({
      status: 'unset',
      url: answers.url,
      error: { code: 'not_gateway' },
    });
    await answers.close();
  });

  it('takes a name and a policy at any time, and keeps them', async () => {
    const page = await browser.open();
    const id = await page.actions.addEndpoint(at());
    await page.actions.changeEndpoint(id, { name: ' Mine ', policy: { concurrency: 'reject' } });
    expect(page.store.endpoints.value[0]).toMatchObject({
      name: 'Mine',
      policy: { concurrency: 'reject', reconnect: 'steps' },
    });
    const again = await browser.reload();
    expect(again.store.endpoints.value).toMatchObject([{ name: 'Mine', id }]);
    expect(again.store.endpoints.value[0]!.policy.concurrency).toBe('reject');
  });
});

describe('adapters', () => {
  it('one that cannot be fetched: said with the session, and tried again when asked to', async () => {
    const own = new Protocols();
    let fetched = 0;
    browser.adapters = {
      get: (name) => own.get(name),
      load: async (name) => {
        if (++fetched <= 2) throw new TypeError('Failed to fetch');
        return own.load(name);
      },
    };
    const page = await browser.open();
    const endpoint = await page.actions.addEndpoint(at());
    const id = await page.actions.createSession({ endpoint });
    const record = page.store.record(id)!;
    await until(() => errorCode(record) === 'adapter_missing');
    expect(record.connection.value).toMatchObject({ error: { retryable: true } });
    page.actions.retryNow(id);
    await until(() => status(page, id) === 'connected');
  });

  it('lists what is on the server already, but not what this page has of it', async () => {
    const own = new Protocols();
    const base = await own.load('thread');
    const listing: Protocol = {
      ...base,
      list: async () =>
        ['t1', 't2'].map((threadId) => ({
          title: threadId,
          updatedAt: 1,
          cwd: undefined,
          remote: { threadId },
        })),
    };
    browser.adapters = { get: () => listing, load: async () => listing };
    const page = await browser.open();
    const endpoint = await page.actions.addEndpoint(at());
    expect(page.store.endpoints.value[0]!.lists).toBe(true);
    const [first] = await page.actions.remoteSessions(endpoint);
    const id = await page.actions.createSession({ endpoint, remote: first!.remote });
    await until(() => status(page, id) === 'connected');
    expect(thread.threads).toEqual(['t1']);
    const left = await page.actions.remoteSessions(endpoint);
    expect(left.map(({ title }) => title)).toEqual(['t2']);
  });
});

describe('tokens', () => {
  it('[R69] `tab`: for this tab’s reloads, and nowhere on disk', async () => {
    const page = await browser.open();
    const id = await page.actions.addEndpoint(at({ token: 'secret-of-the-tab' }));
    const session = await newThread(page, id);
    expect(JSON.stringify([...browser.storage.meta])).not.toContain('secret-of-the-tab');
    let again = await browser.reload();
    await until(() => status(again, session) === 'connected');
    // Another tab, or the same after the browser was closed: it says what it needs.
    browser.tab.values.clear();
    again = await browser.reload();
    expect(errorCode(again.store.record(session)!)).toBe('no_token');
    expect(again.store.endpoints.value[0]!.state.status).toBe('unset');
    again.actions.sendPrompt(session, 'lost words');
    expect(again.store.record(session)!.draft.value).toBe('lost words');
    await again.actions.changeEndpoint(id, { token: 'secret-of-the-tab' });
    await until(() => status(again, session) === 'connected');
  });

  it('[R69] `passphrase`: encrypted on disk, locked until it is given, readable meanwhile', async () => {
    const page = await browser.open();
    const id = await page.actions.addEndpoint(
      at({ token: 'secret-on-disk', keeping: 'passphrase', passphrase: 'correct horse' }),
    );
    const session = await newThread(page, id);
    const everything = JSON.stringify([[...browser.storage.meta], [...browser.tab.values]]);
    expect(everything).not.toContain('secret-on-disk');
    const again = await browser.reload();
    expect(again.store.endpoints.value[0]).toMatchObject({ locked: true, keeping: 'passphrase' });
    expect(errorCode(again.store.record(session)!)).toBe('locked');
    expect(await again.actions.unlockEndpoints('wrong')).toBe(0);
    expect(await again.actions.unlockEndpoints('correct horse')).toBe(1);
    expect(again.store.endpoints.value[0]!.locked).toBe(false);
    await until(() => status(again, session) === 'connected');
    // A new token is sealed by the same passphrase, without asking for it again.
    await again.actions.changeEndpoint(id, { token: 'another-secret' });
    const third = await browser.reload();
    expect(await third.actions.unlockEndpoints('correct horse')).toBe(1);
  });

  it('[R69] how a token is kept can be changed without entering it again', async () => {
    const page = await browser.open();
    const id = await page.actions.addEndpoint(at({ token: 'the-secret', keeping: 'plain' }));
    const disk = (): string => JSON.stringify([...browser.storage.meta]);
    expect(disk()).toContain('the-secret');
    await expect(page.actions.changeEndpoint(id, { keeping: 'passphrase' })).rejects.toMatchObject({
      code: 'no_passphrase',
    });
    expect(page.store.endpoints.value[0]!.keeping).toBe('plain');
    await page.actions.changeEndpoint(id, { keeping: 'passphrase', passphrase: 'long and safe' });
    expect(disk() + JSON.stringify([...browser.tab.values])).not.toContain('the-secret');
    const again = await browser.reload();
    await expect(again.actions.changeEndpoint(id, { keeping: 'tab' })).rejects.toMatchObject({
      code: 'no_token',
    });
    expect(await again.actions.unlockEndpoints('long and safe')).toBe(1);
    await again.actions.changeEndpoint(id, { passphrase: 'another one' });
    const third = await browser.reload();
    expect(await third.actions.unlockEndpoints('long and safe')).toBe(0);
    expect(await third.actions.unlockEndpoints('another one')).toBe(1);
    await third.actions.changeEndpoint(id, { keeping: 'tab' });
    expect(disk()).not.toMatch(/the-secret|sealed/);
    expect(JSON.stringify([...browser.tab.values])).toContain('the-secret');
  });

  it('[R69] negative control: a sealed token that is moved to another address does not open', async () => {
    const page = await browser.open();
    await page.actions.addEndpoint(
      at({ token: 'secret', keeping: 'passphrase', passphrase: 'correct horse' }),
    );
    const rows = browser.storage.meta.get('endpoints') as { url: string }[];
    browser.storage.meta.set('endpoints', [{ ...rows[0], url: 'http://127.0.0.1:2' }]);
    const again = await browser.reload();
    expect(await again.actions.unlockEndpoints('correct horse')).toBe(0);
    expect(again.store.endpoints.value[0]!.locked).toBe(true);
  });
});

describe('a message while a turn runs', () => {
  it('[R40] `reject`: refused visibly, and the words stay', async () => {
    const { page, record } = await busy('reject');
    expect(record.outbox.value).toEqual([]);
    expect(record.draft.value).toBe('second');
    expect(page.store.toasts.value).toHaveLength(1);
    expect(record.abilities.value?.concurrency).toBe('reject');
    expect(thread.prompts).toEqual(['first']);
  });

  it('[R40] `queue`: waits for the end of the turn', async () => {
    const { record } = await busy('queue');
    expect(record.outbox.value).toHaveLength(1);
    expect(thread.prompts).toEqual(['first']);
    thread.finish();
    await until(() => thread.prompts.length === 2);
  });

  it('[R40] `cancel-previous`: the turn is cancelled, and its end waited for', async () => {
    await busy('cancel-previous');
    await until(() => thread.prompts.length === 2);
    expect(thread.frames.map(({ type }) => type)).toEqual(['message', 'cancel', 'message']);
  });
});

describe('inspector', () => {
  it('[R48] counts, and every line of its log names connection, request and session', async () => {
    const page = await browser.open();
    const endpoint = await page.actions.addEndpoint(at());
    const id = await newThread(page, endpoint);
    expect(page.actions.inspect('nobody')).toMatchObject({ attempts: 0, endpoint: undefined });
    const record = page.store.record(id)!;
    page.actions.sendPrompt(id, 'the secret words');
    await until(() => texts(page, id).length === 2 && record.turn.value.state === 'idle');
    const report = page.actions.inspect(id);
    expect(report).toMatchObject({
      endpoint,
      protocol: 'thread',
      attempts: 1,
      reconnects: 0,
      promptsOut: 1,
      turns: { count: 1 },
    });
    expect(report.eventsIn).toBeGreaterThan(3);
    expect(report.lastFrameAt).toBeGreaterThan(0);
    for (const line of report.log) expect(line).toMatch(new RegExp(`c=\\S+ r=\\S+ s=${id} `));
    expect(report.log.some((line) => / r=[0-9a-f-]{36} /.test(line))).toBe(true);
    expect(report.log.join()).not.toContain('secret words');
  });
});

describe('limit', () => {
  it('[R1][R18] after a reload as many come back as there is room for, and none at another’s cost', async () => {
    const page = await browser.open();
    const endpoint = await page.actions.addEndpoint(at());
    for (let count = 1; count <= 12; count++) {
      await page.actions.createSession({ endpoint });
    }
    await page.dispose();
    await until(() => thread.sockets === 0);
    thread.most = 0;
    const again = await browser.reload();
    const count = (which: string): number =>
      again.store.sessions.value.filter(({ connection }) => connection.value.status === which)
        .length;
    await until(() => count('connected') === 10);
    expect([count('disconnected'), thread.most]).toEqual([2, 10]);
    expect(again.store.toasts.value).toEqual([]);
  });

  it('warns once when the fifth session of a server that minds is connected', async () => {
    const page = await browser.open();
    const endpoint = await page.actions.addEndpoint(at({ policy: { limit: 'warn' } }));
    for (let count = 1; count <= 4; count++) await newThread(page, endpoint);
    expect(page.store.toasts.value).toEqual([]);
    await newThread(page, endpoint);
    // What warns is fetched when it is needed.
    await expect.poll(() => page.store.toasts.value.length).toBe(1);
    await newThread(page, endpoint);
    expect(page.store.toasts.value).toHaveLength(1);
  });
});
