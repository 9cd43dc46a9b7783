import { describe, expect, it } from 'vitest';
import { legacyProtocol } from '../../../src/app/client/protocols/legacy/legacy.ts';
import { DEFAULT_POLICY } from '../../../src/core/endpoint/policy.ts';
import { BidiServer } from '../../support/servers/bidi-server.ts';
import { LegacyServer, type LegacyServerOptions } from '../../support/servers/legacy-server.ts';
import { afterCancel, Cast, during, USUAL } from './cast.ts';
import { until } from './page.ts';
import { protocolContract } from './suite.ts';

for (const dialect of ['update', 'response', 'notification'] as const) {
  describe(`dialect ${dialect}`, () => {
    protocolContract<LegacyServer>({
      ...USUAL,
      protocol: legacyProtocol,
      server: () => new LegacyServer({ token: 'right', dialect }),
      other: () => new BidiServer(),
      has: { cancel: true, approve: true, liveness: false, list: true },
      strays: [
        {
          what: 'an update of another session',
          why: 'foreign_scope',
          provoke: during({ foreign: true }),
        },
        {
          what: 'a kind that nobody knows',
          why: 'unknown_kind',
          provoke: during({ strange: true }),
        },
        { what: 'a second end', why: 'duplicate_final', provoke: during({ duplicateFinal: true }) },
        { what: 'the user’s own words', why: 'unknown_kind', provoke: during({ echo: true }) },
        {
          what: 'a token after the cancel',
          why: 'late',
          provoke: afterCancel({ lateTokens: true }),
        },
      ],
    });
  });
}

