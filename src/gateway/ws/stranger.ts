import type { Duplex } from 'node:stream';

/** Who has not shown a token may not send much (bytes). */
export const MAX_STRANGER_BYTES = 16 * 1024;
const FRAME_HEADER_BYTES = 14;

/**
 * A frame is gathered before it is looked at, and only who has a token may have a large one gathered.
 *
 * @param wire what the WebSocket runs over.
 * @param isOver the token was shown, or the socket closes.
 * @param tooMuch called once; nothing more should be read then.
 */
export function boundStranger(wire: Duplex, isOver: () => boolean, tooMuch: () => void): void {
  let bytes = 0;
  const count = (chunk: Buffer): void => {
    // The WebSocket heard it first: a token in this chunk has been dealt with.
    if (isOver()) return void wire.off('data', count);
    bytes += chunk.byteLength;
    if (bytes > MAX_STRANGER_BYTES + FRAME_HEADER_BYTES) tooMuch();
  };
  wire.on('data', count);
}
