import { beforeEach, describe, expect, it } from 'vitest';
import type { Protocol } from '../../../src/app/client/protocols/port.ts';
import { scopedProtocol } from '../../../src/app/client/protocols/scoped.ts';
import { ScopedServer, type ScopedMisbehaviour } from '../../support/servers/scoped-server.ts';
import { SingleServer } from '../../support/servers/single-server.ts';
import { afterCancel, Cast, during as provoked, USUAL } from './cast.ts';
import { until, type PageOptions } from './page.ts';
import { protocolContract, type Contract, type Stray } from './suite.ts';

const during =
  (what: ScopedMisbehaviour): Stray<ScopedServer>['provoke'] =>
  async (page, server) => {
    await provoked(what)(page, server);
    expect(page.said('assistant')).toBe('You said: hello.');
  };

const contract = (activity: boolean): Contract<ScopedServer> => ({
  ...USUAL,
  protocol: scopedProtocol(),
  server: () => new ScopedServer({ token: 'right', activity }),
  other: () => new SingleServer(),
  has: { cancel: true, approve: false, liveness: false, list: false },
  strays: [
    {
      what: 'an event of a chat that this page does not have',
      why: 'foreign_scope',
      provoke: during({ foreignChat: true }),
    },
    {
      what: 'an event of another world, with this chat’s id',
      why: 'foreign_scope',
      provoke: during({ foreignWorld: true }),
    },
    {
      what: 'an event without a chat',
      why: 'missing_scope',
      provoke: during({ missing: 'chat' }),
    },
    {
      what: 'an event without a world',
      why: 'missing_scope',
      provoke: during({ missing: 'world' }),
    },
    {
      what: 'an event without any scope',
      why: 'missing_scope',
      provoke: during({ missing: 'both' }),
    },
    {
      what: 'an event in a scope that is no text',
      why: 'missing_scope',
      provoke: during({ invalidScope: true }),
    },
    {
      what: 'an event of a request that nobody made',
      why: 'unknown_request',
      provoke: during({ orphans: true }),
    },
    {
      what: 'a second end',
      why: 'duplicate_final',
      provoke: during({ duplicateFinal: true }),
    },
    {
      what: 'what comes after a stop',
      why: 'late',
      provoke: async (page, server) => {
        await afterCancel({ lateTokens: true })(page, server);
        await until('all of it', () => page.ignored.length >= 3);
        expect([page.turn, page.ends.length]).toEqual(['idle', 1]);
      },
    },
  ],
});

describe('without activities', () => {
  protocolContract(contract(false));
});
describe('with activities', () => {
  protocolContract(contract(true));
});

const chat = (chatId: string, worldId = 'w1'): Partial<PageOptions> => ({
  remote: { worldId, chatId },
});

