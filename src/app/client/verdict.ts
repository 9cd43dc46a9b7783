import { ApertureError } from '../../core/errors.ts';
import type { SessionAbilities } from '../../core/session/abilities.ts';
import type { CloseInfo, CloseVerdict } from '../../core/wire/close-codes.ts';

/**
 * What the end of an attempt means for its session: the close code's word, unless the kind of connection knows
 * better. A broken connection is not dialled again where that would find another session, or nothing to go on with.
 *
 * @param abilities of the connection that broke; undefined if it never came up: then nothing was lost.
 */
export function verdictOf(
  { verdict }: CloseInfo,
  abilities: SessionAbilities | undefined,
): CloseVerdict {
  if (verdict !== 'retry' || !abilities) return verdict;
  const { afterDrop } = abilities;
  return afterDrop === 'lost' || afterDrop === 'done' ? afterDrop : 'retry';
}

export const disconnected = (): ApertureError =>
  new ApertureError('disconnected', 'The connection was closed here.', { retryable: true });

export const ended = (): ApertureError => new ApertureError('ended', 'This session has ended.');

export const notConnected = (toDoWhat: string): ApertureError =>
  new ApertureError(
    'not_connected',
    `The session is not connected, so this page cannot ${toDoWhat} now. Try again when it is.`,
    { retryable: true },
  );

export const cannotCancel = (): ApertureError =>
  new ApertureError('cannot_cancel', 'This kind of session cannot be stopped.');

export const cannotSet = (): ApertureError =>
  new ApertureError('cannot_set', 'The settings of this kind of session cannot be changed.');

export const unconfirmed = (): ApertureError =>
  new ApertureError(
    'setting_unconfirmed',
    'The connection broke before the agent had confirmed the change. What is shown is what holds.',
    { retryable: true },
  );

export const cannotAnswer = (): ApertureError =>
  new ApertureError('cannot_answer', 'This kind of session takes no answers.');

/** @param tries attempts that failed; 0 where the endpoint's policy is that only the user connects again. */
export function gaveUp(reason: string, tries: number): ApertureError {
  const words = tries === 0 ? 'It is not dialled again by itself.' : `${tries} attempts failed.`;
  return new ApertureError('gave_up', `${reason} ${words}`, { retryable: true });
}
