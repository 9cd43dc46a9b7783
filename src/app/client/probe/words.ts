import type { ProtocolName } from '../../../core/endpoint/policy.ts';

/** What each protocol is called in a sentence. */
export const KIND: Readonly<Record<ProtocolName, string>> = {
  aperture: 'An Aperture gateway',
  acp: 'A plain ACP server',
  legacy: 'An older gateway (user_message, permission_response)',
  thread: 'A thread server (?threadId=)',
  single: 'A server with one request per connection',
  scoped: 'A server with many chats on one connection',
  bidi: 'A live server whose connection is the session',
};

/** Where a reader gets the token of each protocol's servers. */
export const tokenSource = (protocol?: ProtocolName): string =>
  protocol === 'aperture'
    ? 'a gateway prints its own, in a link, when it starts.'
    : 'whoever runs the server has it.';

/** The way out of each kind of trouble, for the reader: what it is, and what to do. */
export const words = {
  mixed: (url: string, near: boolean): string =>
    `This page came by https, and the browser lets it connect only to what is encrypted too. ${url} is not. ` +
    (near
      ? 'Open Aperture from a gateway on your own network instead (http), or put the server behind TLS and use wss.'
      : 'Use the server’s wss address, or put it behind TLS.'),
  localInsecure: (url: string): string =>
    `This page came by plain http from the internet, and browsers let such pages reach nothing on your device or network. Open Aperture by https, or from a gateway on your own network, to reach ${url}.`,
  localDenied: (url: string): string =>
    `The browser was told to keep this page away from your device and network, where ${url} is. Press the icon at the left of the address bar, then Site settings, and set “Local network access” to Allow. Then check again.`,
  localSilent: (url: string): string =>
    `${url} is on your device or network, and the browser asks before a page from the internet may reach it: press Allow when it does. If no question came, press the icon at the left of the address bar and set “Local network access” to Allow. If it is allowed, check that the server runs.`,
  loopbackOverHttps: (url: string): string =>
    `Nothing answers at ${url}. Check that the server runs and that the port is right. Some browsers (Safari) let no https page reach this device unencrypted: there, open Aperture from the gateway itself.`,
  unreachable: (url: string): string =>
    `Nothing answers at ${url}. Check the address and the port, that the server runs, and that this device reaches it (VPN, firewall).`,
  noWebSocket: (url: string, status: number | 'opaque', foreign: string | undefined): string =>
    `Something answers at ${url} by HTTP${typeof status === 'number' ? ` (${status})` : ''}, but it opens no WebSocket here. Add the path of its socket, such as /acp, /live or /ws.` +
    (foreign === undefined
      ? ''
      : ` Or it admits no pages from ${foreign}: an Aperture gateway does when it is started with --allow-origin ${foreign}`),
  unknownProtocol: (url: string): string =>
    `There is a WebSocket at ${url}, but it answers to none of the protocols that Aperture knows. If you know which one it is, choose it by hand.`,
  tokenWanted: (kind: string, url: string, source: string): string =>
    `${kind} answers at ${url}, but wants a token. Enter it above; ${source}`,
  unauthorized: (kind: string, url: string, source: string): string =>
    `${kind} answers at ${url}, but refuses this token. Enter another one above; ${source} Some servers look for it in the address alone: choose the protocol by hand then, and “In the address” under “How it behaves”.`,
  forbidden: (url: string, origin: string): string =>
    `${url} answers, but not to pages from ${origin}. Tell the server to admit them: a gateway is started with --allow-origin ${origin}`,
  stopped: 'The check was stopped.',
} as const;