describe('scoped', () => {
  let server: ScopedServer;
  let protocol: Protocol;
  const { page, connected } = new Cast({
    protocol: () => protocol,
    server: () => server,
    closed: () => until('every socket is closed', () => server.connections === 0),
  });
  beforeEach(async () => {
    protocol = scopedProtocol();
    server = await new ScopedServer().start();
  });

  it('sessions of one world share a socket; the last one closes it', async () => {
    const [a, b] = await Promise.all([connected(chat('a')), connected(chat('b'))]);
    const other = await connected(chat('a', 'w2'));
    expect(server.connections).toBe(2);
    other.link!.close();
    a.link!.close();
    await until('they have left', () => server.subscriptions.size === 1);
    expect(server.connections).toBe(1);
    expect(await b.ask('still here')).toBe('end_turn');
    b.link!.close();
    await until('the socket is closed', () => server.connections === 0);
    expect(await connected(chat('a')).then((again) => again.ask('hello'))).toBe('end_turn');
  });

  it('another token is another socket', async () => {
    await connected({ ...chat('a'), token: 'one' });
    await connected({ ...chat('b'), token: 'two' });
    expect(server.connections).toBe(2);
  });

  it('notes world and chat, and comes back to them after a drop', async () => {
    const made = await connected({ remote: { world: 'w1' } });
    const { worldId, chatId } = made.remote as { worldId: string; chatId: string };
    expect([worldId, chatId.length]).toEqual(['w1', 36]);
    server.dropAll();
    await made.lost();
    expect(server.subscriptions.size).toBe(0);
    await made.connect();
    expect([...server.subscriptions]).toEqual([`w1/${chatId}`]);
  });

  it('[R43] a drop settles every session of the socket, each once', async () => {
    const made = await Promise.all(['a', 'b', 'c'].map((each) => connected(chat(each))));
    await Promise.all(made.map((each) => each.begin('SLOW')));
    server.dropAll();
    for (const each of made) {
      expect((await each.lost()).verdict).toBe('retry');
      expect(each.ends).toMatchObject([{ stopReason: 'interrupted' }]);
    }
    await Promise.all(made.map((each) => each.connect()));
    expect(server.connections).toBe(1);
    for (const each of made) expect(await each.ask('again')).toBe('end_turn');
  });

  it('[R41] stop means its chat only', async () => {
    const [a, b] = await Promise.all([connected(chat('a')), connected(chat('b'))]);
    await Promise.all([a!.begin('SLOW'), b!.begin('SLOW')]);
    const stops = (): number =>
      server.frames.filter((frame) => (frame as { type: string }).type === 'stop').length;
    a!.link!.cancel!.send('c1');
    a!.link!.cancel!.send('c2');
    await until('it has stopped', () => a!.turn === 'idle');
    const from = b!.log.length;
    await until('the other goes on', () => b!.said('assistant', from) !== '');
    expect([server.aborted.length, b!.turn, stops()]).toEqual([1, 'running', 1]);
    a!.link!.cancel!.send('c3');
    expect(stops()).toBe(1);
  });

  it('[R51] lenient takes an event without a world when its chat is known, and nothing else', async () => {
    server.misbehave.worldless = true;
    const lenient = await connected({ ...chat('a'), policy: { scope: 'lenient' } });
    expect(await lenient.ask('hello')).toBe('end_turn');
    expect([lenient.said('assistant'), lenient.ignored]).toEqual(['You said: hello.', []]);
    for (const missing of ['chat', 'both'] as const) {
      server.misbehave.missing = missing;
      await lenient.ask('more');
    }
    server.misbehave.missing = undefined;
    server.misbehave.foreignWorld = true;
    await lenient.ask('more');
    expect(lenient.ignored.map(({ why }) => why)).toEqual([
      'missing_scope',
      'missing_scope',
      'foreign_scope',
    ]);
    expect(lenient.said('assistant')).not.toContain('not yours');
    const strict = await connected(chat('b'));
    strict.prompt('hello');
    await until('it is dropped', () => strict.ignored.length > 3);
    expect([strict.said('assistant'), strict.turn]).toEqual(['', 'running']);
  });

  it('[R71] what cannot be read costs the chat that it was for, or nobody', async () => {
    const [a, b] = await Promise.all([connected(chat('a')), connected(chat('b'))]);
    await b!.begin('SLOW');
    server.say('{"type":');
    server.say('[]');
    server.say(Buffer.from('binary'));
    await until('it is counted', () => b!.ignored.length === 3 && a!.ignored.length === 3);
    server.say({ type: 'tool', worldId: 'w1', chatId: 'a', messageId: 'm' });
    expect((await a!.lost()).verdict).toBe('retry');
    const from = b!.log.length;
    await until('the other goes on', () => b!.said('assistant', from) !== '');
    expect(server.connections).toBe(1);
    expect(b!.closed).toBeUndefined();
  });

  it('an activity of a kind that nobody knows costs nothing', async () => {
    const made = await connected(chat('a'));
    const messageId = await made.begin('SLOW');
    server.say({ type: 'activity', worldId: 'w1', chatId: 'a', messageId, status: 'pondering' });
    await until('it is counted', () => made.ignored.length === 1);
    expect([made.ignored[0]!.why, made.closed]).toEqual(['unknown_kind', undefined]);
  });

  it('[R39] a request that the server starts has a message of its own', async () => {
    server.misbehave.serverStarted = true;
    const made = await connected(chat('a'));
    expect(await made.ask('hello')).toBe('end_turn');
    const own = made.of('chunk').filter(({ messageId }) => messageId === 'its-own');
    expect(own).toMatchObject([{ content: { text: 'By the way.' } }]);
    expect([made.ends.length, made.ignored]).toEqual([1, []]);
  });

  it('tool calls are upserted by their id, in the chat that they are of', async () => {
    await server.stop();
    server = await new ScopedServer({ activity: true }).start();
    const [a, b] = await Promise.all([connected(chat('a')), connected(chat('b'))]);
    await Promise.all([a!.ask('for a'), b!.ask('for b')]);
    for (const [made, text] of [
      [a!, 'for a'],
      [b!, 'for b'],
    ] as const) {
      expect(made.of('tool').map(({ call }) => call)).toMatchObject([
        { toolCallId: 't1', title: 'Look', status: 'in_progress', rawInput: { at: text } },
        { toolCallId: 't1', status: 'completed', rawOutput: 'seen' },
      ]);
      expect(made.said('assistant')).toBe(`You said: ${text}.`);
    }
  });

  it('[R11] a chat that the server refuses is fatal or tried again, as it says', async () => {
    const a = await connected(chat('a'));
    for (const [retryable, verdict] of [
      [false, 'fatal'],
      [true, 'retry'],
    ] as const) {
      server.misbehave.refuses = { code: 'no_such_chat', retryable };
      const made = page(chat('b'));
      made.open();
      expect((await made.lost()).verdict).toBe(verdict);
      expect(made.heard('error')).toMatchObject([{ error: { code: 'no_such_chat' } }]);
    }
    expect(await a.ask('not touched')).toBe('end_turn');
  });

  it('the same chat in two sessions is refused, and the first goes on', async () => {
    const first = await connected(chat('a'));
    const second = page(chat('a'));
    second.open();
    expect((await second.lost()).verdict).toBe('fatal');
    expect(second.heard('error')).toMatchObject([{ error: { code: 'chat_open_here' } }]);
    expect(await first.ask('hello')).toBe('end_turn');
  });

  it('[R47] an error keeps its code; the close that follows settles nothing again', async () => {
    server.misbehave.errorThenClose = true;
    const [a, b] = await Promise.all([connected(chat('a')), connected(chat('b'))]);
    await b!.begin('SLOW');
    expect(await a!.ask('hello')).toBe('error');
    await Promise.all([a!.lost(), b!.lost()]);
    expect(a!.of('error')).toMatchObject([{ error: { code: 'broken', retryable: false } }]);
    expect(a!.ends).toHaveLength(1);
    expect(b!.ends).toMatchObject([{ stopReason: 'interrupted' }]);
  });
});
