import { frames, type Mounted } from './fake.ts';

export const atEnd = ({ scroller }: Mounted): number =>
  Math.round(scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight);

/** Scrolls as a reader does: the position first, then the event that the browser sends for it. */
export async function scrollTo({ scroller }: Mounted, top: number): Promise<void> {
  scroller.scrollTop = top;
  await frames();
}

export const topOf = ({ scroller }: Mounted, row: Element): number =>
  row.getBoundingClientRect().top - scroller.getBoundingClientRect().top;

export function firstInSight(view: Mounted): Element {
  return [...view.log.children].find(
    (row) => topOf(view, row) + row.getBoundingClientRect().height > 0,
  )!;
}
