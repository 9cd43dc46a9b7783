import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memoryJournal } from '../../../src/gateway/journal/memory.ts';
import { contains } from '../../../src/gateway/acp/services/contained.ts';
import { permissionAsked } from '../../../src/gateway/acp/asked.ts';
import { RequestDesk } from '../../../src/gateway/session/permissions.ts';
import { SeenKeys } from '../../../src/gateway/session/seen-keys.ts';
import { Title } from '../../../src/gateway/session/title.ts';

const message = (text = '') => ({ method: 'session/update', params: { text } });

describe('the log in memory', () => {
  test('[R21] numbers from 1 without holes; every frame is made once', async () => {
    const log = memoryJournal({}, () => 7).create('s');
    expect([log.low, log.head, log.committed]).toEqual([1, 0, 0]);
    for (let i = 1; i <= 3; i++) expect(log.append(message(`${i}`)).n).toBe(i);
    const entries = await log.read(2, 1e6);
    expect(entries.map(({ frame }) => JSON.parse(frame.toString()))).toEqual([
      { t: 'm', n: 2, at: 7, m: message('2') },
      { t: 'm', n: 3, at: 7, m: message('3') },
    ]);
    expect((await log.read(2, 1e6))[0]!.frame).toBe(entries[0]!.frame);
    expect(await log.read(4, 1e6)).toEqual([]);
  });

  test('[R30] any bounds: what is kept is the newest, whole, and what is read fits', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(300), { maxLength: 200 }),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 5_000 }),
        fc.integer({ min: 1, max: 2_000 }),
        async (lengths, maxEntries, maxBytes, readBytes) => {
          const log = memoryJournal({ maxEntries, maxBytes }).create('s');
          for (const length of lengths) log.append(message('x'.repeat(length)));
          expect(log.head).toBe(lengths.length);
          const kept = lengths.length === 0 ? 0 : log.head - log.low + 1;
          expect(kept).toBeLessThanOrEqual(maxEntries);
          const seen: number[] = [];
          let bytes = 0;
          for (let from = 1; ; from = seen.at(-1)! + 1) {
            const batch = await log.read(from, readBytes);
            if (batch.length === 0) break;
            const size = batch.reduce((sum, { frame }) => sum + frame.byteLength, 0);
            if (batch.length > 1) expect(size).toBeLessThanOrEqual(readBytes);
            bytes += size;
            seen.push(...batch.map(({ n }) => n));
          }
          expect(seen).toEqual(Array.from({ length: kept }, (_, i) => log.low + i));
          if (kept > 1) expect(bytes).toBeLessThanOrEqual(maxBytes);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('listeners hear of commits until they stop; a dropped log takes nothing', () => {
    const journal = memoryJournal();
    const log = journal.create('s');
    let heard = 0;
    const stop = log.onCommit(() => heard++);
    log.append(message());
    stop();
    log.append(message());
    expect(heard).toBe(1);
    journal.drop('s');
    journal.drop('s');
    expect(() => log.append(message())).toThrow('ended');
  });
});

test('[R30] [R40] keys are remembered, the oldest are forgotten', () => {
  const keys = new SeenKeys(3, [['a', 1]]);
  for (const [i, key] of ['b', 'c', 'd'].entries()) keys.add(key, i + 2);
  expect(['a', 'b', 'c', 'd', '__proto__'].map((key) => keys.get(key))).toEqual([
    undefined,
    2,
    3,
    4,
    undefined,
  ]);
});

describe('permission desk', () => {
  const params = { options: [{ optionId: 'yes' }, { optionId: 'no' }, 'broken', {}] };
  const permission = () => permissionAsked(params, () => {}, new AbortController().signal);
  const yes = { outcome: 'selected', optionId: 'yes' } as const;

  test('[R57] of any answers in any order, exactly one valid one wins', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('yes', 'no', 'nonsense', 'cancel')), (answers) => {
        const desk = new RequestDesk();
        const id = desk.open(1, permission());
        const settled = answers.map((answer) =>
          desk.settle(
            id,
            answer === 'cancel'
              ? { outcome: 'cancelled' }
              : { outcome: 'selected', optionId: answer },
            1,
          ),
        );
        const first = answers.findIndex((answer) => answer !== 'nonsense');
        expect(settled.flatMap(({ ok }, i) => (ok ? [i] : []))).toEqual(first < 0 ? [] : [first]);
      }),
    );
  });

  test('refusals tell late from wrong', () => {
    const desk = new RequestDesk();
    const id = desk.open(5, permission());
    desk.settle(id, yes, 5);
    expect(desk.settle(id, yes, 9)).toMatchObject({ error: { code: 'already_resolved' } });
    for (const unknown of ['r10', 'x', 'r', 'r-1', '__proto__'])
      expect(desk.settle(unknown, yes, 9)).toMatchObject({ error: { code: 'unknown_request' } });
  });

  test('[R58] all are taken at once, oldest first, and none is left', () => {
    const desk = new RequestDesk();
    const ids = [1, 2, 3].map((n) => desk.open(n, permission()));
    expect(desk.ids).toEqual(ids);
    expect(desk.takeAll().map(({ id }) => id)).toEqual(ids);
    expect(desk.takeAll()).toEqual([]);
    expect(desk.size).toBe(0);
  });
});

const say = (text: string) => [{ type: 'text' as const, text }];

describe('titles', () => {
  test('the first prompt names a session, commands and blanks do not', () => {
    const title = new Title('folder', 'nobody');
    expect(title.byPrompt(say('/help'))).toBe(false);
    expect(title.byPrompt(say('  '))).toBe(false);
    expect(title.byPrompt(say(`Fix\nthe ${'very '.repeat(50)}long thing`))).toBe(true);
    expect(title.text).toMatch(/^Fix the very .*…$/);
    expect(title.text.length).toBeLessThanOrEqual(80);
    expect(title.byPrompt(say('Another'))).toBe(false);
    expect(title.byAgent('Agent’s')).toBe('changed');
    expect(title.byAgent('Agent’s')).toBe('same');
    expect(title.byAgent(undefined)).toBe('same');
  });

  test('the user’s own stands', () => {
    const title = new Title('Mine', 'user');
    expect(title.byPrompt(say('Hello'))).toBe(false);
    expect(title.byAgent('Other')).toBe('insist');
    expect(title.text).toBe('Mine');
  });
});

test('[R70] a directory contains itself and what is below, not what is named alike', () => {
  expect(contains('/a/b', '/a/b')).toBe(true);
  expect(contains('/a/b', '/a/b/c')).toBe(true);
  expect(contains('/a/b', '/a/b/..c')).toBe(true);
  expect(contains('/', '/a')).toBe(true);
  for (const outside of ['/a', '/a/bc', '/a/c', '/']) expect(contains('/a/b', outside)).toBe(false);
});
