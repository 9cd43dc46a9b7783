import type { NumberedEvent, Role, SessionEvent } from '../../../core/session/event.ts';
import type { SessionId } from '../../../core/ids.ts';
import { isObject } from '../../../core/json.ts';
import { oneLine } from '../../../core/text/sanitise.ts';
import type { SessionSummary } from '../../../core/wire/rest.ts';
import type { OutboxEntry } from '../../client/ports.ts';
import type { OldRow, SavedQueued, SavedSession } from './schema.ts';

/** The epoch of a log that was made from version 1's messages; no gateway has it. */
export const LEGACY_EPOCH = 'v1';

/** A session of version 1 as one that can be read here, whatever its fields were called (R23). */
export function sessionFromOldRow(row: OldRow): SavedSession | undefined {
  const id = row['id'];
  if (typeof id !== 'string' || id === '') return undefined;
  const createdAt = timeIn(row, ['createdAt', 'created_at', 'created', 'timestamp']) ?? 0;
  const agent = textIn(row, ['agent', 'agentName', 'agentType', 'agent_name', 'model']) ?? '';
  const summary: SessionSummary = {
    id,
    title: oneLine(textIn(row, ['title', 'name', 'label']) ?? 'Earlier session', 200),
    agent,
    agentTitle: agent || 'Earlier version',
    cwd: textIn(row, ['cwd', 'workingDirectory', 'directory', 'path']) ?? '',
    createdAt,
    updatedAt: timeIn(row, ['updatedAt', 'updated_at', 'lastActivity']) ?? createdAt,
    agentState: 'exited',
    turn: 'idle',
    epoch: LEGACY_EPOCH,
    head: 0,
    pending: [],
  };
  const preview = oneLine(textIn(row, ['lastMessage', 'preview']) ?? '', 120);
  return { id, summary, readN: 0, unread: 0, preview, draft: '', gone: false };
}

/** A session's row of version 2 without its queued messages, and those as rows that nobody owns yet. */
export function outboxOfVersion2(row: SavedSession & { outbox?: OutboxEntry[] }): {
  rest: SavedSession;
  queued: SavedQueued[];
} {
  if (!('outbox' in row)) return { rest: row, queued: [] };
  const { outbox, ...rest } = row;
  const entries = Array.isArray(outbox) ? outbox : [];
  return {
    rest,
    queued: entries.map((entry, order) => ({
      sessionId: row.id,
      key: entry.key,
      order,
      owner: '',
      entry,
    })),
  };
}

/** Whether an old message belongs to this session, whatever the field is called. */
export const isMessageOf = (row: OldRow, id: SessionId): boolean =>
  ['sessionId', 'session_id', 'session'].some((field) => row[field] === id);

/** Version 1's messages as a log, oldest first, so that the same reducer reads them. */
export function eventsFromOldRows(rows: readonly OldRow[]): NumberedEvent[] {
  return rows
    .map((row, index) => ({ row, index, at: timeIn(row, TIME_FIELDS) ?? 0 }))
    .toSorted((a, b) => a.at - b.at || a.index - b.index)
    .map(({ row, at }, index) => ({ n: index + 1, at, event: eventOf(row) }));
}

const TIME_FIELDS = ['timestamp', 'createdAt', 'created_at', 'time', 'at'];

function eventOf(row: OldRow): SessionEvent {
  const text = contentText(row['content'] ?? row['text'] ?? row['message'] ?? row['body']);
  // A row without text is kept all the same, folded.
  if (text === undefined) return { type: 'raw', method: 'message', payload: row };
  const role = roleOf(textIn(row, ['role', 'sender', 'author', 'from', 'type']));
  if (role === 'system') return { type: 'notice', level: 'info', text };
  const messageId = typeof row['id'] === 'string' ? row['id'] : undefined;
  return { type: 'chunk', role, content: { type: 'text', text }, messageId };
}

function roleOf(name: string | undefined): Role | 'system' {
  switch (name?.toLowerCase()) {
    case 'user':
    case 'human':
    case 'user_message':
      return 'user';
    case 'thought':
    case 'thinking':
      return 'thought';
    case 'system':
    case 'error':
    case 'info':
      return 'system';
    default:
      return 'assistant';
  }
}

function contentText(content: unknown): string | undefined {
  if (typeof content === 'string') return content;
  if (isObject(content)) return contentText(content['text'] ?? content['content']);
  if (!Array.isArray(content)) return undefined;
  const parts = content.map(contentText).filter((part) => part !== undefined);
  return parts.length > 0 ? parts.join('\n') : undefined;
}

function textIn(row: OldRow, fields: readonly string[]): string | undefined {
  for (const field of fields) {
    const value = row[field];
    if (typeof value === 'string' && value !== '') return value;
    if (isObject(value) && typeof value['name'] === 'string') return value['name'];
  }
  return undefined;
}

function timeIn(row: OldRow, fields: readonly string[]): number | undefined {
  for (const field of fields) {
    const value = row[field];
    const time =
      typeof value === 'number'
        ? value
        : value instanceof Date
          ? value.getTime()
          : typeof value === 'string'
            ? Date.parse(value)
            : Number.NaN;
    if (Number.isFinite(time)) return time;
  }
  return undefined;
}
