import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openDatabase } from '../../../src/gateway/journal/database.ts';
import { openLevelJournal } from '../../../src/gateway/journal/level.ts';
import type { PressureBounds } from '../../../src/gateway/journal/pressure.ts';
import { silentLogger } from '../../../src/gateway/logger.ts';
import {
  attach,
  createSession,
  eventually,
  gateway,
  scratch,
  type Page,
} from '../gateway/support.ts';

const KB = 1024;
const CHUNK = 'x'.repeat(KB);
/** Of one entry with a chunk of 1 KB in it. */
const ENTRY_BYTES = 1_250;
/** What one read of a pipe brings at most, and the entry that it cuts. */
const ONE_READ = 64 * KB + ENTRY_BYTES;

const TIGHT: PressureBounds = {
  high: 128 * KB,
  low: 32 * KB,
  highInAll: 1_024 * KB,
  lowInAll: 512 * KB,
};
const NONE: PressureBounds = { high: 1e12, low: 1e12, highInAll: 1e12, lowInAll: 1e12 };

/** A real store on a disk that takes what it is given when it is told to. */
class SlowDisk {
  /** Bytes that it takes in a second; 0 for none at all. */
  bytesPerSecond = Infinity;
  onBatch = (): void => {};

  open = async (location: string): ReturnType<typeof openDatabase> => {
    const opened = await openDatabase(location);
    const { db } = opened;
    const batch = db.batch.bind(db) as (operations: unknown[], options: object) => Promise<void>;
    const slow = async (operations: { value?: Buffer }[], options: object): Promise<void> => {
      this.onBatch();
      while (this.bytesPerSecond === 0) await sleep(5);
      const bytes = operations.reduce((sum, { value }) => sum + (value?.byteLength ?? 0), 0);
      await sleep((bytes / this.bytesPerSecond) * 1_000);
      return batch(operations, options);
    };
    Object.assign(db, { batch: slow });
    return opened;
  };
}

async function slowGateway(pressure: PressureBounds) {
  const disk = new SlowDisk();
  const events: string[] = [];
  const location = path.join(await scratch(), 'log');
  const to = await gateway(
    { scripted: [] },
    {
      openJournal: () => openLevelJournal({ location, pressure, open: disk.open }),
      logger: { ...silentLogger, info: (event) => events.push(event) },
    },
  );
  return { to, disk, events };
}

/** That many chunks of 1 KB, as fast as the pipe takes them. */
const flood = (chunks: number): string => `STREAM ${chunks} 0 ${CHUNK}`;

const said = (chunks: number): string =>
  Array.from({ length: chunks }, (_, i) => `${CHUNK}:tok${i} `).join('');

const begun = (page: Page): Promise<unknown> =>
  page.until(() => page.updates('agent_message_chunk').length > 0);

test('[R30] [R21] a disk that is slow holds up the agent that writes too much, and nobody else; all of it arrives, in order', async () => {
  const { to, disk, events } = await slowGateway(TIGHT);
  const [a, b] = [await createSession(to), await createSession(to)];
  const [loud, quiet] = [await attach(to, a.id), await attach(to, b.id)];
  const { log } = to.pool.get(a.id)!;
  let most = 0;
  disk.onBatch = () => (most = Math.max(most, log.head - log.committed));
  disk.bytesPerSecond = 2_000 * KB;

  const turn = loud.prompt(flood(4_000));
  await eventually(() => events.includes('agent.held'));
  expect(await quiet.turn('SAY still here')).toBe('end_turn');
  expect(quiet.text).toBe('still here');
  expect(loud.updates('state_update').at(-1)!.state).toBe('running');

  expect((await loud.turnEnd(turn)).stopReason).toBe('end_turn');
  expect(loud.text).toBe(said(4_000));
  expect(events).toContain('agent.goes_on');
  expect(most * ENTRY_BYTES).toBeLessThan(TIGHT.high + 2 * ONE_READ);
});

test('[R30] a disk that takes nothing for a while: what waits stays below the mark, and the agent’s exit loses nothing of what it said', async () => {
  const { to, disk, events } = await slowGateway(TIGHT);
  const { id } = await createSession(to);
  const page = await attach(to, id);
  const { log } = to.pool.get(id)!;
  page.prompt(`SAY begun ; SLEEP 200 ; ${flood(200)} ; CRASH`);
  await begun(page);
  disk.bytesPerSecond = 0;
  await eventually(() => events.includes('agent.held'));
  expect((log.head - log.committed) * ENTRY_BYTES).toBeLessThan(TIGHT.high + 2 * ONE_READ);
  // What is left fits into the pipe, so that it comes to its end, which gives the pipe's content free.
  await eventually(() => to.pool.get(id)!.summary().agentState === 'failed');
  expect((log.head - log.committed) * ENTRY_BYTES).toBeLessThan(TIGHT.high + 4 * ONE_READ);
  expect(page.text).toBe('begun');

  disk.bytesPerSecond = Infinity;
  await page.until(() => page.logged('_aperture/agent').at(-1)?.state === 'failed');
  expect(page.text).toBe(`begun${said(200)}`);
});

test('negative control: without the marks the same disk makes what waits grow with what the agent says', async () => {
  const { to, disk, events } = await slowGateway(NONE);
  const { id } = await createSession(to);
  const page = await attach(to, id);
  const { log } = to.pool.get(id)!;
  page.prompt(`SAY begun ; SLEEP 200 ; ${flood(4_000)}`);
  await begun(page);
  disk.bytesPerSecond = 0;
  await eventually(() => log.head > 4_000);
  expect((log.head - log.committed) * ENTRY_BYTES).toBeGreaterThan(10 * TIGHT.high);
  expect(events).not.toContain('agent.held');
  disk.bytesPerSecond = Infinity;
  await page.until(() => page.updates('state_update').at(-1)!.state === 'idle');
  expect(page.text).toBe(`begun${said(4_000)}`);
});

test('[R30] many sessions that wait together are bounded together, and those that say little are not held', async () => {
  const together = { ...TIGHT, highInAll: 256 * KB, lowInAll: 128 * KB };
  const { to, disk } = await slowGateway(together);
  const created = [];
  for (let i = 0; i < 5; i++) created.push(await createSession(to));
  const pages = await Promise.all(created.map(({ id }) => attach(to, id)));
  const logs = created.map(({ id }) => to.pool.get(id)!.log);
  const [small, ...large] = pages;
  for (const page of large) page.prompt(`SAY begun ; SLEEP 200 ; ${flood(300)}`);
  small!.prompt('SAY begun ; SLEEP 200 ; STREAM 100 20');
  await Promise.all(pages.map(begun));
  disk.bytesPerSecond = 0;
  await eventually(() => logs.slice(1).every((log) => log.isCongested));
  await eventually(() => logs[0]!.head - logs[0]!.committed > 15);
  expect(logs[0]!.isCongested).toBe(false);
  const waiting = logs.reduce((sum, log) => sum + log.head - log.committed, 0);
  // Each of those that are held had read a piece of its pipe already.
  expect(waiting * ENTRY_BYTES).toBeLessThan(together.highInAll + 4 * 2 * ONE_READ);
  disk.bytesPerSecond = Infinity;
  for (const page of large) {
    await page.until(() => page.updates('state_update').at(-1)!.state === 'idle');
    expect(page.text).toBe(`begun${said(300)}`);
  }
  expect(logs.some((log) => log.isCongested)).toBe(false);
});
