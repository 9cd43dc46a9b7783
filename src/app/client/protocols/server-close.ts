import { oneLine } from '../../../core/text/sanitise.ts';
import type { CloseInfo } from '../../../core/wire/close-codes.ts';
import { classifier } from './closing.ts';

const REFUSED = 'The server refused the token. Enter it again in the settings of the endpoint.';
const MESSAGES: ReadonlyMap<number, string> = new Map([
  [1001, 'The server went away.'],
  [1012, 'The server is restarting.'],
  [3000, REFUSED],
  [4400, 'The server could not read a message of this page.'],
  [4401, REFUSED],
  [4403, 'The server does not admit this page.'],
  [4404, 'The server does not know this conversation any more.'],
]);
const classify = classifier(new Map());

/** The common table (R10) in words for a server that is no gateway; what the server said itself stands behind. */
export function classifyServerClose(code: number, reason: string): CloseInfo {
  const info = classify(code);
  const message = MESSAGES.get(code) ?? info.message;
  const words = oneLine(reason, 120);
  return { ...info, message: words && info.verdict !== 'done' ? `${message} (${words})` : message };
}
