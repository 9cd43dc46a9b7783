import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openDatabase } from '../../../src/gateway/journal/database.ts';
import { openLevelJournal } from '../../../src/gateway/journal/level.ts';
import type { SessionLog } from '../../../src/gateway/journal/port.ts';
import { scratch } from '../gateway/support.ts';

// What an event costs, in counts and never in time.
const EVENTS = 1_000;
/** Two head records and the odd block; everything else is shared. */
const RECORDS_PER_GROUP = 2;

async function counted() {
  const written: { key: string; value?: Buffer }[][] = [];
  const journal = await openLevelJournal({
    location: path.join(await scratch(), 'log'),
    open: async (location) => {
      const opened = await openDatabase(location);
      const batch = opened.db.batch.bind(opened.db) as (...given: unknown[]) => Promise<void>;
      const spy = (operations: { key: string; value?: Buffer }[], options: object) => {
        written.push(operations);
        return batch(operations, options);
      };
      Object.assign(opened.db, { batch: spy });
      return opened;
    },
  });
  onTestFinished(() => journal.close());
  return { journal, written };
}

const say = (log: SessionLog): number =>
  log.append({
    method: 'session/update',
    params: {
      sessionId: '3f0a4f0e-94f0-4f0c-8d0c-1f3f4f0e94f0',
      update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'token ' } },
    },
  }).n;

test('an event is serialised once, for the log and for every page that reads it', async () => {
  const { journal } = await counted();
  const log = journal.create('a');
  const stringify = vi.spyOn(JSON, 'stringify');
  try {
    for (let i = 0; i < EVENTS; i++) say(log);
    await log.whenCommitted(EVENTS);
    for (let page = 0; page < 3; page++) {
      for (let from = 1; from <= EVENTS;) {
        from = (await log.read(from, 16_384)).at(-1)!.n + 1;
      }
    }
    const frames = stringify.mock.calls.filter(
      ([value]) => (value as { method?: string }).method === 'session/update',
    );
    expect(frames).toHaveLength(EVENTS);
  } finally {
    stringify.mockRestore();
  }
});

test('an event costs the store its frame and a line feed, and shares its record with those it is written with', async () => {
  const { journal, written } = await counted();
  const log = journal.create('a');
  let frames = 0;
  for (let i = 0; i < EVENTS; i++) say(log);
  await log.whenCommitted(EVENTS);
  for (const { frame } of await log.read(1, 1e9)) frames += frame.byteLength;
  const entries = written.flat().filter(({ key }) => key.startsWith('e!'));
  const bytes = entries.reduce((sum, { value }) => sum + value!.byteLength, 0);
  expect(bytes).toBeLessThan(frames + EVENTS);
  expect(frames / EVENTS).toBeLessThan(230);
  // Blocks of 32 KB.
  expect(entries.length).toBeLessThanOrEqual(Math.ceil(frames / (32 * 1_024)) + RECORDS_PER_GROUP);
  expect(written.length).toBeLessThan(5);
});

test('control: events that come one by one get a record each, for none is held back', async () => {
  const { journal, written } = await counted();
  const log = journal.create('a');
  for (let i = 0; i < 20; i++) await log.whenCommitted(say(log));
  expect(written.flat().filter(({ key }) => key.startsWith('e!'))).toHaveLength(20);
});
