import { isObject } from '../../../core/json.ts';
import type { Upgrade } from './database.ts';
import { outboxOfVersion2 } from './legacy.ts';

export { eventsFromOldRows, isMessageOf, LEGACY_EPOCH, sessionFromOldRow } from './legacy.ts';

/** What an older version kept elsewhere, into this one's stores. Part of the upgrade: all of it or nothing. */
export function takeOver(transaction: Upgrade, oldVersion: number): void {
  if (oldVersion === 1) void adoptActiveSession(transaction);
  else if (oldVersion === 2) void separateOutbox(transaction);
}

/** Version 2 kept a session's queued messages inside its row, where the tabs wrote over each other. */
async function separateOutbox(transaction: Upgrade): Promise<void> {
  const sessions = transaction.objectStore('session-state');
  const outbox = transaction.objectStore('outbox');
  for (const row of await sessions.getAll()) {
    const { rest, queued } = outboxOfVersion2(row);
    for (const entry of queued) void outbox.put(entry);
    if (rest !== row) void sessions.put(rest);
  }
}

/** `currentSession` or `lastSessionId` becomes `activeSessionId`; the old entries stay (R23). */
async function adoptActiveSession(transaction: Upgrade): Promise<void> {
  const metadata = transaction.objectStore('metadata');
  for (const key of ['currentSession', 'lastSessionId']) {
    const id = idIn(await metadata.get(key));
    if (id !== undefined) {
      await metadata.put({ key: 'activeSessionId', value: id });
      return;
    }
  }
}

/** The session id in an entry of version 1, in whichever field it stands. */
function idIn(row: unknown): string | undefined {
  if (typeof row === 'string' && row !== '') return row;
  if (!isObject(row)) return undefined;
  for (const field of ['value', 'sessionId', 'lastSessionId', 'currentSession', 'id']) {
    const found = idIn(row[field]);
    if (found !== undefined) return found;
  }
  return undefined;
}
