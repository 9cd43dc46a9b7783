import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Database } from '../../../src/gateway/journal/database.ts';
import {
  BatchWriter,
  type GroupMember,
  type Operation,
} from '../../../src/gateway/journal/writer.ts';

// A disk that refuses cannot be had on demand; everything above it is real.
class Disk {
  readonly stored = new Map<string, string>();
  readonly batches: { keys: string[]; sync: boolean }[] = [];
  full = false;

  async batch(
    operations: { type: string; key: string; value?: Buffer }[],
    { sync }: { sync: boolean },
  ): Promise<void> {
    await Promise.resolve();
    if (this.full) throw new Error('no space left');
    this.batches.push({ keys: operations.map(({ key }) => key), sync });
    for (const { key, value } of operations) this.stored.set(key, value?.toString() ?? '');
  }
}

class Member implements GroupMember {
  readonly settlements: [n: number, durable: boolean][] = [];
  readonly #untaken: Operation[] = [];
  add(key: string, n: number, sync: boolean): boolean {
    this.#untaken.push(put(key));
    return writer.add(this, n, key.length, sync);
  }
  take(): Operation[] {
    return [...this.#untaken.splice(0), put('head')];
  }
  settled(n: number, durable: boolean): void {
    this.settlements.push([n, durable]);
  }
}

const put = (key: string): Operation => ({
  type: 'put',
  key,
  value: Buffer.from(key),
});

let disk: Disk;
let troubles: (string | undefined)[];
let writer: BatchWriter;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  disk = new Disk();
  troubles = [];
  writer = new BatchWriter(disk as unknown as Database, (error) => troubles.push(error?.message));
});

afterEach(() => vi.useRealTimers());

test('what arrives in one tick is one batch, with the head record of each log once', async () => {
  const member = new Member();
  member.add('a', 1, false);
  member.add('b', 2, false);
  await writer.flush();
  expect(disk.batches).toEqual([{ keys: ['a', 'b', 'head'], sync: false }]);
  expect(member.settlements).toEqual([[2, true]]);
});

test('one entry that must be synced makes its group synced, and not the next', async () => {
  new Member().add('a', 1, true);
  await writer.flush();
  new Member().add('b', 2, false);
  await writer.flush();
  expect(disk.batches.map(({ sync }) => sync)).toEqual([true, false]);
});

test('[R32] a disk that refuses: readers go on, somebody is told once, and all is written when it works again', async () => {
  const member = new Member();
  disk.full = true;
  member.add('a', 1, false);
  await vi.waitFor(() => expect(troubles).toEqual(['no space left']));
  member.add('b', 2, false);
  expect(member.settlements).toEqual([
    [1, false],
    [2, false],
  ]);
  disk.full = false;
  await vi.advanceTimersByTimeAsync(2_000);
  await vi.waitFor(() => expect(troubles).toEqual(['no space left', undefined]));
  expect([...disk.stored.keys()].toSorted()).toEqual(['a', 'b', 'head']);
  expect(member.settlements.at(-1)).toEqual([2, true]);
});

test('[R32] closing writes what waits, even after a refusal', async () => {
  disk.full = true;
  new Member().add('a', 1, false);
  await vi.waitFor(() => expect(troubles).toHaveLength(1));
  disk.full = false;
  await writer.close();
  expect(disk.stored.has('a')).toBe(true);
});
