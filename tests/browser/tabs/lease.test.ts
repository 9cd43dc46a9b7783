import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Leases, type LeaseHolder } from '../../../src/app/tabs/lease.ts';
import { newId } from '../../../src/core/ids.ts';

/** A connection that must not exist twice, and a tab that may have it. */
class Tab {
  readonly leases: Leases;
  readonly told: string[] = [];
  epoch = 0;
  /** A tab whose script stands still answers nobody. */
  hung = false;
  readonly #holder: LeaseHolder = {
    handOver: async () => {
      if (this.hung) return new Promise(() => {});
      // Writing down takes its time; the lease is not given away before.
      await new Promise((resolve) => setTimeout(resolve, 50));
      this.#close('asked');
    },
    taken: () => this.#close('taken'),
  };

  constructor(
    readonly name: string,
    locks: LockManager | null = navigator.locks,
  ) {
    this.leases = new Leases({
      locks: locks ?? undefined,
      channel: () => new BroadcastChannel(`test ${name}`),
    });
  }

  async connect(force = false): Promise<boolean> {
    const lease = await this.leases.acquire(this.name, this.#holder, force);
    if (!lease) return false;
    this.epoch = lease.epoch;
    open++;
    most = Math.max(most, open);
    return true;
  }

  end(): void {
    this.#close('ended');
    this.leases.release(this.name);
  }

  #close(why: string): void {
    open--;
    this.told.push(why);
  }
}

/** Connections that are open, and the most there were at a time. */
let open: number;
let most: number;
let tabs: Tab[];
let name: string;

function tab(locks?: null): Tab {
  const made = new Tab(name, locks);
  tabs.push(made);
  return made;
}

async function until(met: () => boolean): Promise<void> {
  while (!met()) await new Promise((resolve) => setTimeout(resolve, 10));
}

beforeEach(() => {
  open = 0;
  most = 0;
  tabs = [];
  name = newId();
});
afterEach(() => {
  for (const each of tabs) each.leases.dispose();
});

describe('lease', () => {
  it('[R64] one of many tabs gets it, and keeps it', async () => {
    const all = [tab(), tab(), tab()];
    const got = await Promise.all(all.map((each) => each.connect()));
    expect(got.filter(Boolean)).toHaveLength(1);
    expect(await all[got.indexOf(false)]!.connect()).toBe(false);
    expect(most).toBe(1);
  });

  it('negative control: without locks every tab gets it', async () => {
    const all = [tab(null), tab(null)];
    expect(await Promise.all(all.map((each) => each.connect()))).toEqual([true, true]);
    expect(all.map(({ leases }) => leases.works)).toEqual([false, false]);
    expect(most).toBe(2);
  });

  it('[R64] taking over: asked, given, told; never two; its epoch is greater each time', async () => {
    const [first, second, third] = [tab(), tab(), tab()];
    await first.connect();
    expect(await second.connect(true)).toBe(true);
    expect(first.told).toEqual(['asked']);
    expect(await third.connect(true)).toBe(true);
    expect(second.told).toEqual(['asked']);
    expect([first.epoch, second.epoch, third.epoch]).toEqual([1, 2, 3]);
    // Nobody takes it back by himself.
    expect(await first.connect()).toBe(false);
    expect([open, most]).toEqual([1, 1]);
  });

  it('[R31] what a tab hears from the others it passes on to nobody', async () => {
    const heard: unknown[] = [];
    const ear = new BroadcastChannel(`test ${name}`);
    ear.addEventListener('message', ({ data }) => heard.push(data));
    const takeOver = async (): Promise<number> => {
      const [holder, asker] = [tab(), tab()];
      await holder.connect();
      const before = heard.length;
      expect(await asker.connect(true)).toBe(true);
      await until(() => holder.told.length > 0);
      // Whatever was sent before this has arrived when this has.
      const last = new BroadcastChannel(`test ${name}`);
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has no target
      last.postMessage('last');
      last.close();
      await until(() => heard.at(-1) === 'last');
      asker.end();
      return heard.length - before - 1;
    };
    const alone = await takeOver();
    expect(alone).toBeGreaterThan(0);
    for (let bystander = 0; bystander < 8; bystander++) tab();
    expect(await takeOver()).toBe(alone);
    ear.close();
  });

  it('[R64] two that take over at the same time: one after the other, never two', async () => {
    const [first, second, third] = [tab(), tab(), tab()];
    await first.connect();
    await Promise.all([second.connect(true), third.connect(true)]);
    expect([open, most]).toEqual([1, 1]);
    expect([...second.told, ...third.told]).toEqual(['asked']);
  });

  it('[R66] one that does not answer is taken from within 4 s, and told when it can hear', async () => {
    const [first, second] = [tab(), tab()];
    await first.connect();
    first.hung = true;
    expect(await second.connect(true)).toBe(true);
    expect(second.epoch).toBe(2);
    await until(() => first.told.includes('taken'));
    expect(first.leases.wasElsewhere(name)).toBe(true);
    expect(open).toBe(1);
  });

  it('given up, it is free for the next, who knows that somebody else was there', async () => {
    const [first, second] = [tab(), tab()];
    await first.connect();
    await until(() => second.leases.wasElsewhere(name));
    first.end();
    await until(() => second.leases.wasElsewhere(name));
    expect(await second.connect()).toBe(true);
    expect(second.epoch).toBe(2);
    // Nothing has happened since.
    expect(second.leases.wasElsewhere(name)).toBe(false);
    await until(() => first.leases.wasElsewhere(name));
  });

  it('a connection that is opened again at once keeps it', async () => {
    const first = tab();
    await first.connect();
    first.end();
    expect(await first.connect()).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(await tab().connect()).toBe(false);
  });

  it('a tab that is gone holds nothing', async () => {
    const [first, second] = [tab(), tab()];
    await first.connect();
    first.leases.dispose();
    first.leases.dispose();
    expect(await second.connect()).toBe(true);
  });
});
