import type { TranscriptItem } from '../../../../core/session/transcript.ts';
import { MessageView } from './message.ts';
import { MissingView, NoticeView, TurnEndView } from './small.ts';
import type { ItemView, ViewContext } from './view.ts';

/** The code of everything else; `missing` when it could not be had. */
let cards: typeof import('./cards.ts') | 'missing' | undefined;
let loading: Promise<void> | undefined;

/** Loads the code of tool calls, plans, permission requests, thoughts and what is rarer, once. Never rejects: see {@link createView}. */
export function loadCards(): Promise<void> {
  loading ??= import('./cards.ts').then(
    (module) => void (cards = module),
    // Browsers try again only after a reload.
    () => void (cards = 'missing'),
  );
  return loading;
}

/** Whether an item waits for {@link loadCards}. */
export function needsCards(item: TranscriptItem): boolean {
  return cards === undefined && !isPlain(item);
}

/** What a conversation is made of that is nothing but words. */
const isPlain = (item: TranscriptItem): boolean =>
  item.kind === 'message'
    ? item.role !== 'thought'
    : item.kind === 'notice' || item.kind === 'turn-end';

/** Adds the styles of cards where they are shown. */
export function styleCards(root: ShadowRoot): void {
  if (cards === undefined || cards === 'missing') return;
  const sheets = cards.cardSheets.map(({ styleSheet }) => styleSheet!);
  if (!root.adoptedStyleSheets.includes(sheets[0]!)) root.adoptedStyleSheets.push(...sheets);
}

/** The view of an item, drawn. A card whose code could not be loaded says so in its place. */
export function createView(item: TranscriptItem, context: ViewContext): ItemView {
  const view = viewOf(item, context);
  view.update();
  return view;
}

function viewOf(item: TranscriptItem, context: ViewContext): ItemView {
  if (item.kind === 'message' && item.role !== 'thought') return new MessageView(item);
  if (item.kind === 'turn-end') return new TurnEndView(item);
  if (item.kind === 'notice') return new NoticeView(item);
  if (cards === undefined || cards === 'missing') return new MissingView(item);
  switch (item.kind) {
    case 'message':
      return new cards.ThoughtView(item, context);
    case 'gap':
      return new cards.GapView(item);
    case 'raw':
      return new cards.RawView(item);
    case 'tool':
      return new cards.ToolView(item, context);
    case 'plan':
      return new cards.PlanView(item);
    case 'approval':
      return cards.approvalView(item, context);
  }
}
