import type { TranscriptItem } from '../../../../core/session/transcript.ts';
import { ApprovalView } from './approval.ts';
import { MessageView, ThoughtView } from './message.ts';
import { PlanView } from './plan.ts';
import { GapView, NoticeView, RawView, TurnEndView } from './small.ts';
import { ToolView } from './tool.ts';
import type { ItemView, ViewContext } from './view.ts';

/** The view of an item, drawn. */
export function createView(item: TranscriptItem, context: ViewContext): ItemView {
  const view = viewOf(item, context);
  view.update();
  return view;
}

function viewOf(item: TranscriptItem, context: ViewContext): ItemView {
  switch (item.kind) {
    case 'message':
      return item.role === 'thought' ? new ThoughtView(item, context) : new MessageView(item);
    case 'tool':
      return new ToolView(item);
    case 'plan':
      return new PlanView(item);
    case 'approval':
      return new ApprovalView(item, context);
    case 'turn-end':
      return new TurnEndView(item);
    case 'notice':
      return new NoticeView(item);
    case 'gap':
      return new GapView(item);
    case 'raw':
      return new RawView(item);
  }
}
