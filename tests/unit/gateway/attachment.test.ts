import { describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { MAX_SERVER_FRAME_BYTES } from '../../../src/core/limits.ts';
import { memoryJournal } from '../../../src/gateway/journal/memory.ts';
import type { SessionLog } from '../../../src/gateway/journal/port.ts';
import { Observers } from '../../../src/gateway/session/observers.ts';
import type { Session } from '../../../src/gateway/session/session.ts';
import { Attachment, attachMode } from '../../../src/gateway/ws/attachment.ts';

describe('where a page goes on', () => {
  const log = { epoch: 'e', low: 10, committed: 20 };

  test.each([
    [{ epoch: 'e', since: 15 }, 'resume', 15],
    [{ epoch: 'e', since: 20 }, 'resume', 20],
    [{ epoch: 'e', since: 9 }, 'resume', 9],
    [{ epoch: 'e', since: 8 }, 'gap', 9],
    [{ epoch: 'e', since: 0 }, 'gap', 9],
    [{ since: 0 }, 'gap', 9],
    [{ epoch: 'e', since: 21 }, 'full', 9],
    [{ epoch: 'other', since: 15 }, 'full', 9],
    [{ epoch: 'other', since: 0 }, 'full', 9],
    [{ since: 15 }, 'full', 9],
  ])('[R21] %o: %s from %i on', (attach, mode, cursor) => {
    expect(attachMode(log, attach)).toEqual({ mode, cursor });
  });

  test('[R21] a page without anything and a whole log: nothing is missing', () => {
    const whole = { epoch: 'e', low: 1, committed: 0 };
    expect(attachMode(whole, { since: 0 })).toEqual({ mode: 'resume', cursor: 0 });
  });
});

/** A socket whose other end reads when it is told to: `ws` cannot be made to fill up on command. */
function slowSocket() {
  const sent: { t: string; n?: number }[] = [];
  const flushes: (() => void)[] = [];
  const closes: number[] = [];
  const socket = {
    OPEN: 1,
    readyState: 1,
    bufferedAmount: 0,
    send(data: Buffer | string, _options?: object, done?: () => void) {
      sent.push(JSON.parse(data.toString()));
      socket.bufferedAmount += Buffer.byteLength(data);
      if (done) flushes.push(done);
    },
  };
  return {
    sent,
    closes,
    socket,
    connection: {
      socket: socket as unknown as WebSocket,
      close: (code: number) => closes.push(code),
      now: () => 1_000,
    },
    /** Everything that was written has left. */
    flush() {
      socket.bufferedAmount = 0;
      for (const done of flushes.splice(0)) done();
    },
  };
}

function session(log: SessionLog) {
  const observers = new Observers();
  const summary = { pending: [] };
  return { log, observers, summary: () => summary } as unknown as Session;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const big = () => ({ method: 'x', params: { text: 'x'.repeat(100_000) } });
const attach = { t: 'attach', token: '', client: 'c', since: 0 } as const;

describe('a page that does not read', () => {
  test('[R30] is not written to beyond the mark, and gets the rest when it reads', async () => {
    const log = memoryJournal().create('s');
    const slow = slowSocket();
    const attachment = new Attachment(session(log), attach, 'c', slow.connection);
    for (let i = 0; i < 100; i++) {
      log.append(big());
      await settled();
    }
    expect(slow.socket.bufferedAmount).toBeLessThan(2 * 1024 * 1024);
    expect(slow.sent.length).toBeLessThan(20);
    expect(attachment.stuckFor(5_000)).toBe(4_000);
    while (slow.sent.length < 101) {
      slow.flush();
      await settled();
    }
    expect(slow.sent.slice(1).map(({ n }) => n)).toEqual(
      Array.from({ length: 100 }, (_, i) => i + 1),
    );
    expect(attachment.stuckFor(5_000)).toBe(0);
    expect(slow.closes).toEqual([]);
  });

  test('[R30] summaries do not pile up: the newest is sent when there is room', async () => {
    const log = memoryJournal().create('s');
    const slow = slowSocket();
    const at = session(log);
    const attachment = new Attachment(at, attach, 'c', slow.connection);
    for (let i = 0; i < 30; i++) log.append(big());
    await settled();
    for (let i = 0; i < 50; i++) {
      at.observers.summaryChanged();
      await settled();
    }
    const summaries = () => slow.sent.filter(({ t }) => t === 'session').length;
    expect(summaries()).toBe(0);
    slow.flush();
    await settled();
    expect(summaries()).toBe(1);
    attachment.detach();
  });

  test('[R30] one that asks and never listens is cut off', () => {
    const slow = slowSocket();
    const attachment = new Attachment(
      session(memoryJournal().create('s')),
      attach,
      'c',
      slow.connection,
    );
    attachment.receive({ t: 'ping', c: 1 });
    expect(slow.closes).toEqual([]);
    slow.socket.bufferedAmount = 2 * MAX_SERVER_FRAME_BYTES + 1;
    attachment.receive({ t: 'ping', c: 2 });
    expect(slow.closes).toEqual([4429]);
  });

  test('[R21] a hole in the log itself is passed on for the page to show, not met again for ever', async () => {
    const log = memoryJournal().create('s');
    for (let i = 0; i < 6; i++) log.append({ method: 'x', params: {} });
    const holed: SessionLog = Object.create(log, {
      epoch: { value: log.epoch },
      low: { value: 1 },
      head: { value: 6 },
      committed: { value: 6 },
      onCommit: { value: () => () => {} },
      read: {
        value: async (from: number, max: number) =>
          (await log.read(from, max)).filter(({ n }) => n < 3 || n > 4),
      },
    });
    for (const since of [0, 2]) {
      const slow = slowSocket();
      const close = (code: number): void => {
        slow.closes.push(code);
        at.detach();
      };
      const asked = { ...attach, epoch: log.epoch, since };
      const at = new Attachment(session(holed), asked, 'c', { ...slow.connection, close });
      await settled();
      expect(slow.closes).toEqual([]);
      expect(slow.sent.flatMap(({ n }) => n ?? [])).toEqual([1, 2, 5, 6].filter((n) => n > since));
      at.detach();
    }
  });

  test('a commit at any moment is never missed', async () => {
    const log = memoryJournal().create('s');
    const slow = slowSocket();
    const attachment = new Attachment(session(log), attach, 'c', slow.connection);
    // Between any two steps of the pump.
    for (let i = 0; i < 200; i++) {
      log.append({ method: 'x', params: {} });
      for (let step = 0; step < i % 7; step++) await Promise.resolve();
    }
    await settled();
    expect(slow.sent.filter(({ t }) => t === 'm')).toHaveLength(200);
    attachment.detach();
    log.append({ method: 'x', params: {} });
    await settled();
    expect(slow.sent.filter(({ t }) => t === 'm')).toHaveLength(200);
  });
});
