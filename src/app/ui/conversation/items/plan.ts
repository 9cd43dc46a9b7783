import { html, render } from 'lit';
import { cleanText } from '../../../../core/text/sanitise.ts';
import type { PlanItem } from '../../../../core/session/transcript.ts';
import { element } from '../markdown/dom.ts';
import { list, statusIcon } from './icons.ts';
import type { ItemView } from './view.ts';

const WORD = { pending: 'to do', in_progress: 'under way', completed: 'done' } as const;

/** The agent's plan: its steps, and how many are done. */
export class PlanView implements ItemView {
  readonly element = element('section', 'item plan');
  drawn = -1;

  constructor(readonly item: PlanItem) {
    this.element.ariaLabel = 'Plan';
  }

  update(): void {
    this.drawn = this.item.rev;
    const { entries } = this.item;
    const done = entries.filter((entry) => entry.status === 'completed').length;
    render(
      html`
        <div class="plan-head">
          ${list}<strong>Plan</strong>
          <span class="tnum">${done} of ${entries.length} done</span>
          <progress max=${Math.max(1, entries.length)} .value=${done}></progress>
        </div>
        <ol>
          ${entries.map((entry) => {
            const status = entry.status in WORD ? entry.status : 'pending';
            return html`<li class=${status} data-priority=${entry.priority}>
              ${statusIcon[status]}<span>${cleanText(entry.content)}</span
              ><span class="vh">${WORD[status]}</span>
            </li>`;
          })}
        </ol>
      `,
      this.element,
    );
  }
}
