import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeEach, describe, expect, it } from 'vitest';
import { ApertureClient } from '../../../src/app/client/aperture-client.ts';
import { Intake } from '../../../src/app/client/intake.ts';
import type { IgnoredWhy, Protocol } from '../../../src/app/client/protocols/port.ts';
import { DEFAULT_POLICY, type EndpointPolicy } from '../../../src/core/endpoint/policy.ts';
import type { ProbeAnswer } from '../../../src/core/endpoint/probe.ts';
import type { SessionId } from '../../../src/core/ids.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { SessionSummary } from '../../../src/core/wire/rest.ts';
import type { ModelServer } from '../../support/servers/model-server.ts';
import { ManualEnvironment, RecordingHost, summary } from '../../unit/client/kit.ts';
import { ManualFrames } from '../../unit/store/kit.ts';
import { Cast } from './cast.ts';
import { Page, until, type PageOptions } from './page.ts';

/** Tokens that come at once. */
const BURST = 3_000;

/** Something that a server does and that belongs to nobody. */
export interface Stray<S extends ModelServer> {
  readonly what: string;
  readonly why: IgnoredWhy;
  /** Makes it happen on a page that is attached; the page is looked at when this resolves. */
  provoke(page: Page, server: S): Promise<void> | void;
}

/** What a connection model promises, and how to see that its adapter keeps it. */
export interface Contract<S extends ModelServer> {
  readonly protocol: Protocol;
  /** A server of it, not started yet. */
  server(): S;
  /** One of another kind. */
  other(): ModelServer;
  readonly token?: string;
  readonly policy?: Partial<EndpointPolicy>;
  readonly summary?: Partial<SessionSummary>;
  readonly has: { cancel: boolean; approve: boolean; liveness: boolean; list: boolean };
  readonly afterDrop: Protocol['afterDrop'];
  /** What the page says of a socket that was cut in the middle of an answer. */
  readonly dropVerdict: 'retry' | 'lost' | 'done';
  readonly shared: boolean;
  /** Where a token may go; the first is the protocol's own way. */
  readonly auth: readonly EndpointPolicy['auth'][];
  /** Every socket of the server says something that cannot be read. */
  sayNonsense(server: S): void;
  readonly strays: readonly Stray<S>[];
  /** The server refuses this token; absent where there are none. */
  readonly wrongToken?: string;
  /** A socket that cannot take a prompt is found out at once; false where each prompt dials its own. */
  readonly refuses?: boolean;
}

