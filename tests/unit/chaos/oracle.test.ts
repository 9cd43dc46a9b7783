import { describe, expect, it } from 'vitest';
import { coalesce } from '../../../src/core/log/coalesce.ts';
import type { MessageFrame } from '../../../src/core/wire/frames.ts';
import type { NumberedEvent } from '../../../src/core/session/event.ts';
import { applyEvent, noChange } from '../../../src/core/session/reduce.ts';
import { emptyTranscript } from '../../../src/core/session/transcript.ts';
import {
  eventsOf,
  isClean,
  judge,
  type DiskSession,
  type PageSession,
  type Verdict,
} from '../../chaos/lib/oracle.ts';
import { differences, strand } from '../../chaos/lib/strand.ts';
import type { LogCopy } from '../../chaos/lib/wire-client.ts';

// An oracle that cannot fail proves nothing: each kind of damage, to each of the three copies.

const update = (body: object): MessageFrame['m'] => ({
  method: 'session/update',
  params: { update: body },
});

function makeLog(index = 0, tokens = 12): LogCopy {
  const prompt = { type: 'text', text: `STREAM ${tokens} 0 s${index}-p0` };
  const messages = [
    update({ sessionUpdate: 'user_message_chunk', content: prompt }),
    update({ sessionUpdate: 'state_update', state: 'running' }),
    ...Array.from({ length: tokens }, (_, i) =>
      update({
        sessionUpdate: 'agent_message_chunk',
        content: { type: 'text', text: `s${index}-p0:tok${i} ` },
      }),
    ),
    update({ sessionUpdate: 'tool_call', toolCallId: 't', title: 'A tool', status: 'completed' }),
    update({ sessionUpdate: 'state_update', state: 'idle', stopReason: 'end_turn' }),
  ];
  const frames = messages.map((m, at): MessageFrame => ({ t: 'm', n: at + 1, at, m }));
  return { id: `id${index}`, epoch: 'e', low: 1, head: frames.length, frames };
}

function pageOf(id: string, events: readonly NumberedEvent[]): PageSession {
  const transcript = emptyTranscript();
  for (const event of events) applyEvent(transcript, structuredClone(event), noChange());
  return { id, lastN: transcript.lastN, items: transcript.items };
}

function diskOf(id: string, events: readonly NumberedEvent[], perChunk = 4): DiskSession {
  const chunks: DiskSession['chunks'][number][] = [];
  for (let start = 0; start < events.length; start += perChunk) {
    const part = events.slice(start, start + perChunk);
    const firstSeq = (chunks.at(-1)?.lastSeq ?? 0) + 1;
    chunks.push({ sessionId: id, firstSeq, lastSeq: part.at(-1)!.n, events: [...part] });
  }
  return { id, epoch: 'e', lastPersisted: events.at(-1)!.n, chunks };
}

const log = makeLog();
const events = eventsOf(log);
const good = { page: pageOf(log.id, events), disk: diskOf(log.id, events) };
const told = (change: Partial<typeof good> & { log?: LogCopy }): Verdict =>
  judge([change.log ?? log], [change.page ?? good.page], [change.disk ?? good.disk], {
    whole: true,
  });

describe('the chaos suite’s oracle', () => {
  it('finds nothing where nothing is wrong, coalesced or not', () => {
    expect(told({})).toMatchObject({ entries: 16, lost: 0, differences: [] });
    const disk = diskOf(log.id, coalesce(events));
    expect(isClean(told({ disk }))).toBe(true);
    const joined = events
      .slice(3, 9)
      .map(({ event }) => (event as { content: { text: string } }).content.text);
    const frames = [...log.frames];
    frames.splice(3, 6, {
      ...log.frames[8]!,
      from: 4,
      m: update({
        sessionUpdate: 'agent_message_chunk',
        content: { type: 'text', text: joined.join('') },
      }),
    });
    expect(isClean(told({ log: { ...log, frames } }))).toBe(true);
  });

  it.each([
    ['lost', (all: NumberedEvent[]) => all.filter(({ n }) => n !== 7)],
    [
      'doubled',
      (all: NumberedEvent[]) => all.flatMap((e) => (e.n === 7 ? [e, { ...e, n: 7.5 }] : [e])),
    ],
    [
      'outOfOrder',
      (all: NumberedEvent[]) =>
        all.map((e) => (e.n === 7 || e.n === 8 ? { ...e, event: all[14 - e.n]!.event } : e)),
    ],
  ] as const)('negative control: finds what is %s in the page and on disk', (kind, damage) => {
    const damaged = damage([...events]);
    expect(told({ page: pageOf(log.id, damaged) })[kind]).toBe(1);
    expect(isClean(told({ disk: diskOf(log.id, damaged) }))).toBe(false);
  });

  it('negative control: finds what belongs to another session', () => {
    const foreign = eventsOf(makeLog(1));
    expect(told({ page: pageOf(log.id, foreign) }).misrouted).toBe(12);
    expect(isClean(told({ disk: diskOf(log.id, foreign) }))).toBe(false);
    const { chunks } = good.disk;
    const astray = chunks.map((chunk, i) => (i === 1 ? { ...chunk, sessionId: 'id1' } : chunk));
    expect(told({ disk: { ...good.disk, chunks: astray } }).misrouted).toBe(1);
  });

  it('negative control: finds holes, overlaps and an early end on disk, and another epoch', () => {
    const { chunks } = good.disk;
    const withChunks = (changed: DiskSession['chunks']): Verdict =>
      told({ disk: { ...good.disk, chunks: changed } });
    expect(withChunks(chunks.toSpliced(1, 1)).lost).toBeGreaterThan(3);
    expect(withChunks(chunks.slice(0, -1)).lost).toBeGreaterThan(3);
    expect(withChunks([...chunks, chunks[1]!]).doubled).toBeGreaterThan(3);
    expect(isClean(told({ disk: { ...good.disk, epoch: 'f' } }))).toBe(false);
  });

  it('negative control: finds a changed letter, a page that stands elsewhere, a session that is not there', () => {
    const changed = events.map((e) =>
      e.event.type === 'tool' ? { ...e, event: { ...e.event, call: { toolCallId: 'u' } } } : e,
    );
    expect(isClean(told({ page: pageOf(log.id, changed) }))).toBe(false);
    expect(isClean(told({ disk: diskOf(log.id, changed) }))).toBe(false);
    expect(isClean(told({ page: { ...good.page, lastN: 3 } }))).toBe(false);
    expect(isClean(judge([log], [], [good.disk], { whole: true }))).toBe(false);
    expect(isClean(judge([log], [good.page], [], { whole: true }))).toBe(false);
  });

  it('negative control: finds a log that lacks what was asked for, or has a hole', () => {
    const without = (n: number): LogCopy => ({
      ...log,
      frames: log.frames.filter((frame) => frame.n !== n),
    });
    expect(told({ log: without(7) }).differences.join()).toMatch(/where 7 should.*lost/s);
    const twice = { ...makeLog(), frames: [...log.frames, { ...log.frames[0]!, n: 17 }], head: 17 };
    expect(told({ log: twice }).doubled).toBe(1);
  });
});

describe('strands', () => {
  it('a prefix may end anywhere, and must be right to its end', () => {
    const whole = strand(events);
    expect(differences(strand(events.slice(0, 8)), whole, { prefix: true })).toEqual([]);
    expect(differences(strand(events.slice(0, 8)), whole)).not.toEqual([]);
    const wrong = [...events.slice(0, 7), { ...events[7]!, event: events[3]!.event }];
    expect(differences(strand(wrong), whole, { prefix: true })).toHaveLength(1);
  });
});
