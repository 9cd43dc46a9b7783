import type { SessionRecord } from '../../store/types.ts';
import { recall, remember } from '../controllers/remembered.ts';

/** The first item in sight; its log number tells when it can be expected to be there. */
export interface ReadingPlace {
  readonly id: string;
  readonly n: number;
  /** Distance of its top from the viewport's, px. */
  readonly offset: number;
}

/** Where readers stand; `undefined`: at the end. Outlives the elements, and needs no storage. */
const places = new WeakMap<SessionRecord, ReadingPlace | undefined>();

/** Where the reader stood in this session: in this page, or in the one before a reload (R37). */
export const placeOf = (record: SessionRecord): ReadingPlace | undefined =>
  places.has(record)
    ? places.get(record)
    : recall<ReadingPlace | undefined>(nameOf(record), undefined, 'sessionStorage');

export function setPlace(record: SessionRecord, place: ReadingPlace | undefined): void {
  places.set(record, place);
}

/** Keeps the place for a reload of this tab. Waits for the disk, so not for every step of a scroll. */
export function keepPlace(record: SessionRecord): void {
  // Nobody has moved here: what an earlier page kept still holds.
  if (places.has(record)) remember(nameOf(record), places.get(record), 'sessionStorage');
}

const nameOf = (record: SessionRecord): string => `place:${record.id}`;