/** The suite that every adapter passes, over real sockets. `SLOW` never ends, `PERMISSION` asks first. */
export function protocolContract<S extends ModelServer>(contract: Contract<S>): void {
  const { protocol, has } = contract;
  const goesOn = contract.afterDrop !== 'lost';
  let server: S;
  const cast = new Cast({ protocol: () => protocol, server: () => server });
  const page = (more: Partial<PageOptions> = {}): Page => {
    const { token, policy, summary: known } = contract;
    return cast.page({ token, policy, summary: known, ...more });
  };
  const connected = async (more: Partial<PageOptions> = {}): Promise<Page> => {
    const made = page(more);
    await made.connect();
    return made;
  };

  beforeEach(async () => {
    server = await contract.server().start();
  });

  describe(`${protocol.name}: a session`, () => {
    it('attaches once, and can do what the table says of it', async () => {
      const { link } = await connected();
      expect(protocol.afterDrop).toBe(contract.afterDrop);
      expect(protocol.shared).toBe(contract.shared);
      expect({
        cancel: link!.cancel !== undefined,
        approve: link!.approve !== undefined,
        liveness: link!.liveness !== undefined,
        list: protocol.list !== undefined,
      }).toEqual(has);
    });

    it('[R38][R21] streams an answer to its end: shown once, numbered without holes, one end', async () => {
      const made = await connected();
      expect(await made.ask('hello')).toBe('end_turn');
      expect(server.prompts).toEqual(['hello']);
      expect(made.said('user')).toBe('hello');
      expect(made.said('assistant')).toBe('You said: hello.');
      expect(made.heard('ack')).toMatchObject([{ key: made.keys[0] }]);
      const [own, running] = made.events;
      expect(own).toMatchObject({ type: 'chunk', role: 'user', key: made.keys[0] });
      expect(running).toMatchObject({ type: 'turn', state: 'running', key: made.keys[0] });
      expect(made.log.map(({ n }) => n)).toEqual(made.log.map((_, index) => index + 1));
    });

    it('[R38] a second prompt works like the first', async () => {
      const made = await connected();
      await made.ask('one');
      await made.ask('two');
      expect(made.said('assistant')).toBe('You said: one.You said: two.');
      expect(made.ends).toHaveLength(2);
      expect(made.ignored).toEqual([]);
    });

    it('[R30][R52] a burst is read a part in each frame of the page, in order, and all of it', async () => {
      const frames = new ManualFrames();
      const intake = new Intake(frames, () => true);
      const made = await connected({
        sockets: (url, protocols) => intake.paced('session-1', page().sockets(url, protocols)),
      });
      frames.costOfLooking = 1;
      made.prompt(`BURST ${BURST}`);
      let most = 0;
      await until('the turn has ended', () => {
        const before = made.events.length;
        frames.draw();
        most = Math.max(most, made.events.length - before);
        return made.ends.length === 1;
      });
      // Six looks at the clock, a slice of sixteen frames between two of them.
      expect(most).toBeLessThanOrEqual(7 * 16);
      const said = made.said('assistant');
      expect([...said.matchAll(/#(\d+) /g)].map(([, n]) => Number(n))).toEqual(
        Array.from({ length: BURST }, (_, i) => i + 1),
      );
      intake.dispose();
    });

    it('[R12] closing is idempotent and final, whenever it comes', async () => {
      const made = await connected();
      await made.begin('SLOW');
      made.link!.close();
      const heard = made.incoming.length;
      const early = page();
      early.open().close();
      await until('the server has noticed', () => server.connections === 0);
      expect(made.incoming).toHaveLength(heard);
      expect([made.closed, early.closed, early.incoming]).toEqual([undefined, undefined, []]);
    });

    if (contract.refuses ?? true)
      it('[R6] a prompt that the socket cannot take is refused, not lost: nothing is shown as sent', async () => {
        const made = await connected();
        made.blocked = true;
        const key = made.prompt('into the void');
        expect(made.heard('refused')).toMatchObject([{ key, error: { retryable: true } }]);
        expect([made.said('user'), made.turn]).toEqual(['', 'idle']);
        made.blocked = false;
        expect(await made.ask('again')).toBe('end_turn');
        expect(server.prompts).toEqual(['again']);
      });
  });

  describe(`${protocol.name}: the token`, () => {
    it.each(contract.auth)(
      '[R67] goes where the policy says, and nowhere else: %s',
      async (auth) => {
        expect(DEFAULT_POLICY[protocol.name].auth).toBe(contract.auth[0]);
        const { sockets } = page();
        const addresses: string[] = [];
        const headers: unknown[] = [];
        const made = page({
          policy: { ...contract.policy, auth },
          sockets: (url, protocols) => {
            addresses.push(url);
            return sockets(url, protocols);
          },
          fetch: (to, init) => {
            addresses.push(to);
            headers.push(init.headers);
            return fetch(to, init);
          },
        });
        made.open();
        const over = (): boolean => made.closed !== undefined;
        await until('it is open', () => over() || made.heard('attached').length > 0);
        if (!over()) made.prompt('hello');
        await until('it is answered', () => over() || made.ends.length > 0);
        const shows = (what: unknown): boolean => JSON.stringify(what).includes(contract.token!);
        expect([shows(server.frames), shows(addresses)]).toEqual([
          auth === 'first-frame' || auth === 'hello',
          auth === 'query',
        ]);
        if (auth === 'query' || auth === 'none') expect(shows(headers)).toBe(false);
        if (auth === contract.auth[0]) expect(server.prompts).toEqual(['hello']);
      },
    );
  });

  describe(`${protocol.name}: a connection that breaks`, () => {
    it('[R43][R45] in mid-answer: settled once before it is told, the partial answer kept', async () => {
      const made = await connected();
      await made.begin('SLOW');
      server.dropAll();
      await until('it is settled', () => made.turn === 'idle');
      if (contract.dropVerdict !== 'done') {
        expect((await made.lost()).verdict).toBe(contract.dropVerdict);
      }
      expect(made.ends).toMatchObject([{ stopReason: 'interrupted' }]);
      expect(made.said('assistant')).toContain('You');
      expect(made.of('retract')).toEqual([]);
    });

    it('[R45] the partial answer is taken back where the policy says so', async () => {
      const made = await connected({ policy: { ...contract.policy, partial: 'discard' } });
      await made.begin('SLOW');
      server.dropAll();
      await until('it is settled', () => made.turn === 'idle');
      const said = new Set(
        made.of('chunk').flatMap(({ role, messageId }) => (role === 'user' ? [] : [messageId])),
      );
      expect(new Set(made.of('retract').map(({ messageId }) => messageId))).toEqual(said);
      expect(said).not.toContain(undefined);
      const types = made.events.map(({ type }) => type);
      expect(types.lastIndexOf('retract')).toBeLessThan(types.lastIndexOf('turn'));
    });

    if (goesOn)
      it('[R21] and comes back: numbers go on, the next prompt works', async () => {
        const made = await connected();
        await made.ask('one');
        server.dropAll();
        if (contract.dropVerdict !== 'done') await made.lost();
        made.link?.close();
        await made.connect();
        expect(await made.ask('two')).toBe('end_turn');
        expect(made.said('assistant')).toBe('You said: one.You said: two.');
        expect(made.said('user')).toBe('onetwo');
      });

    if (!goesOn)
      it('[R64] is over: dialled again it says so, and takes no prompt', async () => {
        const made = await connected();
        await made.ask('one');
        server.dropAll();
        expect((await made.lost()).verdict).toBe('lost');
        const said = made.said('assistant');
        made.open();
        expect((await made.lost()).verdict).toBe('lost');
        expect([made.said('assistant'), server.prompts]).toEqual([said, ['one']]);
      });

    it('[R43] what a page that died left open is settled by the next, once', async () => {
      const made = await connected();
      await made.begin('SLOW');
      const next = made.reload();
      made.link!.close();
      await until('its socket is gone', () => server.connections === 0);
      cast.join(next);
      next.open();
      await until('it is settled', () => next.turn === 'idle');
      expect(next.ends).toMatchObject([{ stopReason: 'interrupted' }]);
      if (!goesOn) return void expect((await next.lost()).verdict).toBe('lost');
      expect(await next.ask('again')).toBe('end_turn');
      expect(next.ends).toHaveLength(2);
    });

    it('[R71] what cannot be read costs its own session alone', async () => {
      const made = await connected();
      await made.begin('SLOW one');
      contract.sayNonsense(server);
      await until('it is settled', () => made.turn === 'idle');
      expect(made.ends).toHaveLength(1);
      const other = await connected();
      expect(await other.ask('two')).toBe('end_turn');
    });

    it('[R6][R43] a message that went out leaves the outbox, and is never sent twice by itself', async () => {
      let remote: JsonObject | undefined;
      const host = Object.assign(new RecordingHost(), {
        remoteChanged: (_: SessionId, told: JsonObject): void => {
          remote = told;
        },
      });
      const made = page();
      const client = new ApertureClient({
        host,
        environment: new ManualEnvironment(),
        sockets: made.sockets,
        client: 'tab-test',
        place: (id) => ({
          endpoint: { url: server.url, token: contract.token ?? '' },
          protocol,
          policy: { ...DEFAULT_POLICY[protocol.name], ...contract.policy },
          summary: { ...summary(id), ...contract.summary },
          remote,
          was: { turn: 'idle', pending: [] },
        }),
        check: async () => ({ status: 'there' }),
        random: () => 0,
      });
      try {
        await client.connectSession('a');
        client.sendToSession('a', [{ type: 'text', text: 'SLOW' }]);
        await until('it was sent', () => server.prompts.length === 1);
        expect(host.outboxes.get('a')).toEqual([]);
        await until('an answer', () => (host.log.get('a') ?? []).length > 3);
        server.dropAll();
        await until('it is settled', () =>
          (host.log.get('a') ?? []).some(
            ({ event }) => event.type === 'turn' && event.stopReason === 'interrupted',
          ),
        );
        expect(host.outboxes.get('a')).toEqual([]);
        if (goesOn) {
          // What would be sent again by itself is ahead of what is sent now.
          client.retryNow('a');
          await client.connectSession('a');
          client.sendToSession('a', [{ type: 'text', text: 'again' }]);
          await until('the next was sent', () => server.prompts.includes('again'));
        } else await until('it is over', () => client.getConnectionStatus('a').status === 'ended');
        expect(server.prompts).toEqual(goesOn ? ['SLOW', 'again'] : ['SLOW']);
      } finally {
        client.dispose();
      }
    });
  });

  if (has.cancel)
    describe(`${protocol.name}: cancel`, () => {
      it('[R41] ends the turn once, however often it is asked for; the next prompt works', async () => {
        const made = await connected();
        const key = await made.begin('SLOW');
        for (const cancel of ['c1', 'c2', 'c3']) made.link!.cancel!.send(cancel, key);
        await until('it has ended', () => made.turn === 'idle');
        expect(made.ends).toMatchObject([{ stopReason: 'cancelled' }]);
        expect(await made.ask('again')).toBe('end_turn');
        expect(made.ends).toHaveLength(2);
      });

      it('[R41] of a finished or foreign request does nothing', async () => {
        const made = await connected();
        await made.ask('one');
        made.link!.cancel!.send('c1', made.keys[0]);
        made.link!.cancel!.send('c2');
        await made.begin('SLOW');
        made.link!.cancel!.send('c3', made.keys[0]);
        expect(made.turn).not.toBe('idle');
        made.link!.cancel!.send('c4', made.keys[1]);
        await until('it has ended', () => made.turn === 'idle');
        expect(made.ends.map(({ stopReason }) => stopReason)).toEqual(['end_turn', 'cancelled']);
      });

      it('[R45] takes the partial answer back where the policy says so', async () => {
        const made = await connected({ policy: { ...contract.policy, partial: 'discard' } });
        await made.begin('SLOW');
        made.link!.cancel!.send('c1');
        await until('it has ended', () => made.turn === 'idle');
        expect(made.of('retract').length).toBeGreaterThan(0);
      });
    });

  if (has.approve)
    describe(`${protocol.name}: permission`, () => {
      it('[R55][R57] is asked once, answered once, and the turn goes on', async () => {
        const made = await connected();
        made.prompt('PERMISSION please');
        await until('it is asked', () => made.pending.size === 1);
        const [asked] = made.of('permission');
        const option = asked!.options.find(({ kind }) => kind.startsWith('allow'))!;
        made.link!.approve!.answer('a1', asked!.id, option.optionId);
        await until('the end', () => made.ends.length === 1);
        expect(made.of('resolved')).toMatchObject([
          { id: asked!.id, outcome: 'selected', optionId: option.optionId },
        ]);
        expect(made.heard('ack').map(({ key }) => key)).toContain('a1');
        made.link!.approve!.answer('a2', asked!.id, option.optionId);
        made.link!.approve!.answer('a3', 'nobody asked', option.optionId);
        expect(made.heard('refused')).toMatchObject([{ key: 'a2' }, { key: 'a3' }]);
        expect(made.ends).toMatchObject([{ stopReason: 'end_turn' }]);
      });

      it('[R56] an answer that could not be sent leaves the request open', async () => {
        const made = await connected();
        made.prompt('PERMISSION please');
        await until('it is asked', () => made.pending.size === 1);
        const [asked] = made.of('permission');
        made.blocked = true;
        made.link!.approve!.answer('a1', asked!.id, asked!.options[0]!.optionId);
        expect(made.heard('refused')).toMatchObject([{ key: 'a1', error: { retryable: true } }]);
        expect(made.pending.size).toBe(1);
        made.blocked = false;
        made.link!.approve!.answer('a2', asked!.id, asked!.options[0]!.optionId);
        await until('the end', () => made.ends.length === 1);
      });

      it('[R43][R58] is settled with the connection', async () => {
        const made = await connected();
        made.prompt('PERMISSION please');
        await until('it is asked', () => made.pending.size === 1);
        server.dropAll();
        await made.lost();
        expect(made.of('resolved')).toMatchObject([{ outcome: 'cancelled' }]);
      });

      if (has.cancel)
        it('[R58] is settled with its turn', async () => {
          const made = await connected();
          made.prompt('PERMISSION please');
          await until('it is asked', () => made.pending.size === 1);
          made.link!.cancel!.send('c1');
          await until('the end', () => made.ends.length === 1);
          expect(made.of('resolved')).toMatchObject([{ outcome: 'cancelled' }]);
          expect(made.ends).toMatchObject([{ stopReason: 'cancelled' }]);
        });
    });

  if (has.liveness)
    describe(`${protocol.name}: liveness`, () => {
      it('[R19] a ping comes back with its number', async () => {
        const made = await connected();
        made.link!.liveness!.ping(41);
        await until('the pong', () => made.heard('pong').length === 1);
        expect(made.heard('pong')).toMatchObject([{ token: 41 }]);
      });
    });

  describe(`${protocol.name}: what belongs to nobody`, () => {
    it.each(contract.strays)('[R39][R51][R54] $what is $why', async ({ why, provoke }) => {
      const made = await connected();
      await provoke(made, server);
      await until(`something is ${why}`, () => made.ignored.some((stray) => stray.why === why));
    });
  });

  describe(`${protocol.name}: probe`, () => {
    const probe = (
      url: string,
      token = contract.token ?? '',
      signal: AbortSignal = new AbortController().signal,
    ): Promise<ProbeAnswer> =>
      protocol.probe({
        endpoint: { url, token },
        policy: { ...DEFAULT_POLICY[protocol.name], ...contract.policy },
        sockets: page().sockets,
        fetch: (to, init) => fetch(to, init),
        signal,
      });
    const verdict = async (...of: Parameters<typeof probe>): Promise<string> =>
      (await probe(...of)).verdict;

    it('knows its own server, starts no work there and leaves nothing open', async () => {
      expect(await probe(server.url)).toMatchObject({ verdict: 'speaks' });
      await until('it is closed', () => server.connections === 0);
      expect(server.prompts).toEqual([]);
    });

    it('does not take another kind of server for its own', async () => {
      const other = await contract.other().start();
      expect(await verdict(other.url)).toBe('no');
      await until('it is closed', () => other.connections === 0);
      await other.stop();
    });

    it('does not take a static host for its own, nor an address where nobody is', async () => {
      const http: Server = createServer((_, response) => response.end('<!doctype html>'));
      await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
      expect(await verdict(`http://127.0.0.1:${(http.address() as AddressInfo).port}`)).toBe('no');
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      expect(await verdict('http://127.0.0.1:1')).toBe('no');
    });

    it('can be stopped', async () => {
      const stop = new AbortController();
      const asked = verdict(server.url, contract.token, stop.signal);
      stop.abort();
      expect(await asked).toBe('no');
      await until('it is closed', () => server.connections === 0);
    });

    if (contract.wrongToken !== undefined)
      it('[R47] a refused token is told as one', async () => {
        expect(await verdict(server.url, contract.wrongToken)).toBe('refused');
        const made = page({ token: contract.wrongToken });
        made.open();
        expect(await made.lost()).toMatchObject({ verdict: 'fatal' });
        expect(server.prompts).toEqual([]);
      });
  });
}
