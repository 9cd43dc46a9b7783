/**
 * Every WebSocket close code, and what it means for a session connection (R10).
 * - `done`: finished as intended; not retried.
 * - `retry`: the connection broke, the session is there; retried by policy.
 * - `lost`: the session behind the socket is gone; not retried, history stays.
 * - `fatal`: the same attempt would fail again; not retried until the user changes something.
 */
export type CloseVerdict = 'done' | 'retry' | 'lost' | 'fatal';

export interface CloseInfo {
  verdict: CloseVerdict;
  /** Stable code for programs. */
  code: string;
  /** For the reader: what happened and what to do. */
  message: string;
}

/** The gateway's own codes. 4xxx as HTTP's 4xx where there is a counterpart. */
export const CloseCode = {
  normal: 1000,
  goingAway: 1001,
  policy: 1008,
  tooBig: 1009,
  /** The gateway is stopping or restarting. */
  restarting: 1012,
  tryAgain: 1013,
  badFrame: 4400,
  unauthorized: 4401,
  forbidden: 4403,
  notFound: 4404,
  /** Another holder of the lease took over. */
  replaced: 4409,
  ended: 4410,
  /** The page did not read fast enough; it may attach again and go on from where it stands. */
  tooSlow: 4429,
} as const;

const TABLE: ReadonlyMap<number, CloseInfo> = new Map([
  [1000, { verdict: 'done', code: 'closed', message: 'The connection was closed.' }],
  [1001, { verdict: 'retry', code: 'going_away', message: 'The gateway went away.' }],
  [
    1002,
    {
      verdict: 'fatal',
      code: 'protocol_error',
      message: 'The server speaks another protocol. Check the address.',
    },
  ],
  [
    1003,
    {
      verdict: 'fatal',
      code: 'unsupported_data',
      message: 'The server refused this kind of message.',
    },
  ],
  [
    1005,
    { verdict: 'retry', code: 'no_status', message: 'The connection closed without a reason.' },
  ],
  [1006, { verdict: 'retry', code: 'dropped', message: 'The connection dropped.' }],
  [1007, { verdict: 'fatal', code: 'bad_payload', message: 'A message could not be decoded.' }],
  [
    1008,
    {
      verdict: 'fatal',
      code: 'policy',
      message: 'The server refused the connection by its policy.',
    },
  ],
  [
    1009,
    {
      verdict: 'fatal',
      code: 'too_big',
      message: 'The message is too large for the server. Send a shorter one.',
    },
  ],
  [
    1010,
    {
      verdict: 'fatal',
      code: 'missing_extension',
      message: 'The server lacks a needed extension.',
    },
  ],
  [1011, { verdict: 'retry', code: 'server_error', message: 'The server met an error.' }],
  [1012, { verdict: 'retry', code: 'restarting', message: 'The gateway is restarting.' }],
  [1013, { verdict: 'retry', code: 'try_again', message: 'The server is busy.' }],
  [1014, { verdict: 'retry', code: 'bad_gateway', message: 'A proxy could not reach the server.' }],
  [
    1015,
    {
      verdict: 'fatal',
      code: 'tls',
      message: 'The secure connection failed. Check the certificate.',
    },
  ],
  [3000, { verdict: 'fatal', code: 'unauthorized', message: 'The server refused the token.' }],
  [3003, { verdict: 'fatal', code: 'forbidden', message: 'The server does not allow this.' }],
  [3008, { verdict: 'retry', code: 'timeout', message: 'The server timed out.' }],
  [
    4400,
    {
      verdict: 'fatal',
      code: 'bad_frame',
      message: 'The gateway could not read a message of this page. Reload the page.',
    },
  ],
  [
    4401,
    {
      verdict: 'fatal',
      code: 'unauthorized',
      message:
        'The gateway refused the token. Open the link that it printed, or enter the token again.',
    },
  ],
  [
    4403,
    {
      verdict: 'fatal',
      code: 'forbidden',
      message: 'The gateway does not admit this page. Start it with --allow-origin.',
    },
  ],
  [
    4404,
    {
      verdict: 'lost',
      code: 'not_found',
      message: 'The gateway does not know this session any more.',
    },
  ],
  [
    4408,
    { verdict: 'retry', code: 'attach_timeout', message: 'The connection was too slow to start.' },
  ],
  [
    4409,
    {
      verdict: 'fatal',
      code: 'replaced',
      message: 'Another tab or device took over this session.',
    },
  ],
  [4410, { verdict: 'done', code: 'ended', message: 'The session was ended.' }],
  [
    4429,
    { verdict: 'retry', code: 'too_slow', message: 'This page fell behind; it is catching up.' },
  ],
]);

/** Classifies any close code; unknown ones by their range: 1xxx and 3xxx are retried, unlisted 4xxx are fatal. */
export function classifyClose(closeCode: number): CloseInfo {
  const known = TABLE.get(closeCode);
  if (known) return known;
  if (closeCode >= 4000) {
    // Application codes nobody told us about: repeating could repeat a refusal for ever, so 45xx
    // (server trouble, by analogy with HTTP 5xx) is retried and the rest is left to the user.
    const verdict: CloseVerdict = closeCode >= 4500 && closeCode < 4600 ? 'retry' : 'fatal';
    return {
      verdict,
      code: `closed_${closeCode}`,
      message: `The server closed the connection (${closeCode}).`,
    };
  }
  return {
    verdict: 'retry',
    code: `closed_${closeCode}`,
    message: `The connection closed (${closeCode}).`,
  };
}
