import type { TranscriptItem } from '../../../../core/session/transcript.ts';
import { MessageView, ThoughtView } from './message.ts';
import { GapView, MissingView, NoticeView, RawView, TurnEndView } from './small.ts';
import type { ItemView, ViewContext } from './view.ts';

/** The code of cards; `missing` when it could not be had. */
let cards: typeof import('./cards.ts') | 'missing' | undefined;
let loading: Promise<void> | undefined;

/** Loads the code of tool calls, plans and permission requests, once. Never rejects: see {@link createView}. */
export function loadCards(): Promise<void> {
  loading ??= import('./cards.ts').then(
    (module) => void (cards = module),
    // Browsers try again only after a reload.
    () => void (cards = 'missing'),
  );
  return loading;
}

/** Whether an item waits for {@link loadCards}. */
export function needsCards({ kind }: TranscriptItem): boolean {
  return cards === undefined && (kind === 'tool' || kind === 'plan' || kind === 'approval');
}

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
  switch (item.kind) {
    case 'message':
      return item.role === 'thought' ? new ThoughtView(item, context) : new MessageView(item);
    case 'turn-end':
      return new TurnEndView(item);
    case 'notice':
      return new NoticeView(item);
    case 'gap':
      return new GapView(item);
    case 'raw':
      return new RawView(item);
    default:
  }
  if (cards === undefined || cards === 'missing') return new MissingView(item);
  switch (item.kind) {
    case 'tool':
      return new cards.ToolView(item, context);
    case 'plan':
      return new cards.PlanView(item);
    case 'approval':
      return new cards.ApprovalView(item, context);
  }
}
