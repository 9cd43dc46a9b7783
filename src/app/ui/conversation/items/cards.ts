// Tool calls, plans and permission requests, with their styles: loaded when a conversation has the first of them.
import { cardStyles } from '../styles/cards.ts';
import { diffStyles } from '../styles/diff.ts';

export { ApprovalView } from './approval.ts';
export { PlanView } from './plan.ts';
export { ToolView } from './tool.ts';

export const cardSheets = [cardStyles, diffStyles];
