import type { TranscriptItem } from '../../../../core/session/transcript.ts';
import type { SessionRecord } from '../../../store/types.ts';

/** One item of the transcript in the document. */
export interface ItemView {
  item: TranscriptItem;
  readonly element: HTMLElement;
  /** The item's `rev` at the last {@link update}. */
  drawn: number;
  /** Brings the element up to date with its item; costs what changed. */
  update(): void;
}

/** What the views of one session share. */
export interface ViewContext {
  readonly record: SessionRecord;
  /** When the item after this one began, ms since 1970; `undefined` for the last. */
  nextAt(item: TranscriptItem): number | undefined;
}

/** Reads the place's clock and calendar from the browser's data, which takes 25 ms the first time. */
const makeFormats = () => ({
  time: new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' }),
  day: new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' }),
});

let formats: ReturnType<typeof makeFormats> | undefined;
/** Those that stand in the document without their words, until the first of them have been painted. */
let blank: [HTMLTimeElement, Date][] | undefined;

function fill(time: HTMLTimeElement, date: Date): void {
  time.textContent = formats!.time.format(date);
  time.title = formats!.day.format(date);
}

/** `<time>` with the clock time, and the whole date as its title: the page's first ones a frame later than the rest. */
export function timeElement(at: number): HTMLTimeElement {
  const time = document.createElement('time');
  const date = new Date(at);
  // A broken clock must not break the transcript.
  if (Number.isNaN(date.getTime())) return time;
  time.dateTime = date.toISOString();
  if (formats) fill(time, date);
  else if (blank) blank.push([time, date]);
  else {
    blank = [[time, date]];
    requestAnimationFrame(() =>
      setTimeout(() => {
        formats = makeFormats();
        for (const each of blank!) fill(...each);
        blank = undefined;
      }),
    );
  }
  return time;
}

/** A duration in words that fit a line: `0.4 s`, `12 s`, `3 min 20 s`, `1 h 5 min`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 ? `${minutes} min ${whole % 60} s` : `${minutes} min`;
  return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`;
}
