import { ApertureError } from '../../core/errors.ts';

/** OWASP's floor for PBKDF2 with SHA-256. */
const ITERATIONS = 600_000;

/** A token as it lies on disk: nothing in it says what the token is without the passphrase. Bytes are base64. */
export interface SealedToken {
  readonly iterations: number;
  readonly salt: string;
  readonly iv: string;
  readonly data: string;
}

/** What a passphrase became, kept in memory so that a changed token can be sealed without asking again. */
export interface VaultKey {
  readonly key: CryptoKey;
  readonly salt: string;
  readonly iterations: number;
}

/** @throws ApertureError `insecure_context` where the browser offers no cryptography. */
export async function newKey(passphrase: string): Promise<VaultKey> {
  const salt = base64(crypto.getRandomValues(new Uint8Array(16)));
  return { key: await derive(passphrase, salt, ITERATIONS), salt, iterations: ITERATIONS };
}

/** @param endpoint is bound into it: a token that is moved to another address does not open (R69). */
export async function seal(
  token: string,
  endpoint: string,
  { key, salt, iterations }: VaultKey,
): Promise<SealedToken> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const plain = new TextEncoder().encode(token);
  const data = await crypto.subtle.encrypt(algorithm(iv, endpoint), key, plain);
  return { iterations, salt, iv: base64(iv), data: base64(new Uint8Array(data)) };
}

/**
 * @returns undefined for a wrong passphrase, another endpoint's token, or one that was changed.
 * @throws ApertureError `insecure_context`.
 */
export async function unseal(
  sealed: SealedToken,
  endpoint: string,
  passphrase: string,
): Promise<{ token: string; key: VaultKey } | undefined> {
  const { salt, iterations } = sealed;
  const key = await derive(passphrase, salt, iterations);
  try {
    const how = algorithm(bytes(sealed.iv), endpoint);
    const plain = await crypto.subtle.decrypt(how, key, bytes(sealed.data));
    return { token: new TextDecoder().decode(plain), key: { key, salt, iterations } };
  } catch {
    return undefined;
  }
}

async function derive(passphrase: string, salt: string, iterations: number): Promise<CryptoKey> {
  // Typed for pages that came by https; on others it is missing.
  const subtle = crypto.subtle as SubtleCrypto | undefined;
  if (!subtle) {
    throw new ApertureError(
      'insecure_context',
      'This page came over plain http, where browsers do not encrypt. Open it by https or on this machine, or keep the token for this tab only.',
    );
  }
  const words = new TextEncoder().encode(passphrase.normalize('NFC'));
  const base = await subtle.importKey('raw', words, 'PBKDF2', false, ['deriveKey']);
  return subtle.deriveKey(
    { name: 'PBKDF2', hash: 'SHA-256', salt: bytes(salt), iterations },
    base,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  );
}

const algorithm = (iv: Uint8Array<ArrayBuffer>, endpoint: string): AesGcmParams => ({
  name: 'AES-GCM',
  iv,
  additionalData: new TextEncoder().encode(endpoint),
});

const base64 = (from: Uint8Array): string => btoa(String.fromCharCode(...from));

const bytes = (from: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(from), (character) => character.charCodeAt(0));
