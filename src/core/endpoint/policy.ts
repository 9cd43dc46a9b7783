import { fixedSteps, fullJitter, type RetryPolicy } from '../retry/policy.ts';

/** The connection models that a page can speak, one adapter each. PROTOCOL.md says what each can promise. */
export const PROTOCOLS = [
  'aperture',
  'acp',
  'legacy',
  'thread',
  'single',
  'scoped',
  'bidi',
] as const;
export type ProtocolName = (typeof PROTOCOLS)[number];

/** How sessions of one endpoint behave where its protocol leaves a choice; named, and chosen per endpoint. */
export interface EndpointPolicy {
  /** `backoff`: full jitter without end. `steps`: 1, 2 and 4 s, then by hand. `manual`: by hand only (R9). */
  readonly reconnect: 'backoff' | 'steps' | 'manual';
  /**
   * A message while a turn runs (R40): `ask` is the user's general setting; `parallel` starts a second request
   * beside the first, where the protocol has requests of their own.
   */
  readonly concurrency: 'ask' | 'queue' | 'reject' | 'cancel-previous' | 'parallel';
  /** What becomes of the partial answer of a cancelled or dropped request (R45). */
  readonly partial: 'keep' | 'discard';
  /** Events without a scope: dropped and counted, or taken when they can only mean one session (R51). */
  readonly scope: 'strict' | 'lenient';
  /** Where the token goes. `query` only for servers that know nothing else: addresses end up in logs (R67). */
  readonly auth: 'first-frame' | 'hello' | 'query' | 'none';
  /** At ten live sessions the oldest idle one yields (R4); `warn` speaks up from five of this endpoint on. */
  readonly limit: 'evict' | 'warn';
}

const CHOICES: { readonly [K in keyof EndpointPolicy]: readonly EndpointPolicy[K][] } = {
  reconnect: ['backoff', 'steps', 'manual'],
  concurrency: ['ask', 'queue', 'reject', 'cancel-previous', 'parallel'],
  partial: ['keep', 'discard'],
  scope: ['strict', 'lenient'],
  auth: ['first-frame', 'hello', 'query', 'none'],
  limit: ['evict', 'warn'],
};

/** What is known of a policy from elsewhere, as from disk: a choice that there is not falls back to its default. */
export function policyFrom(value: object): Partial<EndpointPolicy> {
  return Object.fromEntries(
    Object.entries(value).filter(
      ([name, choice]) =>
        Object.hasOwn(CHOICES, name) &&
        CHOICES[name as keyof EndpointPolicy].includes(choice as never),
    ),
  );
}

/** Live sessions of one endpoint from which on `limit: 'warn'` warns. */
export const WARN_LIVE_SESSIONS = 5;

const USUAL: EndpointPolicy = {
  reconnect: 'backoff',
  concurrency: 'ask',
  partial: 'keep',
  scope: 'strict',
  auth: 'first-frame',
  limit: 'evict',
};

export const DEFAULT_POLICY: Readonly<Record<ProtocolName, EndpointPolicy>> = {
  aperture: USUAL,
  acp: USUAL,
  legacy: USUAL,
  thread: { ...USUAL, reconnect: 'steps' },
  single: { ...USUAL, concurrency: 'parallel', auth: 'hello' },
  scoped: USUAL,
  bidi: { ...USUAL, reconnect: 'manual', limit: 'warn' },
};

const RETRIES: Readonly<Record<EndpointPolicy['reconnect'], RetryPolicy>> = {
  backoff: fullJitter(),
  steps: fixedSteps(),
  manual: fixedSteps([]),
};

export const retryPolicy = (policy: EndpointPolicy): RetryPolicy => RETRIES[policy.reconnect];
