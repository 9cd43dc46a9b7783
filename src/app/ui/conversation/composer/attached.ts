import { signal, type Signal } from '@preact/signals-core';
import type { ContentBlock } from '../../../../core/acp.ts';
import type { SessionRecord } from '../../../store/types.ts';

const drafts = new WeakMap<SessionRecord, Signal<readonly ContentBlock[]>>();

/** What is attached to a session's draft: belongs to the session and not to what shows it (R37). */
export function attachedTo(record: SessionRecord): Signal<readonly ContentBlock[]> {
  let attached = drafts.get(record);
  if (!attached) drafts.set(record, (attached = signal([])));
  return attached;
}

/** Where the sessions with files in their drafts are noted, so that only those look for them after a reload. */
export const KEPT = 'files';
