import { beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ApertureClient } from '../../../src/app/client/aperture-client.ts';
import type { Socket } from '../../../src/app/client/protocols/port.ts';
import { singleProtocol } from '../../../src/app/client/protocols/single.ts';
import { MAX_SOCKETS } from '../../../src/app/client/protocols/single-socket.ts';
import { SingleServer, type SingleServerOptions } from '../../support/servers/single-server.ts';
import { ThreadServer } from '../../support/servers/thread-server.ts';
import { ManualEnvironment, placeAt, RecordingHost } from '../../unit/client/kit.ts';
import { Cast, during, USUAL } from './cast.ts';
import { Page, until } from './page.ts';
import { protocolContract } from './suite.ts';

protocolContract<SingleServer>({
  ...USUAL,
  protocol: singleProtocol,
  server: () => new SingleServer({ token: 'right' }),
  other: () => new ThreadServer(),
  has: { cancel: true, approve: false, liveness: false, list: false },
  auth: ['hello', 'query', 'none'],
  afterDrop: 'done',
  dropVerdict: 'done',
  refuses: false,
  strays: [
    {
      what: 'an answer in another session',
      why: 'foreign_scope',
      provoke: during({ foreign: true }),
    },
    {
      what: 'a frame of an unknown kind',
      why: 'unknown_kind',
      provoke: during({ unknownKind: true }),
    },
    {
      what: 'an answer before anything was asked',
      why: 'unknown_request',
      provoke: (_, server) => server.answerAll(),
    },
  ],
});

