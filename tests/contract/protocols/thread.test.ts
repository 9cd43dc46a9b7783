import { beforeEach, describe, expect, it } from 'vitest';
import { ApertureClient } from '../../../src/app/client/aperture-client.ts';
import { threadProtocol } from '../../../src/app/client/protocols/thread.ts';
import type { ConnectionState } from '../../../src/core/session/connection-state.ts';
import { ScopedServer } from '../../support/servers/scoped-server.ts';
import { ThreadServer, type ThreadServerOptions } from '../../support/servers/thread-server.ts';
import { ManualClock, ManualEnvironment, placeAt, RecordingHost } from '../../unit/client/kit.ts';
import { afterCancel, Cast, during, USUAL } from './cast.ts';
import { Page, until } from './page.ts';
import { protocolContract, type Contract } from './suite.ts';

const contract = (options: ThreadServerOptions): Contract<ThreadServer> => ({
  ...USUAL,
  protocol: threadProtocol,
  server: () => new ThreadServer({ token: 'right', ...options }),
  other: () => new ScopedServer(),
  has: { cancel: true, approve: false, liveness: false, list: false },
  strays: [
    {
      what: 'a token of a request that nobody made',
      why: 'unknown_request',
      provoke: during({ orphans: true }),
    },
    {
      what: 'a token of another thread',
      why: 'foreign_scope',
      provoke: during({ foreign: true }),
    },
    {
      what: 'a second final',
      why: 'duplicate_final',
      provoke: during({ duplicateFinal: true }),
    },
    {
      what: 'a frame of an unknown kind',
      why: 'unknown_kind',
      provoke: during({ unknownKind: true }),
    },
    {
      what: 'a token after the cancel',
      why: 'late',
      provoke: afterCancel({ lateTokens: true }),
    },
  ],
});

describe('with tokens as “token” and nested finals', () => {
  protocolContract(contract({ dialect: 'token' }));
});
describe('with tokens as “value” and flat finals', () => {
  protocolContract(contract({ dialect: 'value' }));
});

/** What was said in answer to one request. */
const answer = (page: Page, key: string): string =>
  page
    .of('chunk')
    .filter(({ messageId }) => messageId === key)
    .map(({ content }) => (content.type === 'text' ? content.text : ''))
    .join('');

const entry = (key: string, state: 'sent' | 'queued') => ({
  key,
  prompt: [{ type: 'text' as const, text: key }],
  createdAt: 1,
  delivery: { state },
});

