import type { NumberedEvent } from '../../../src/core/session/event.ts';
import { applyEvent, noChange } from '../../../src/core/session/reduce.ts';
import { emptyTranscript, type TranscriptItem } from '../../../src/core/session/transcript.ts';
import { translate } from '../../../src/core/session/translate.ts';
import type { SavedChunk } from '../../../src/app/store/persistence/schema.ts';
import { differences, stable, strand } from './strand.ts';
import type { LogCopy } from './wire-client.ts';

/** One session as the page holds it. */
export interface PageSession {
  readonly id: string;
  readonly lastN: number;
  readonly items: readonly TranscriptItem[];
}

/** One session as it stands in IndexedDB. */
export interface DiskSession {
  readonly id: string;
  readonly epoch: string;
  readonly lastPersisted: number;
  readonly chunks: readonly SavedChunk[];
}

export interface Verdict {
  /** Log entries that were compared. */
  entries: number;
  lost: number;
  doubled: number;
  misrouted: number;
  outOfOrder: number;
  /** Any other difference, in words; bounded. */
  readonly differences: string[];
}

export const noVerdict = (): Verdict => ({
  entries: 0,
  lost: 0,
  doubled: 0,
  misrouted: 0,
  outOfOrder: 0,
  differences: [],
});

const MAX_DIFFERENCES = 20;

export function differ(verdict: Verdict, what: string): void {
  if (verdict.differences.length < MAX_DIFFERENCES) verdict.differences.push(what);
}

/** Nothing lost, doubled, misrouted or out of order, and no other difference. */
export const isClean = (verdict: Verdict): boolean =>
  verdict.lost + verdict.doubled + verdict.misrouted + verdict.outOfOrder === 0 &&
  verdict.differences.length === 0;

/**
 * Compares what should be there with what is, one by one. `foreign` tells what certainly belongs to
 * another session.
 */
export function compareTokens(
  verdict: Verdict,
  where: string,
  wanted: readonly string[],
  got: readonly string[],
  foreign: (token: string) => boolean,
): void {
  const place = new Map(wanted.map((token, index) => [token, index]));
  const seen = new Set<string>();
  let before = -1;
  const count = (kind: 'lost' | 'doubled' | 'misrouted' | 'outOfOrder', token: string): void => {
    if (verdict[kind]++ === 0) differ(verdict, `${where}: ${token} is ${kind}`);
  };
  for (const token of got) {
    const index = place.get(token);
    if (foreign(token)) count('misrouted', token);
    else if (index === undefined) differ(verdict, `${where}: ${token} was never said`);
    else if (seen.has(token)) count('doubled', token);
    else {
      seen.add(token);
      if (index < before) count('outOfOrder', token);
      before = index;
    }
  }
  for (const token of wanted) if (!seen.has(token)) count('lost', token);
}

/** The tokens of `STREAM n ms tag` in a text, in order: `tag:tok0` … */
export const tokensIn = (text: string): string[] => text.match(/[\w-]+:tok\d+/g) ?? [];

/** The tags of the prompts of session number `index` begin so. */
export const tagOf = (index: number, prompt: number | string): string => `s${index}-p${prompt}`;

/**
 * The oracle: gateway log = page state = IndexedDB, by session, number and content; and the log itself
 * has every number once, and what its prompts asked the agent for, once and in order.
 *
 * @param logs in the order of the sessions' indices, which their tags name.
 * @param whole every prompt was answered to its end, so the log has all of it.
 */
export function judge(
  logs: readonly LogCopy[],
  page: readonly PageSession[],
  disk: readonly DiskSession[],
  { whole }: { whole: boolean },
): Verdict {
  const verdict = noVerdict();
  logs.forEach((log, index) => {
    const foreign = (token: string): boolean => !token.startsWith(`s${index}-`);
    const events = eventsOf(log);
    verdict.entries += log.head - log.low + 1;
    judgeLog(verdict, `log ${index}`, log, events, foreign, whole);
    const wanted = events.flatMap(({ event }) =>
      event.type === 'chunk' && event.role === 'assistant' && event.content.type === 'text'
        ? tokensIn(event.content.text)
        : [],
    );

    const shown = page.find(({ id }) => id === log.id);
    if (!shown) differ(verdict, `page: session ${index} is not there`);
    const got = (shown?.items ?? []).flatMap((item) =>
      item.kind === 'message' && item.role === 'assistant' ? tokensIn(item.text) : [],
    );
    compareTokens(verdict, `page ${index}`, wanted, got, foreign);
    if (shown) judgeItems(verdict, `page ${index}`, events, shown);

    const stored = disk.find(({ id }) => id === log.id);
    if (!stored) differ(verdict, `disk: session ${index} is not there`);
    else judgeDisk(verdict, `disk ${index}`, log, events, stored);
  });
  return verdict;
}

