/** When to dial again, as a pure function of attempt and random (R9). */
export interface RetryPolicy {
  /** Attempts before giving up; `null` for no end. */
  readonly maxAttempts: number | null;
  /**
   * The wait before attempt `attempt` (1 is the first retry), in ms; `null` when it is over.
   * @param random a number in [0, 1)
   */
  delay(attempt: number, random: number): number | null;
}

/** Exponential with full jitter: uniform in [0, min(cap, base · 2^(attempt-1))). The floor keeps a storm of zeros away. */
export function fullJitter(
  options: { baseMs?: number; capMs?: number; floorMs?: number; maxAttempts?: number | null } = {},
): RetryPolicy {
  const { baseMs = 1_000, capMs = 30_000, floorMs = 100, maxAttempts = null } = options;
  return {
    maxAttempts,
    delay(attempt, random) {
      if (maxAttempts !== null && attempt > maxAttempts) return null;
      const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(attempt - 1, 30));
      return Math.max(floorMs, random * ceiling);
    },
  };
}

/** Fixed steps, then a manual retry: S2's 1, 2 and 4 s. */
export function fixedSteps(stepsMs: readonly number[] = [1_000, 2_000, 4_000]): RetryPolicy {
  return {
    maxAttempts: stepsMs.length,
    delay: (attempt) => stepsMs[attempt - 1] ?? null,
  };
}
