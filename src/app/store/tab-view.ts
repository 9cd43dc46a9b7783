import type { SessionId } from '../../core/ids.ts';
import type { TabStorage } from './tokens.ts';

const KEY = 'aperture:viewed';

/**
 * Which session this tab looks at. A reload may come sooner than any database transaction, and another tab looks
 * at another session, so it stands in the tab's own storage; the database's entry is for tabs that are new.
 */
export class TabView {
  constructor(private readonly tab: TabStorage | undefined) {}

  get last(): SessionId | undefined {
    try {
      return this.tab?.getItem(KEY) ?? undefined;
    } catch {
      return undefined;
    }
  }

  keep(id: SessionId | undefined): void {
    try {
      if (id === undefined) this.tab?.removeItem(KEY);
      else this.tab?.setItem(KEY, id);
    } catch {
      // Full or forbidden: the database may still make it.
    }
  }
}
