import { createHash, timingSafeEqual } from 'node:crypto';

/** Compares without telling by time how much was right (R67): hashes have one length, whatever was sent. */
export function tokenChecker(token: string): (given: string) => boolean {
  const expected = hash(token);
  return (given) => timingSafeEqual(hash(given), expected);
}

const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
