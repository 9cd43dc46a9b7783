/** Every bound that both sides must agree on stands here (R30, R71). Bytes are UTF-8 bytes, times are milliseconds. */

/** Live sockets that one page holds at most (R1). */
export const MAX_LIVE_SESSIONS = 10;

/** Largest frame that the gateway accepts from a page. */
export const MAX_CLIENT_FRAME_BYTES = 8 * 1024 * 1024;
/** Largest frame that a page accepts from the gateway, and largest line that the gateway accepts from an agent. */
export const MAX_SERVER_FRAME_BYTES = 32 * 1024 * 1024;
/** Deepest nesting of a JSON value on the wire. */
export const MAX_JSON_DEPTH = 64;

/** A page must attach within this time after the socket opened (R67). */
export const ATTACH_TIMEOUT_MS = 5_000;
/** A connection attempt that has not been acknowledged by then has failed (R7). */
export const CONNECT_TIMEOUT_MS = 10_000;

/** Dials by itself that a session makes in any minute, whatever its connections die of (R8). */
export const MAX_RETRIES_A_MINUTE = 10;

/** Application ping while the page is visible, and while it is hidden (R19). */
export const PING_VISIBLE_MS = 10_000;
export const PING_HIDDEN_MS = 60_000;
/** No frame at all for this long after a ping: the socket is half open (R19: 15 s visible, 75 s hidden). */
export const PONG_TIMEOUT_MS = 5_000;
/** The same after sleep, when silence most likely means that the socket died in it; leaves time for a dial within 5 s. */
export const WAKE_PONG_TIMEOUT_MS = 2_000;

/** Idempotency keys that the gateway remembers for each session. */
export const MAX_SEEN_KEYS = 1_000;
/** Messages that may wait in one session's outbox. */
export const MAX_OUTBOX = 50;

/** Streams are written to IndexedDB at least this often while they run (R27). */
export const PERSIST_EVERY_MS = 100;
export const PERSIST_EVERY_BYTES = 64 * 1024;
