// Everything but what is said, and how a turn ended, with its styles: loaded when a conversation has the first of it.
import { cardStyles } from '../styles/cards.ts';
import { diffStyles } from '../styles/diff.ts';

export { ApprovalView } from './approval.ts';
export { PlanView } from './plan.ts';
export { GapView, RawView } from './rare.ts';
export { ThoughtView } from './thought.ts';
export { ToolView } from './tool.ts';

export const cardSheets = [cardStyles, diffStyles];
