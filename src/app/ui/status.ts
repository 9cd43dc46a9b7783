import type { TemplateResult } from 'lit';
import type { ConnectionStatus } from '../../core/session/connection-state.ts';
import { displayStatus, errorOf, isBusy, isStreaming } from '../store/selectors.ts';
import type { SessionRecord } from '../store/types.ts';
import * as icons from './icons.ts';

/** How a status looks and what it is called (R33): a shape, a colour (a token's name) and a word. */
export interface StatusLook {
  /** For CSS: the connection status, or `streaming`. */
  readonly kind: ConnectionStatus | 'streaming';
  readonly glyph: TemplateResult;
  readonly word: string;
}

const LOOK: Record<StatusLook['kind'], Omit<StatusLook, 'kind'>> = {
  connecting: { glyph: icons.statusReconnecting, word: 'Connecting' },
  connected: { glyph: icons.statusConnected, word: 'Connected' },
  streaming: { glyph: icons.statusStreaming, word: 'Working' },
  reconnecting: { glyph: icons.statusReconnecting, word: 'Reconnecting' },
  disconnected: { glyph: icons.statusDisconnected, word: 'Disconnected' },
  error: { glyph: icons.statusError, word: 'Error' },
  ended: { glyph: icons.statusEnded, word: 'Ended' },
};

/** The session's look now. Subscribes to connection, summary and turn. */
export function statusLook(record: SessionRecord): StatusLook {
  const status = displayStatus(record);
  // A turn that runs behind a broken connection is not shown as working: nobody can tell.
  const kind = status === 'connected' && isStreaming(record) ? 'streaming' : status;
  const connection = record.connection.value;
  let { word } = LOOK[kind];
  if (kind === 'connected' && isBusy(record)) word = 'Waiting for you';
  if (connection.status === 'reconnecting' && connection.attempt > 0) {
    word += ` (${connection.attempt}${connection.max === null ? '' : ` of ${connection.max}`})`;
  }
  return { kind, glyph: LOOK[kind].glyph, word };
}

/** What stands in the row's second line when the connection is the news; `undefined` when it is not. */
export function troubleOf(record: SessionRecord): string | undefined {
  const connection = record.connection.value;
  switch (displayStatus(record)) {
    case 'reconnecting':
      return connection.status === 'reconnecting' && connection.reason
        ? `${statusLook(record).word} · ${connection.reason}`
        : statusLook(record).word;
    case 'error':
      return errorOf(record)?.message;
    case 'ended':
      return connection.status === 'ended' && connection.gone
        ? 'Gone on its server. This is your local copy.'
        : 'Ended';
    default:
      return undefined;
  }
}

/** Attempts have failed and there are no more by themselves (R9). */
export function canRetry(record: SessionRecord): boolean {
  const connection = record.connection.value;
  return connection.status === 'error' && connection.error.code === 'gave_up';
}