/** The log's entries as the page's protocol reads them. */
export function eventsOf(log: LogCopy): NumberedEvent[] {
  return log.frames.map(({ n, at, m }) => ({ n, at, event: translate(m) }));
}

function judgeLog(
  verdict: Verdict,
  where: string,
  log: LogCopy,
  events: readonly NumberedEvent[],
  foreign: (token: string) => boolean,
  whole: boolean,
): void {
  log.frames.forEach(({ n, from }, index) => {
    const next = (log.frames[index - 1]?.n ?? log.low - 1) + 1;
    if ((from ?? n) !== next)
      differ(verdict, `${where}: number ${from ?? n} stands where ${next} should`);
  });
  if (!whole) return;
  const asked: string[] = [];
  const said: string[] = [];
  for (const { event } of events) {
    if (event.type !== 'chunk' || event.content.type !== 'text') continue;
    if (event.role === 'assistant') said.push(...tokensIn(event.content.text));
    if (event.role !== 'user') continue;
    for (const [, count, tag] of event.content.text.matchAll(/STREAM (\d+) \d+ (\S+)/g))
      for (let i = 0; i < Number(count); i++) asked.push(`${tag}:tok${i}`);
  }
  if (new Set(asked).size !== asked.length) {
    verdict.doubled++;
    differ(verdict, `${where}: a prompt was run twice`);
  }
  compareTokens(verdict, where, [...new Set(asked)], said, foreign);
}

/** The page's items, one by one, against those that the log makes. */
function judgeItems(
  verdict: Verdict,
  where: string,
  events: readonly NumberedEvent[],
  page: PageSession,
): void {
  const transcript = emptyTranscript();
  const change = noChange();
  for (const event of events) applyEvent(transcript, structuredClone(event), change);
  if (page.lastN !== transcript.lastN)
    differ(verdict, `${where}: stands at ${page.lastN}, the log at ${transcript.lastN}`);
  const wanted = transcript.items.map(withoutRev);
  const got = page.items.map(withoutRev);
  for (let i = 0; i < Math.max(wanted.length, got.length); i++) {
    if (wanted[i] === got[i]) continue;
    differ(verdict, `${where}: item ${i} is ${cut(got[i])}, should be ${cut(wanted[i])}`);
    break;
  }
}

/** Every number must be covered once, and every letter stand where its number says. */
function judgeDisk(
  verdict: Verdict,
  where: string,
  log: LogCopy,
  events: readonly NumberedEvent[],
  disk: DiskSession,
): void {
  if (disk.epoch !== log.epoch) differ(verdict, `${where}: is of another log`);
  let covered = log.low - 1;
  const stored: NumberedEvent[] = [];
  for (const chunk of disk.chunks.toSorted((a, b) => a.firstSeq - b.firstSeq)) {
    if (chunk.sessionId !== log.id) verdict.misrouted++;
    if (chunk.firstSeq > covered + 1) verdict.lost += chunk.firstSeq - covered - 1;
    if (chunk.firstSeq <= covered) verdict.doubled += covered - chunk.firstSeq + 1;
    if (chunk.firstSeq !== covered + 1)
      differ(verdict, `${where}: a chunk begins at ${chunk.firstSeq}, after ${covered}`);
    covered = chunk.lastSeq;
    for (const event of chunk.events) {
      if (event.n <= (stored.at(-1)?.n ?? 0)) {
        verdict.outOfOrder++;
        differ(verdict, `${where}: number ${event.n} comes late`);
      }
      stored.push(event);
    }
  }
  if (covered < log.head) {
    verdict.lost += log.head - covered;
    differ(verdict, `${where}: ends at ${covered}, the log at ${log.head}`);
  }
  for (const difference of differences(strand(events), strand(stored))) {
    verdict.lost++;
    differ(verdict, `${where}: ${difference}`);
  }
}

const withoutRev = (item: TranscriptItem): string => stable({ ...item, rev: 0 });

const cut = (text: string | undefined): string =>
  text === undefined ? 'missing' : text.length > 160 ? `${text.slice(0, 160)}…` : text;
