import { classifyClose, type CloseInfo } from '../../../core/wire/close-codes.ts';

/** Ends that an adapter finds by itself: below 1000, which no server can send. An `error` said why before them. */
export const OwnClose = {
  /** The same would happen again until the user changes something. */
  fatal: 901,
  /** The conversation cannot be taken up again. */
  lost: 902,
  retry: 903,
} as const;

const OWN: ReadonlyMap<number, CloseInfo> = new Map([
  [
    OwnClose.fatal,
    { verdict: 'fatal', code: 'refused', message: 'The server refused the session.' },
  ],
  [
    OwnClose.lost,
    {
      verdict: 'lost',
      code: 'session_lost',
      message: 'The conversation cannot be taken up again. Its history stays here.',
    },
  ],
  [
    OwnClose.retry,
    { verdict: 'retry', code: 'not_open', message: 'The session could not be opened.' },
  ],
]);

/**
 * Every close code for one protocol (R10): its own ends, then where it differs from the common table, then that table.
 * @param otherwise what to make of the common table's answer.
 */
export const classifier =
  (
    differences: ReadonlyMap<number, CloseInfo>,
    otherwise: (info: CloseInfo) => CloseInfo = (info) => info,
  ): ((code: number) => CloseInfo) =>
  (code) =>
    OWN.get(code) ?? differences.get(code) ?? otherwise(classifyClose(code));
