// Everything but what is said, and how a turn ended, with its styles: loaded when a conversation has the first of it.
import type { ApprovalItem } from '../../../../core/session/transcript.ts';
import { cardStyles } from '../styles/cards.ts';
import { diffStyles } from '../styles/diff.ts';
import { ApprovalView } from './approval.ts';
import { AskView } from './ask.ts';
import type { ItemView, ViewContext } from './view.ts';

export { PlanView } from './plan.ts';
export { GapView, RawView } from './rare.ts';
export { ThoughtView } from './thought.ts';
export { ToolView } from './tool.ts';

export const cardSheets = [cardStyles, diffStyles];

/** A request that waits for its answer, or had one. */
export const approvalView = (item: ApprovalItem, context: ViewContext): ItemView =>
  item.ask ? new AskView(item, context) : new ApprovalView(item, context);
