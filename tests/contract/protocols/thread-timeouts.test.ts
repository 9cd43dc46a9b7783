import { describe, expect, it, vi } from 'vitest';
import type { Incoming, Link, Protocol } from '../../../src/app/client/protocols/port.ts';
import {
  CANCEL_PATIENCE_MS,
  REQUEST_SILENCE_MS,
} from '../../../src/app/client/protocols/requests.ts';
import { scopedProtocol } from '../../../src/app/client/protocols/scoped.ts';
import { singleProtocol } from '../../../src/app/client/protocols/single.ts';
import { threadProtocol } from '../../../src/app/client/protocols/thread.ts';
import type { SessionEvent } from '../../../src/core/session/event.ts';
import { CONNECT_TIMEOUT_MS } from '../../../src/core/limits.ts';
import { DEFAULT_POLICY, type EndpointPolicy } from '../../../src/core/endpoint/policy.ts';
import { ManualClock, openRequest } from '../../unit/client/kit.ts';
import { FarSocket } from './thread-scoped-isolation.ts';

/** One session over a socket of which the test is the other end, in time that only the test moves. */
class Stage {
  readonly clock = new ManualClock();
  readonly sockets: FarSocket[] = [];
  readonly incoming: Incoming[] = [];
  readonly link: Link;
  closed: number | undefined;

  constructor(protocol: Protocol, policy: Partial<EndpointPolicy> = {}) {
    this.link = protocol.open(
      openRequest({
        endpoint: { url: 'http://far.test', token: '' },
        policy: { ...DEFAULT_POLICY[protocol.name], ...policy },
        remote: { threadId: 't', worldId: 'w', chatId: 'c' },
        sockets: (url) => {
          const socket = new FarSocket(url);
          this.sockets.push(socket);
          return socket;
        },
        clock: this.clock,
        now: () => this.clock.now(),
        sink: {
          incoming: (message) => void this.incoming.push(message),
          closed: (code) => void (this.closed = code),
        },
      }),
    );
    this.last.tell('open');
  }

  get last(): FarSocket {
    return this.sockets.at(-1)!;
  }

  get events(): SessionEvent[] {
    return this.incoming.flatMap((each) => (each.kind === 'event' ? [each.event.event] : []));
  }

  get sent(): unknown[] {
    return this.sockets.flatMap(({ sent }) => sent.map(({ type }) => type));
  }

  prompt(key: string): void {
    this.link.prompt(key, [{ type: 'text', text: key }]);
  }
}

const thread = (policy?: Partial<EndpointPolicy>): Stage => new Stage(threadProtocol, policy);
const token = (requestId: string, text: string) => ({ type: 'token', requestId, token: text });

