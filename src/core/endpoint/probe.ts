import type { ProtocolName } from './policy.ts';

/** What one protocol's probe found at an address. */
export type ProbeAnswer =
  /** It speaks this; `how` says by what it was known, for the reader. */
  | { verdict: 'speaks'; how: string }
  /** Nothing spoke against it, but the protocol has no greeting that would prove it. */
  | { verdict: 'maybe'; how: string }
  | { verdict: 'no'; how: string }
  /** It speaks this and refuses the token. */
  | { verdict: 'refused'; how: string };

/** Why an address cannot be used, each with its own way out. */
export type ProbeTrouble =
  | 'bad_address'
  /** ws:// or http:// from a page that came by https. */
  | 'mixed_content'
  /** The browser asks before a public page may reach this device or its network. */
  | 'private_network'
  | 'unreachable'
  /** Something answers, but opens no WebSocket. */
  | 'no_websocket'
  /** A WebSocket that speaks nothing that we know. */
  | 'unknown_protocol'
  /** It speaks to whoever shows a token, and none was given. */
  | 'token_wanted'
  | 'unauthorized'
  /** It speaks to us, but not to pages of this origin. */
  | 'forbidden_origin';

/** All that is known of an address; `proposals` best first, and none of them if there is trouble. */
export interface ProbeReport {
  readonly url: string;
  readonly proposals: readonly { protocol: ProtocolName; sure: boolean; how: string }[];
  readonly trouble?: { code: ProbeTrouble; message: string };
}
