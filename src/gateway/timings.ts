import { ATTACH_TIMEOUT_MS } from '../core/limits.ts';

/** Every wait of the gateway, in ms; tests shorten them. */
export interface Timings {
  /** Longest wait for each answer of an agent's handshake. */
  readonly initTimeoutMs: number;
  /** From SIGTERM to SIGKILL. */
  readonly stopGraceMs: number;
  /** How long an agent may take to stop after `session/cancel`. */
  readonly cancelGraceMs: number;
  /** A page must attach within this time (R67). */
  readonly attachTimeoutMs: number;
  /** A socket that said nothing for this long is gone: pages ping at least every 60 s. */
  readonly silentMs: number;
  /** A page that takes nothing for this long though there is something is closed with 4429. */
  readonly stuckMs: number;
  /** How often the two above are looked at. */
  readonly sweepEveryMs: number;
  /** From a close to the socket's end, whether or not the other side agrees. */
  readonly closeGraceMs: number;
  /** A single-request session whose socket is gone is ended after this time, unless it is taken up again. */
  readonly singleGraceMs: number;
}

export const DEFAULT_TIMINGS: Timings = {
  initTimeoutMs: 30_000,
  stopGraceMs: 3_000,
  cancelGraceMs: 10_000,
  attachTimeoutMs: ATTACH_TIMEOUT_MS,
  silentMs: 150_000,
  stuckMs: 60_000,
  sweepEveryMs: 10_000,
  closeGraceMs: 2_000,
  singleGraceMs: 60_000,
};