describe('time', () => {
  it('[R43] a request of which nothing is heard fails once, and the server is told', async () => {
    const stage = thread({ partial: 'discard' });
    stage.prompt('k1');
    await stage.clock.advance(REQUEST_SILENCE_MS - 1);
    stage.last.say(token('k1', 'still here'));
    await stage.clock.advance(REQUEST_SILENCE_MS - 1);
    expect(stage.events.at(-1)).toMatchObject({ type: 'chunk' });
    await stage.clock.advance(1);
    expect(stage.events.slice(-3)).toMatchObject([
      { type: 'retract', messageId: 'k1' },
      { type: 'error', error: { code: 'request_timeout', retryable: true }, key: 'k1' },
      { type: 'turn', state: 'idle', stopReason: 'interrupted' },
    ]);
    expect(stage.sent).toEqual(['message', 'cancel']);
    const before = stage.events.length;
    stage.last.say(token('k1', 'too late'));
    stage.last.say({ type: 'final', requestId: 'k1', content: 'too late' });
    expect(stage.events).toHaveLength(before);
    expect(stage.incoming.slice(-2)).toMatchObject([{ why: 'late' }, { why: 'duplicate_final' }]);
    expect(stage.clock.pending).toBe(0);
  });

  it('[R30] a token arms no timer of its own', () => {
    const stage = thread();
    stage.prompt('k1');
    const armed = vi.spyOn(stage.clock, 'after');
    for (let count = 0; count < 100; count++) stage.last.say(token('k1', 'a'));
    expect(stage.events.filter((event) => event.type === 'chunk')).toHaveLength(101);
    expect(armed).not.toHaveBeenCalled();
  });

  it('[R41] a cancel that nobody confirms is over after a while', async () => {
    const stage = thread();
    stage.prompt('k1');
    stage.last.say(token('k1', 'a'));
    stage.link.cancel!.send('c1', 'k1');
    stage.last.say(token('k1', 'b'));
    expect(stage.incoming.at(-1)).toMatchObject({ kind: 'ignored', why: 'late' });
    await stage.clock.advance(CANCEL_PATIENCE_MS - 1);
    expect(stage.events.at(-1)).toMatchObject({ type: 'chunk', content: { text: 'a' } });
    await stage.clock.advance(1);
    expect(stage.events.at(-1)).toMatchObject({ type: 'turn', stopReason: 'cancelled' });
    // The confirmation that comes after all changes nothing.
    const before = stage.events.length;
    stage.last.say({ type: 'cancelled', requestId: 'k1' });
    expect(stage.events).toHaveLength(before);
  });

  it('[R42] the timer of an old request never touches a newer one', async () => {
    const stage = thread();
    stage.prompt('k1');
    await stage.clock.advance(REQUEST_SILENCE_MS / 2);
    stage.last.say({ type: 'final', requestId: 'k1', content: 'done' });
    stage.prompt('k2');
    await stage.clock.advance(REQUEST_SILENCE_MS - 1);
    expect(stage.events.at(-1)).toMatchObject({ type: 'turn', state: 'running', key: 'k2' });
    expect(stage.events.filter((event) => event.type === 'error')).toEqual([]);
  });

  it('[R41] a final that crosses the cancel ends it as stopped, and adds nothing', () => {
    const stage = thread();
    stage.prompt('k1');
    stage.link.cancel!.send('c1');
    stage.last.say({ type: 'final', requestId: 'k1', content: 'all of it' });
    expect(stage.events.at(-1)).toMatchObject({ type: 'turn', stopReason: 'cancelled' });
    expect(stage.events.filter((event) => event.type === 'chunk')).toHaveLength(1);
  });

  it('[R42] scoped: a timeout of one request does not stop another in its chat', async () => {
    const stage = new Stage(scopedProtocol());
    const scope = { worldId: 'w', chatId: 'c' };
    stage.last.say({ type: 'subscribed', ...scope });
    stage.prompt('k1');
    await stage.clock.advance(REQUEST_SILENCE_MS / 2);
    stage.prompt('k2');
    await stage.clock.advance(REQUEST_SILENCE_MS / 2);
    expect(stage.events.at(-1)).toMatchObject({ type: 'turn', state: 'running', key: 'k2' });
    expect(stage.sent).not.toContain('stop');
    await stage.clock.advance(REQUEST_SILENCE_MS / 2);
    expect(stage.sent).toContain('stop');
    expect(stage.events.at(-1)).toMatchObject({ type: 'turn', state: 'idle' });
  });

  it('[R7] single: a socket without a welcome is given up', async () => {
    const stage = new Stage(singleProtocol);
    await stage.clock.advance(CONNECT_TIMEOUT_MS);
    expect([stage.closed, stage.last.readyState, stage.incoming]).toEqual([1006, 3, []]);
  });

  it('[R12] a closed link leaves no timer behind and says nothing more', async () => {
    for (const stage of [thread(), new Stage(singleProtocol), new Stage(scopedProtocol())]) {
      stage.prompt('k1');
      stage.link.close();
      const before = stage.incoming.length;
      expect(stage.clock.pending).toBe(0);
      stage.last.tell('close', { code: 1006 });
      stage.prompt('k2');
      await stage.clock.advance(2 * REQUEST_SILENCE_MS);
      expect([stage.incoming.length, stage.closed]).toEqual([before, undefined]);
    }
  });
});