describe('thread', () => {
  let server: ThreadServer;
  const { connected } = new Cast({ protocol: () => threadProtocol, server: () => server });
  beforeEach(async () => {
    server = await new ThreadServer().start();
  });

  it('makes a thread id, notes it, and comes back to the same thread', async () => {
    const page = await connected();
    await page.ask('one');
    const { threadId } = page.remote as { threadId: string };
    server.dropAll();
    await page.lost();
    await page.connect();
    await page.reload().connect();
    expect(server.threads).toEqual([threadId, threadId, threadId]);
    expect(
      new Set(server.frames.map((frame) => (frame as { threadId?: string }).threadId)),
    ).toEqual(new Set([threadId]));
  });

  it('takes up a thread that the user named', async () => {
    await connected({ remote: { chat: 'our-thread' } });
    const page = await connected({ remote: { threadId: 'our-thread' } });
    expect(server.threads).toEqual(['our-thread', 'our-thread']);
    expect(page.heard('remote')).toEqual([]);
  });

  it('[R46] a refused thread id is fatal, and says what to do', async () => {
    const page = await connected();
    await page.begin('SLOW');
    server.closeAll(1008);
    const info = await page.lost();
    expect(info).toMatchObject({ verdict: 'fatal', code: 'thread_refused' });
    expect(info.message).toContain('Start a new session.');
    expect(page.ends).toMatchObject([{ stopReason: 'interrupted' }]);
  });

  it('[R10] 1002 is fatal, 1011 is tried again', async () => {
    for (const [code, verdict] of [
      [1002, 'fatal'],
      [1011, 'retry'],
    ] as const) {
      const page = await connected();
      server.closeAll(code);
      expect((await page.lost()).verdict).toBe(verdict);
    }
  });

  it.each(['first-frame', 'query', 'none'] as const)(
    '[R67] the token goes where the policy says: %s',
    async (auth) => {
      await connected({ token: 'secret', policy: { auth } });
      const page = await connected({ token: 'secret', policy: { auth } });
      await page.ask('hello');
      const auths = server.frames.filter((frame) => (frame as { type: string }).type === 'auth');
      expect(auths).toHaveLength(auth === 'first-frame' ? 2 : 0);
      if (auth !== 'query') return;
      const strict = await new ThreadServer({ token: 'secret' }).start();
      const other = await connected({ url: strict.url, token: 'secret', policy: { auth } });
      expect(await other.ask('hello')).toBe('end_turn');
      other.link!.close();
      await strict.stop();
    },
  );

  it('[R38][R42] requests run side by side, each with its answer; the end of one leaves the other', async () => {
    const page = await connected({ policy: { concurrency: 'parallel' } });
    const slow = await page.begin('SLOW first');
    const quick = page.prompt('second');
    await until('the second is answered', () => answer(page, quick) === 'You said: second.');
    const before = answer(page, slow).length;
    await until('the first goes on', () => answer(page, slow).length > before);
    expect([page.turn, page.ends]).toEqual(['running', []]);
    expect(page.of('finished')).toMatchObject([{ messageId: quick }]);
    // Stop means what runs still.
    expect(page.of('turn').at(-1)).toMatchObject({ state: 'running', key: slow });
    page.link!.cancel!.send('c1', slow);
    await until('the end', () => page.turn === 'idle');
    expect(page.ends).toMatchObject([{ stopReason: 'cancelled' }]);
    expect(server.aborted).toEqual([slow]);
  });

  it('[R41][R42] the cancel of one of two is seen, and touches no other', async () => {
    const page = await connected({ policy: { concurrency: 'parallel', partial: 'discard' } });
    const one = await page.begin('SLOW one');
    const two = page.prompt('SLOW two');
    await until('the second answers', () => answer(page, two) !== '');
    page.link!.cancel!.send('c1', one);
    await until('it was stopped', () => page.of('notice').length === 1);
    expect(page.of('notice')[0]!.text).toBe('“SLOW one” was stopped.');
    // The wish is fulfilled though the turn goes on, and one that means nothing is so at once.
    expect(page.heard('ack').map(({ key }) => key)).toEqual([one, two, 'c1']);
    page.link!.cancel!.send('c0', one);
    expect(page.heard('ack').at(-1)).toMatchObject({ key: 'c0' });
    expect(page.of('retract')).toMatchObject([{ messageId: one }]);
    const before = answer(page, two).length;
    await until('the second goes on', () => answer(page, two).length > before);
    page.link!.cancel!.send('c2');
    await until('the end', () => page.turn === 'idle');
    expect(page.of('retract').map(({ messageId }) => messageId)).toEqual([one, two]);
  });

  it('[R43][R45] a drop settles all at once; what was complete stays', async () => {
    const page = await connected({ policy: { concurrency: 'parallel', partial: 'discard' } });
    const one = await page.begin('SLOW one');
    const two = page.prompt('SLOW two');
    const three = page.prompt('three');
    await until('the third is answered', () => page.of('finished').length === 1);
    await until('the second answers', () => answer(page, two) !== '');
    server.dropAll();
    await page.lost();
    expect(page.ends).toMatchObject([{ stopReason: 'interrupted' }]);
    expect(page.of('error')).toMatchObject([{ error: { retryable: true } }]);
    expect(page.of('retract').map(({ messageId }) => messageId)).toEqual([one, two]);
    expect(answer(page, three)).toBe('You said: three.');
  });

  it.each(['announced', 'by-id'] as const)(
    '[R39] a request that the server starts has a message of its own (%s)',
    async (serverStarted) => {
      server.misbehave.serverStarted = serverStarted;
      const page = await connected();
      const key = await page.begin('hello');
      await until('the end', () => page.turn === 'idle');
      const own = page.of('chunk').find(({ messageId }) => messageId && messageId !== key)!;
      expect(answer(page, own.messageId!)).toBe('By the way.');
      expect(answer(page, key)).toBe('You said: hello.');
      expect([page.ends.length, page.ignored]).toEqual([1, []]);
    },
  );

  it('shows what another client asked', async () => {
    const page = await connected();
    server.say({ type: 'started', requestId: 'r9', by: 'tab-2', content: 'theirs' });
    server.say({ type: 'token', requestId: 'r9', token: 'an answer' });
    server.say({ type: 'final', requestId: 'r9', content: 'an answer', stopReason: 'max_tokens' });
    await until('the end', () => page.ends.length === 1);
    expect(page.said('user')).toBe('theirs');
    expect(answer(page, 'r9')).toBe('an answer');
    expect(page.ends).toMatchObject([{ stopReason: 'max_tokens' }]);
  });

  it('[R47] an error keeps its code, and whether to try again', async () => {
    server.misbehave.errorThenClose = true;
    const page = await connected();
    expect(await page.ask('hello')).toBe('error');
    expect((await page.lost()).verdict).toBe('retry');
    expect(page.of('error')).toMatchObject([
      { error: { code: 'broken', message: 'It broke.', retryable: false } },
    ]);
    // The close that follows settles nothing again.
    expect(page.ends).toHaveLength(1);
  });

  it('the final text has the last word', async () => {
    const ends: [final: string, answer: string][] = [
      ['You said: hi. And more.', 'You said: hi. And more.'],
      [' You said: hi. ', 'You said: hi.'],
    ];
    for (const [finalSays, expected] of ends) {
      const other = await new ThreadServer({ finalSays }).start();
      const page = await connected({ url: other.url });
      await page.ask('hi');
      expect(page.said('assistant')).toBe(expected);
      page.link!.close();
      await other.stop();
    }
    const other = await new ThreadServer({ finalSays: 'Something else.' }).start();
    const page = await connected({ url: other.url });
    await page.ask('hi');
    expect(page.of('retract')).toMatchObject([{ messageId: page.keys[0] }]);
    expect(page.of('chunk').at(-1)).toMatchObject({ content: { text: 'Something else.' } });
    page.link!.close();
    await other.stop();
  });

  it('[R9] after a drop: 1, 2 and 4 s, then by hand, and that works', async () => {
    const clock = new ManualClock();
    const host = new RecordingHost();
    const { port } = new URL(server.url);
    const client = new ApertureClient({
      host,
      clock,
      environment: new ManualEnvironment(),
      sockets: new Page({ protocol: threadProtocol, url: server.url }).sockets,
      client: 'tab-test',
      place: placeAt(server.url, threadProtocol),
      check: async () => ({ status: 'there' }),
      random: () => 0,
    });
    const state = (): ConnectionState => client.getConnectionStatus('a');
    try {
      await client.connectSession('a');
      await server.stop();
      const waits: number[] = [];
      for (const attempt of [1, 2, 3]) {
        const waiting = (): number | undefined => {
          const now = state();
          return now.status === 'reconnecting' && now.attempt === attempt ? now.retryAt : undefined;
        };
        await until(`attempt ${attempt} is due`, () => waiting() !== undefined);
        const wait = waiting()! - clock.now();
        waits.push(wait);
        await clock.advance(wait);
      }
      expect(waits).toEqual([1_000, 2_000, 4_000]);
      await until('it has given up', () => state().status === 'error');
      expect(state()).toMatchObject({ error: { code: 'gave_up', retryable: true } });
      await server.start({ port: Number(port) });
      client.retryNow('a');
      await clock.advance(1_000);
      await until('it is connected', () => state().status === 'connected');
    } finally {
      client.dispose();
    }
  });

  it('[R51] a thread id that is no text is nobody’s', async () => {
    const page = await connected();
    const requestId = await page.begin('SLOW');
    for (const threadId of [{}, [], true]) {
      server.say({ type: 'token', requestId, threadId, token: 'leak' });
    }
    await until('they are dropped', () => page.ignored.length === 3);
    expect(page.ignored.map(({ why }) => why)).toEqual(Array(3).fill('foreign_scope'));
    expect(page.said('assistant')).not.toContain('leak');
  });

  it('[R6] what may have been sent before a crash is never sent again by itself: only the user knows', async () => {
    const host = new RecordingHost();
    const client = new ApertureClient({
      host,
      environment: new ManualEnvironment(),
      sockets: new Page({ protocol: threadProtocol, url: server.url }).sockets,
      client: 'tab-test',
      place: placeAt(server.url, threadProtocol, { concurrency: 'parallel' }),
      check: async () => ({ status: 'there' }),
      random: () => 0,
    });
    try {
      client.restoreOutbox('a', [entry('uncertain', 'sent'), entry('queued', 'queued')]);
      await client.connectSession('a');
      await until('the other is sent', () => server.prompts.length === 1);
      expect(server.prompts).toEqual(['queued']);
      expect(host.deliveries('a')).toEqual(['unconfirmed']);
      client.resend('a', 'uncertain');
      await until('it is sent', () => server.prompts.length === 2);
      expect(host.deliveries('a')).toEqual([]);
    } finally {
      client.dispose();
    }
  });

  it('an approval that cannot be given here is not hidden', async () => {
    const page = await connected();
    const key = await page.begin('SLOW');
    server.say({ type: 'approval_required', requestId: key, id: 'r0', title: 'Delete it all' });
    await until('it is told', () => page.of('notice').length === 1);
    expect(page.of('notice')[0]!.text).toContain('Delete it all');
  });

  it('what is no text is refused, and nothing is sent', async () => {
    const page = await connected();
    page.link!.prompt('k1', [{ type: 'image', data: 'AA==', mimeType: 'image/png' }]);
    expect(page.heard('refused')).toMatchObject([
      { key: 'k1', error: { code: 'unsupported_content', retryable: false } },
    ]);
    expect(server.frames).toEqual([]);
  });
});
