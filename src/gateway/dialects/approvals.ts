import type { ErrorInfo } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import type { Session } from '../session/session.ts';
import type { ApprovalFrame } from './frames.ts';
import type { TurnEvent } from './turn-reader.ts';

// Permission requests in the dialects that had none: three kinds of frame, and `approval` to answer.

/** What the client may be asked, or undefined when the request was settled already. */
export function approvalRequired(
  session: Session,
  id: string,
  params: JsonObject,
): object | undefined {
  if (!session.facts.asking.includes(id)) return undefined;
  const toolCall = isObject(params['toolCall']) ? params['toolCall'] : {};
  return {
    type: 'approval_required',
    id,
    title: typeof toolCall['title'] === 'string' ? toolCall['title'] : '',
    toolCall,
    options: Array.isArray(params['options']) ? params['options'] : [],
  };
}

export function approvalResolved({
  id,
  by,
  result,
}: Extract<TurnEvent, { kind: 'resolved' }>): object {
  const { outcome, optionId } = result;
  return {
    type: 'approval_resolved',
    id,
    by,
    outcome,
    ...(optionId !== undefined && { optionId }),
  };
}

/** @returns what to tell the client when the answer was refused. */
export function answerApproval(
  session: Session | undefined,
  { id, optionId }: ApprovalFrame,
  by: string,
): object | undefined {
  const refused = (error: ErrorInfo): object => ({ type: 'approval_refused', id, ...error });
  if (!session) {
    const message = 'There is no such request.';
    return refused({ code: 'unknown_request', message, retryable: false });
  }
  const outcome =
    optionId == null
      ? ({ outcome: 'cancelled' } as const)
      : ({ outcome: 'selected', optionId } as const);
  const receipt = session.answer({ t: 'answer', k: newId(), id, result: { outcome } }, by);
  return receipt.ok ? undefined : refused(receipt.error);
}