describe('legacy: its history', () => {
  let server: LegacyServer;
  const cast = new Cast({ protocol: () => legacyProtocol, server: () => server });
  const { page } = cast;

  const start = async (options: LegacyServerOptions = {}): Promise<void> => {
    server = await new LegacyServer(options).start();
  };
  const probeRequest = (token: string) => ({
    endpoint: { url: server.url, token },
    policy: DEFAULT_POLICY.legacy,
    sockets: page().sockets,
    fetch: (to: string, init: RequestInit) => fetch(to, init),
    signal: new AbortController().signal,
  });

  it('[R28] a session that is taken up from the list shows its history, once', async () => {
    await start();
    const first = page();
    await first.connect();
    await first.ask('one');
    first.link!.close();
    const [listed] = await legacyProtocol.list!(probeRequest(''));
    const second = page({ remote: listed!.remote as { id: string } });
    await second.connect();
    await until('its history', () => second.said('assistant') === 'You said: one.');
    expect(second.said('user')).toBe('one');
    second.link!.close();
    await second.connect();
    expect(await second.ask('two')).toBe('end_turn');
    expect(second.said('user')).toBe('onetwo');
    expect(second.said('assistant')).toBe('You said: one.You said: two.');
  });

  it('[R28][R43] what a drop cut off comes from the history, without what was shown before', async () => {
    await start({ durable: true });
    const made = page();
    await made.connect();
    await made.begin('a rather long story');
    server.dropAll();
    await made.lost();
    const shown = made.said('assistant');
    expect(shown.length).toBeLessThan('You said: a rather long story.'.length);
    await until('the server is done', () => server.sessions.get('legacy-1')!.turn === undefined);
    await made.connect();
    await until('the rest', () => made.said('assistant') === 'You said: a rather long story.');
    expect(made.ends).toMatchObject([{ stopReason: 'interrupted' }]);
    await made.ask('two');
    expect(made.said('user')).toBe('a rather long storytwo');
  });

  it('[R43] a turn that still runs is taken up, and its answer comes whole', async () => {
    await start({ durable: true });
    const made = page();
    await made.connect();
    await made.begin('SLOW story');
    server.dropAll();
    await made.lost();
    await made.connect();
    await until('it runs again', () => made.turn === 'running');
    made.link!.cancel!.send('c1');
    await until('the end', () => made.turn === 'idle');
    const { content } = server.sessions.get('legacy-1')!.messages.at(-1)!;
    expect(made.said('assistant')).toBe((content as { text: string }[])[0]!.text);
    expect(made.ends.map(({ stopReason }) => stopReason)).toEqual(['interrupted', 'cancelled']);
  });

  it.each([true, false])(
    '[R28][R43] a page that died in mid-answer has it once (still running: %s)',
    async (running) => {
      await start({ durable: true });
      const made = page();
      await made.connect();
      await made.begin(running ? 'SLOW story' : 'a rather long story');
      const next = cast.join(made.reload());
      made.link!.close();
      const session = server.sessions.get('legacy-1')!;
      if (!running) await until('the server is done', () => session.turn === undefined);
      await next.connect();
      if (running) next.link!.cancel!.send('c1');
      await until('the end', () => next.turn === 'idle');
      const { content } = session.messages.at(-1)!;
      const whole = (content as { text: string }[])[0]!.text;
      const taken = next.events.findIndex(({ type }) => type === 'retract');
      // What stands before is taken back; what stands after is all there is.
      expect(next.said('assistant', taken)).toBe(whole);
      expect(next.ends).toHaveLength(1);
    },
  );

  it('[R39] what somebody else asks in the session is shown with its answer', async () => {
    await start({ echo: true });
    const made = page();
    await made.connect();
    await server.speak('legacy-1', 'from elsewhere');
    await until('the end', () => made.ends.length === 1);
    expect(made.said('user')).toBe('from elsewhere');
    expect(made.said('assistant')).toBe('You said: from elsewhere.');
    expect(made.ends[0]!.key).toBeUndefined();
  });

  it('a server without a history is a server all the same', async () => {
    await start({ noHistory: true });
    const made = page();
    await made.connect();
    expect(await made.ask('one')).toBe('end_turn');
    server.dropAll();
    await made.lost();
    await made.connect();
    expect(await made.ask('two')).toBe('end_turn');
  });

  it('[R11] a session that is gone is lost, and what was open is settled', async () => {
    await start();
    const made = page();
    await made.connect();
    await made.begin('SLOW');
    const next = cast.join(made.reload());
    server.sessions.clear();
    server.dropAll();
    expect((await made.lost()).verdict).toBe('retry');
    for (const reader of [made, next]) {
      reader.open();
      expect(await reader.lost()).toMatchObject({ verdict: 'lost' });
      expect(reader.ends).toMatchObject([{ stopReason: 'interrupted' }]);
    }
  });

  it('[R51] a session id that is no text is nobody’s; lenient takes what the socket brings', async () => {
    await start();
    const content = { type: 'text', text: 'leak' };
    const update = { sessionUpdate: 'agent_message_chunk', content };
    const strange = { method: 'session/update', params: { sessionId: { id: 1 }, update } };
    const strict = page();
    await strict.connect();
    await strict.begin('SLOW');
    server.say(strange);
    await until('it is dropped', () => strict.ignored.length === 1);
    expect(strict.ignored[0]!.why).toBe('foreign_scope');
    expect(strict.said('assistant')).not.toContain('leak');
    const lenient = page({ policy: { scope: 'lenient' } });
    await lenient.connect();
    await lenient.begin('SLOW');
    server.say(strange);
    await until('it is taken', () => lenient.said('assistant').includes('leak'));
  });

  it('[R30] a flood of permission requests is cut off', async () => {
    await start();
    const flooded = page();
    await flooded.connect();
    await flooded.begin('SLOW');
    const options = [{ optionId: 'yes', name: 'Yes', kind: 'allow_once' }];
    for (let id = 1; id <= 120; id++) {
      const params = { toolCall: { toolCallId: `call-${id}` }, options };
      server.say({ id, method: 'session/request_permission', params });
    }
    await until('the rest is dropped', () => flooded.ignored.length === 20);
    expect(flooded.pending.size).toBe(100);
  });

  it('[R47] an error is shown with its words', async () => {
    await start();
    const made = page();
    await made.connect();
    expect(await made.ask('FAIL')).toBe('error');
    expect(made.of('error')).toMatchObject([{ error: { message: 'the model is not available' } }]);
  });
});

describe('legacy: close codes', () => {
  it.each([
    [1000, 'done'],
    [1006, 'retry'],
    [1008, 'fatal'],
    [4001, 'fatal'],
    [4003, 'fatal'],
    [4004, 'lost'],
  ])('[R10] %d is %s', (code, verdict) => {
    expect(legacyProtocol.classifyClose(code, '').verdict).toBe(verdict);
  });
});
