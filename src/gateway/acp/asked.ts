import type { ErrorInfo } from '../../core/errors.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import type { AnswerFrame } from '../../core/wire/frames.ts';

export type Outcome = AnswerFrame['result']['outcome'];

/** A request that waits for somebody to answer it, of whatever kind. */
export interface Asked {
  /** As it stands in the log. */
  readonly method: string;
  readonly params: JsonObject;
  /** Why an answer that somebody chose cannot be taken. */
  check(chosen: Extract<Outcome, { outcome: 'selected' }>): ErrorInfo | undefined;
  /** Once, with what was taken, or that nobody decides any more. */
  respond(outcome: Outcome): void;
  /** Aborts when the agent does not want an answer any more. */
  readonly withdrawn?: AbortSignal;
  /** Called with a function that settles it without a client: what was asked for came about by itself. */
  readonly settledElsewhere?: (settle: (optionId: string) => void) => void;
}

export const CANCELLED: Outcome = { outcome: 'cancelled' };

/** ACP's `session/request_permission`; `respond` takes its result. */
export function permissionAsked(
  params: JsonObject,
  respond: (result: unknown) => void,
  withdrawn: AbortSignal,
): Asked {
  const options: unknown[] = Array.isArray(params['options']) ? params['options'] : [];
  const offered = new Set(options.map((option) => isObject(option) && option['optionId']));
  return {
    method: 'session/request_permission',
    params,
    withdrawn,
    check: ({ optionId }) => (offered.has(optionId) ? undefined : unknownOption()),
    respond: (outcome) =>
      respond({
        outcome:
          outcome.outcome === 'selected'
            ? { outcome: 'selected', optionId: outcome.optionId }
            : CANCELLED,
      }),
  };
}

export const unknownOption = (): ErrorInfo => ({
  code: 'unknown_option',
  message: 'The agent did not offer this option. Choose one it offers.',
  retryable: false,
});
