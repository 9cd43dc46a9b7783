import type { CloseInfo } from '../../../../core/wire/close-codes.ts';
import { classifier } from '../closing.ts';

/** Why a conversation of this kind does not come back. */
export const OVER =
  'This kind of conversation ends with its connection. Its history stays here; start a new session to go on.';

/** Where this model's ends differ from the common table; besides, what would be retried is lost (R64). */
const DIFFERENCES: ReadonlyMap<number, CloseInfo> = new Map([
  [
    4409,
    {
      verdict: 'fatal',
      code: 'replaced',
      message: 'Another tab or device drives this session now.',
    },
  ],
]);

export const classifyBidiClose = classifier(DIFFERENCES, (info) =>
  info.verdict === 'retry'
    ? { ...info, verdict: 'lost', message: `${info.message} ${OVER}` }
    : info,
);
