import type { CloseInfo } from '../../../../core/wire/close-codes.ts';
import { classifier } from '../closing.ts';

/** Where plain ACP's ends differ from the common table. An agent's socket has nothing to finish by itself. */
const DIFFERENCES: ReadonlyMap<number, CloseInfo> = new Map([
  [1000, { verdict: 'retry', code: 'closed', message: 'The agent closed the connection.' }],
  [
    1003,
    {
      verdict: 'fatal',
      code: 'unsupported_data',
      message: 'The server takes no text frames: it does not speak ACP as the draft has it.',
    },
  ],
]);

export const classifyAcpClose = classifier(DIFFERENCES);