describe('single', () => {
  let server: SingleServer;
  const { connected } = new Cast({ protocol: () => singleProtocol, server: () => server });
  const use = async (options: SingleServerOptions): Promise<void> => {
    await server.stop();
    server = await new SingleServer(options).start();
  };
  const frames = (type: string): { [key: string]: unknown }[] =>
    (server.frames as { type: string }[]).filter((frame) => frame.type === type);

  beforeEach(async () => {
    server = await new SingleServer().start();
  });

  it('[R49] hello and welcome come first; the first query uses the socket that is there, the next its own', async () => {
    const page = await connected();
    expect(server.connections).toBe(1);
    await page.ask('one');
    expect(frames('hello')).toHaveLength(1);
    await until('the socket is done', () => server.connections === 0);
    expect(page.closed).toBeUndefined();
    await page.ask('two');
    expect(frames('hello')).toHaveLength(2);
    expect(frames('user_query').map(({ sess_id }) => sess_id)).toEqual(['s1', 's2']);
    const identities = frames('hello').map(({ identity }) => identity);
    expect(new Set(identities)).toEqual(new Set([page.remote!['identity']]));
  });

  it('[R51] a session id that is no text is nobody’s', async () => {
    const page = await connected();
    await page.begin('SLOW');
    for (const sess_id of [{}, [], true]) {
      server.say({ type: 'assistant_response', sess_id, payload: { text: 'leak' } });
    }
    await until('they are dropped', () => page.ignored.length === 3);
    expect(page.ignored.map(({ why }) => why)).toEqual(Array(3).fill('foreign_scope'));
    expect(page.said('assistant')).not.toContain('leak');
  });

  it('[R49] a second query opens a second socket, and each answer is its own message', async () => {
    const page = await connected();
    const slow = await page.begin('SLOW');
    const quick = page.prompt('quick');
    await until('the second is answered', () => page.of('finished').length === 1);
    expect([server.mostAtOnce, page.turn]).toEqual([2, 'running']);
    const said = new Map<string, string>();
    for (const { messageId, content } of page.of('chunk')) {
      if (messageId && content.type === 'text') {
        said.set(messageId, (said.get(messageId) ?? '') + content.text);
      }
    }
    expect(said.get(quick)).toBe('You said: quick.');
    expect(said.get(slow)).toMatch(/^You said: SLOW/);
  });

  it('[R49] closing aborts the work at once, and that is its cancel', async () => {
    const dialled: Socket[] = [];
    const { sockets } = new Page({ protocol: singleProtocol, url: server.url });
    const page = await connected({
      sockets: (...to) => {
        dialled.push(sockets(...to));
        return dialled.at(-1)!;
      },
    });
    const key = await page.begin('SLOW');
    page.link!.cancel!.send('c1', key);
    // No timer and no answer is waited for: what is left is the way of one frame, which tests/bench measures.
    expect(dialled.map(({ readyState }) => readyState)).toEqual([WebSocket.CLOSING]);
    expect(page.turn).toBe('idle');
    await until('the server has aborted', () => server.aborted.length === 1);
    expect(page.ends).toMatchObject([{ stopReason: 'cancelled' }]);
    await page.begin('SLOW again');
    page.link!.close();
    await until('the server has aborted', () => server.aborted.length === 2);
  });

  it.each<SingleServerOptions>([{ whole: true }, { payload: 'text' }, { payload: 'flat' }])(
    'takes an answer in pieces or whole, wherever its text stands (%j)',
    async (options) => {
      await use(options);
      const page = await connected();
      expect(await page.ask('hello')).toBe('end_turn');
      expect(page.said('assistant')).toBe('You said: hello.');
    },
  );

  it('[R49] a close without a finish reason completes what has begun', async () => {
    server.misbehave.closeAfter = 2;
    const page = await connected();
    expect(await page.ask('hello')).toBe('end_turn');
    expect(page.said('assistant')).toBe('You said: ');
    server.misbehave.closeAfter = undefined;
    expect(await page.ask('again')).toBe('end_turn');
  });

  it('[R49] a close without any answer fails the query, and it may be sent again', async () => {
    server.misbehave.closeAfter = 0;
    const page = await connected();
    expect(await page.ask('hello')).toBe('error');
    expect(page.of('error')).toMatchObject([{ error: { code: 'no_answer', retryable: true } }]);
    expect(page.closed).toBeUndefined();
  });

  it('[R43] a cut socket costs its own query only', async () => {
    const page = await connected();
    await page.begin('SLOW one');
    page.prompt('SLOW two');
    await until('both are there', () => server.prompts.length === 2);
    const from = page.log.length;
    server.cutOldest();
    await until('it is settled', () => page.of('error').length === 1);
    expect(page.of('error')[0]).toMatchObject({ key: page.keys[0] });
    expect([page.turn, page.closed]).toEqual(['running', undefined]);
    await until('the other goes on', () => page.said('assistant', from) !== '');
    server.dropAll();
    await until('the link is over', () => page.closed !== undefined);
    expect(page.ends).toMatchObject([{ stopReason: 'interrupted' }]);
  });

  it('an idle socket that the server closes is done', async () => {
    const page = await connected();
    server.closeAll(1000);
    expect(await page.lost()).toMatchObject({ verdict: 'done', code: 'closed' });
    await page.connect();
    expect(await page.ask('hello')).toBe('end_turn');
  });

  it('[R47] an error keeps its code; the close that follows settles nothing again', async () => {
    server.misbehave.errorThenClose = true;
    const page = await connected();
    expect(await page.ask('hello')).toBe('error');
    expect(page.of('error')).toMatchObject([{ error: { code: 'broken', retryable: false } }]);
    server.misbehave.errorThenClose = false;
    expect(await page.ask('again')).toBe('end_turn');
    expect(page.ends).toHaveLength(2);
  });

  it('[R30] opens no more sockets than it may; the others wait, and nothing is lost', async () => {
    const page = await connected();
    const texts = Array.from({ length: 2 * MAX_SOCKETS }, (_, index) => `query ${index}`);
    for (const text of texts) page.prompt(text);
    await until('all are answered', () => page.turn === 'idle' && server.prompts.length === 8);
    expect(server.prompts.toSorted()).toEqual(texts);
    expect(server.mostAtOnce).toBeLessThanOrEqual(MAX_SOCKETS);
    for (const text of texts) expect(page.said('assistant')).toContain(text);
  });

  it('[R6] a query for which no socket can be had is refused, and never shown as sent', async () => {
    const page = await connected();
    await page.ask('one');
    await server.stop();
    const key = page.prompt('two');
    await until('it is refused', () => page.heard('refused').length === 1);
    expect(page.heard('refused')).toMatchObject([{ key, error: { retryable: true } }]);
    expect(page.said('user')).toBe('one');
    expect((await page.lost()).verdict).toBe('retry');
  });

  it('[R6][R40] as a client uses it: messages run side by side, and one wakes a connection that is done', async () => {
    const host = new RecordingHost();
    const client = new ApertureClient({
      host,
      environment: new ManualEnvironment(),
      sockets: new Page({ protocol: singleProtocol, url: server.url }).sockets,
      client: 'tab-test',
      place: placeAt(server.url, singleProtocol),
      check: async () => ({ status: 'there' }),
      random: () => 0,
    });
    const status = (): string => client.getConnectionStatus('a').status;
    try {
      await client.connectSession('a');
      for (const text of ['SLOW', 'two']) client.sendToSession('a', [{ type: 'text', text }]);
      await until('both were sent', () => server.prompts.length === 2);
      expect(host.outboxes.get('a')).toEqual([]);
      await until('the second is answered', () =>
        host.log.get('a')!.some(({ event }) => event.type === 'finished'),
      );
      client.cancel('a');
      await until('it is stopped', () => server.aborted.length === 1);
      expect(server.aborted).toMatchObject([{ text: 'SLOW' }]);
      client.disconnectSession('a');
      await client.connectSession('a');
      server.closeAll(1000);
      await until('it is done', () => status() === 'disconnected');
      expect(client.getConnectionStatus('a')).toMatchObject({ reason: 'closed' });
      client.sendToSession('a', [{ type: 'text', text: 'three' }]);
      await client.connectSession('a');
      await until('it has arrived', () => server.prompts.includes('three'));
    } finally {
      client.dispose();
    }
  });

  it('goes on with the conversation of the last socket, where the server keeps it', async () => {
    await use({ remembers: true });
    const page = await connected();
    await page.ask('one');
    await page.ask('two');
    expect(frames('user_query').map(({ sess_id }) => sess_id)).toEqual(['s1', 's1']);
    expect(page.of('notice')).toEqual([]);
    await page.reload().connect();
    expect(frames('hello').at(-1)).toMatchObject({ sess_id: 's1' });
    // Another server in its place has never heard of it.
    page.link?.close();
    await use({ remembers: true });
    const moved = await connected({ remote: page.remote! });
    expect(moved.of('notice')).toMatchObject([{ level: 'info' }]);
  });

  it('two queries at once are never in one conversation', async () => {
    await use({ remembers: true });
    const page = await connected();
    await page.begin('SLOW');
    page.prompt('quick');
    await until('it is answered', () => page.of('finished').length === 1);
    expect(frames('user_query').map(({ sess_id }) => sess_id)).toEqual(['s1', 's2']);
  });
});
