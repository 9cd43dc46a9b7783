/** Every bound that both sides must agree on stands here (R30, R71). Bytes are UTF-8 bytes, times are milliseconds. */

/** Live sockets that one page holds at most (R1). */
export const MAX_LIVE_SESSIONS = 10;

/** Largest frame that the gateway accepts from a page. */
export const MAX_CLIENT_FRAME_BYTES = 8 * 1024 * 1024;
/** What a prompt may be as JSON, so that its frame can be sent: one that is too large ends the connection, each time. */
export const MAX_PROMPT_BYTES = MAX_CLIENT_FRAME_BYTES - 1_024;
/** Largest frame that a page accepts from the gateway, and largest line that the gateway accepts from an agent. */
export const MAX_SERVER_FRAME_BYTES = 32 * 1024 * 1024;
/** Deepest nesting of a JSON value on the wire. */
export const MAX_JSON_DEPTH = 64;

/** A page must attach within this time after the socket opened (R67). */
export const ATTACH_TIMEOUT_MS = 5_000;
/** A connection attempt that has not been acknowledged by then has failed (R7). */
export const CONNECT_TIMEOUT_MS = 10_000;
/** How long an agent may take to start and open a session, once whoever serves it has answered. */
export const OPEN_TIMEOUT_MS = 90_000;

/** Dials by itself that a session makes in any minute, whatever its connections die of (R8). */
export const MAX_RETRIES_A_MINUTE = 10;

/** Application ping while the page is visible, and while it is hidden (R19). */
export const PING_VISIBLE_MS = 10_000;
export const PING_HIDDEN_MS = 60_000;
/** No frame at all for this long after a ping: the socket is half open (R19: 15 s visible, 75 s hidden). */
export const PONG_TIMEOUT_MS = 5_000;
/** The same after sleep, when silence most likely means that the socket died in it; leaves time for a dial within 5 s. */
export const WAKE_PONG_TIMEOUT_MS = 2_000;

/**
 * Entries of one session that may wait for the gateway's disk (bytes). Above the first mark its agent is read no
 * further, and the pipe holds it up; below the second it goes on. A healthy disk takes 4 MiB in a small part of a
 * second, so whoever meets the mark is being slowed down by the disk anyway.
 */
export const MAX_UNWRITTEN_BYTES = 4 * 1024 * 1024;
export const RESUME_UNWRITTEN_BYTES = 1024 * 1024;
/** The same for all sessions together: many at once must not add up to what one may not. */
export const MAX_UNWRITTEN_BYTES_IN_ALL = 24 * 1024 * 1024;
export const RESUME_UNWRITTEN_BYTES_IN_ALL = 12 * 1024 * 1024;

/** Idempotency keys that the gateway remembers for each session. */
export const MAX_SEEN_KEYS = 1_000;
/** Messages that may wait in one session's outbox. */
export const MAX_OUTBOX = 50;

/** Entries for a page that reads several in one message wait at most this long for each other, ms: about a frame. */
export const GATHER_MS = 16;
/** Frames, and UTF-16 units of them, in such a message; a larger one stands alone. */
export const MAX_GATHERED_FRAMES = 128;
export const MAX_GATHERED_LENGTH = 32 * 1024;

/** Streams are written to IndexedDB at least this often while they run (R27). */
export const PERSIST_EVERY_MS = 100;
export const PERSIST_EVERY_BYTES = 64 * 1024;
