/** A session's id, given by the gateway; unique across sessions and gateways (R26). */
export type SessionId = string & { readonly __brand?: 'SessionId' };

interface RandomSource {
  getRandomValues(array: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>;
}

const source = (globalThis as unknown as { crypto: RandomSource }).crypto;

/**
 * A random UUID (version 4). Written out because `crypto.randomUUID` does not exist on a page
 * that is served over plain http from anything but loopback.
 */
export function newId(): string {
  const bytes = source.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
