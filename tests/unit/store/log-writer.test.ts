import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LogWriter } from '../../../src/app/store/persistence/log-writer.ts';
import type { NumberedEvent, SessionEvent } from '../../../src/core/session/event.ts';
import { text, turn } from '../client/kit.ts';
import { permission, RecordingStorage } from './kit.ts';

let storage: RecordingStorage;
let committed: string[];
let writer: LogWriter;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  storage = new RecordingStorage();
  committed = [];
  writer = new LogWriter(storage, (id, n) => committed.push(`${id} ${n}`));
  writer.startLog('a', 'e1');
});
afterEach(() => {
  writer.dispose();
  vi.useRealTimers();
});

const at = (n: number, event: SessionEvent = text('x')): NumberedEvent => ({ n, at: n, event });
const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

describe('log writer', () => {
  it('[R27] one transaction for all sessions, at most 100 ms after the first event', async () => {
    writer.continueLog('b', 'e9', 6);
    writer.append('a', [at(1)]);
    await pass(60);
    writer.append('a', [at(2)]);
    writer.append('b', [at(7)]);
    expect(storage.appended).toEqual([]);
    await pass(40);
    expect(storage.appended).toHaveLength(1);
    expect(storage.appended[0]).toMatchObject({
      durability: 'relaxed',
      batches: [
        { id: 'a', epoch: 'e1', firstSeq: 1, events: [{ n: 1 }, { n: 2 }] },
        { id: 'b', epoch: 'e9', firstSeq: 7, events: [{ n: 7 }] },
      ],
    });
    expect(committed).toEqual(['a 2', 'b 7']);
  });

  it('[R27] 64 KB do not wait', async () => {
    writer.append('a', [at(1, text('x'.repeat(70_000)))]);
    await pass(0);
    expect(storage.appended).toHaveLength(1);
  });

  it('[R27][R30] behind a slow disk one write waits, not many: it takes all that came meanwhile', async () => {
    const written: (() => void)[] = [];
    const { append } = storage;
    storage.append = async (...args) => {
      await new Promise<void>((resolve) => written.push(resolve));
      return append(...args);
    };
    writer.continueLog('b', 'e9', 0);
    for (let n = 1; n <= 50; n++) {
      writer.append('a', [at(n, text('x'.repeat(9_000)))]);
      writer.append('b', [at(n)]);
      await pass(30);
    }
    expect(written).toHaveLength(1);
    written[0]!();
    await pass(0);
    expect(written).toHaveLength(2);
    written[1]!();
    await pass(0);
    expect(committed.slice(-2)).toEqual(['a 50', 'b 50']);
    expect(storage.appended).toHaveLength(2);
    const numbers = (id: string) => storage.logOf(id).events.map(({ n }) => n);
    for (const id of ['a', 'b']) {
      expect(numbers(id)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    }
  });

  it('[R27] what must not be lost does not wait for a slow disk, nor does the page’s last moment', async () => {
    const under: string[] = [];
    storage.append = (_, durability) => {
      under.push(durability);
      return new Promise(() => {});
    };
    writer.append('a', [at(1)]);
    await pass(100);
    writer.append('a', [at(2)]);
    await pass(1_000);
    writer.append('a', [at(3, turn('idle'))]);
    await pass(0);
    writer.append('a', [at(4)]);
    void writer.flush('strict');
    expect(under).toEqual(['relaxed', 'strict', 'strict']);
  });

  it.each([
    ['the end of a turn', turn('idle')],
    ['a request', permission('r0')],
    ['an error', { type: 'error', error: { code: 'x', message: '', retryable: false } } as const],
  ])('[R27] %s is written at once, and to the disk itself', async (_, event) => {
    writer.append('a', [at(1)]);
    writer.append('a', [at(2, event)]);
    await pass(0);
    expect(storage.appended).toMatchObject([{ durability: 'strict' }]);
  });

  it('a replay with many ends of turns is one transaction, and coalesced once', async () => {
    for (let n = 1; n <= 50; n++) writer.append('a', [at(n, turn(n % 2 ? 'running' : 'idle'))]);
    await pass(0);
    expect(storage.appended).toHaveLength(1);
    expect(storage.calls.filter((call) => call === 'compact a')).toHaveLength(1);
  });

  it('[R32] nothing that is not on disk is called persisted, so the gateway keeps it', async () => {
    storage.works = false;
    writer.append('a', [at(1)]);
    await pass(200);
    expect([storage.appended.length, committed]).toEqual([1, []]);
  });

  it('[R29] forgotten or begun anew: what waited is not written', async () => {
    writer.append('a', [at(1)]);
    writer.startLog('a', 'e2');
    await pass(200);
    writer.append('a', [at(1)]);
    writer.forget('a');
    await pass(200);
    expect(storage.appended).toEqual([]);
  });

  it('[R21] told is what is on disk without a hole, and no more', async () => {
    storage.standing = 4;
    writer.continueLog('a', 'e1', 10);
    writer.append('a', [at(11), at(12)]);
    await pass(100);
    expect(committed).toEqual(['a 4']);
    storage.standing = undefined;
    writer.append('a', [at(13)]);
    await pass(100);
    expect(committed).toEqual(['a 4', 'a 13']);
  });
});
