import { oneLine } from '../../../core/text/sanitise.ts';
import { classifyClose, type CloseInfo } from '../../../core/wire/close-codes.ts';
import type { Endpoint } from './port.ts';

/** An endpoint's WebSocket address. @param path where its address names none. @param query what to add to it. */
export function socketUrl(
  endpoint: Endpoint,
  path: string,
  query: Readonly<Record<string, string | undefined>> = {},
): string {
  const url = new URL(endpoint.url);
  if (url.pathname === '/') url.pathname = path;
  if (url.protocol === 'https:') url.protocol = 'wss:';
  else if (url.protocol === 'http:') url.protocol = 'ws:';
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return url.href;
}

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

/** The common table (R10) in words for a server that is no gateway; what the server said itself stands behind. */
export function classifyServerClose(code: number, reason: string): CloseInfo {
  const info = classifyClose(code);
  const message = MESSAGES.get(code) ?? info.message;
  const words = oneLine(reason, 120);
  return { ...info, message: words && info.verdict !== 'done' ? `${message} (${words})` : message };
}
