import type { ApprovalItem } from '../../../../core/session/transcript.ts';
import { element } from '../markdown/dom.ts';
import type { ItemView, ViewContext } from './view.ts';

/** A request that is no permission: its code is loaded when there is the first of them. */
export class AskView implements ItemView {
  readonly element = element('section', 'item approval ask');
  drawn = -1;
  #card: { draw(): void } | undefined;

  constructor(
    readonly item: ApprovalItem,
    context: ViewContext,
  ) {
    this.element.dataset['requestId'] = item.requestId;
    this.element.tabIndex = 0;
    this.element.role = 'group';
    import('../asks/ask-card.ts').then(
      ({ AskCard }) => this.#draw(new AskCard(this.element, item, context)),
      () =>
        void (this.element.textContent =
          'A question of the agent stands here. The part of the page that shows it could not be loaded: reload the page.'),
    );
  }

  #draw(card: { draw(): void }): void {
    this.#card = card;
    card.draw();
  }

  update(): void {
    this.drawn = this.item.rev;
    this.#card?.draw();
  }
}
