import { html, nothing, render, type TemplateResult } from 'lit';
import { isObject } from '../../../../core/json.ts';
import type { Answer } from '../../../../core/session/event.ts';
import type { ApprovalItem } from '../../../../core/session/transcript.ts';
import { check, chevron, hand } from '../../more-icons.ts';
import { close } from '../../icons.ts';
import { act } from '../../intent.ts';
import { revealHidden } from '../items/content.ts';
import type { ViewContext } from '../items/view.ts';
import { FormPart } from './form-part.ts';
import { linkPart, linkAgain } from './link-part.ts';
import { readSignIn, signInPart } from './sign-in-part.ts';
import { askStyles } from './styles.ts';

/** What the parts of a card need of it. */
export interface AskContext {
  readonly id: string;
  /** Who asks, for the reader. */
  readonly agent: string;
  /** An answer is on its way. */
  readonly sending: boolean;
  answer(answer: Answer): void;
}

/**
 * An elicitation (form or link), or a sign-in (R55–R58): who asks, what for, and what became of it. Nothing that is
 * filled in is kept after it was sent.
 */
export class AskCard {
  readonly #form: FormPart | undefined;
  readonly #kind: 'form' | 'link' | 'sign-in';
  /** Settled requests fold to a line; this one was opened again. */
  #unfolded = false;

  constructor(
    private readonly element: HTMLElement,
    private readonly item: ApprovalItem,
    private readonly context: ViewContext,
  ) {
    const { method, params } = item.ask!;
    this.#kind =
      method !== 'elicitation/create' ? 'sign-in' : params['mode'] === 'url' ? 'link' : 'form';
    element.dataset['ask'] = this.#kind;
    if (this.#kind === 'form') {
      this.#form = new FormPart(item, params['requestedSchema'], () => this.draw());
    }
  }

  draw(): void {
    const { element } = this;
    const root = element.getRootNode();
    const sheet = askStyles.styleSheet!;
    if (root instanceof ShadowRoot && !root.adoptedStyleSheets.includes(sheet)) {
      root.adoptedStyleSheets.push(sheet);
    }
    const { resolution } = this.item;
    const { record } = this.context;
    const { agentTitle } = record.summary.peek();
    const title = record.title.peek();
    element.ariaLabel = `${this.#kind === 'sign-in' ? 'Sign-in' : 'Question'} of ${agentTitle} in ${title}`;
    element.classList.toggle('resolved', resolution !== undefined);
    if (resolution) element.removeAttribute('tabindex');
    if (resolution) this.#form?.forget();
    render(resolution ? this.#settled() : this.#open(agentTitle, title), element);
  }

  #open(agent: string, title: string): TemplateResult {
    const { requestId } = this.item;
    const state = this.context.record.answers.value.get(requestId);
    const part: AskContext = {
      id: `ask-${requestId}`,
      agent,
      sending: state?.state === 'sending',
      answer: (answer) => this.#answer(answer),
    };
    return html`<div class="approval-head">
        ${hand}
        <strong
          >${this.#kind === 'sign-in' ? 'Sign-in needed' : `${revealHidden(agent)} asks you`}</strong
        >
        <span class="approval-session truncate" title=${title}>${title}</span>
      </div>
      <div class="approval-asked">
        ${this.#message()}
        ${
          state?.state === 'failed'
            ? html`<p class="approval-error" role="alert">
                Your answer was not taken: ${state.error.message}
              </p>`
            : nothing
        }
      </div>
      <div class="approval-foot">${this.#part(part)}</div>`;
  }

  #message(): TemplateResult {
    const message = this.item.ask!.params['message'];
    return html`<p class="ask-message">
      ${revealHidden(typeof message === 'string' ? message : '')}
    </p>`;
  }

  #part(context: AskContext): TemplateResult {
    const { params } = this.item.ask!;
    if (this.#form) return this.#form.draw(context);
    return this.#kind === 'link' ? linkPart(params['url'], context) : signInPart(params, context);
  }

  /** One line: what became of it; what was asked is a click away. */
  #settled(): TemplateResult {
    const { resolution, ask } = this.item;
    const { optionId, by, reason, fields } = resolution!;
    const well = optionId !== undefined && optionId !== 'decline';
    const names = Array.isArray(fields) ? fields.map(String).join(', ') : '';
    const detail = [by && `by ${by}`, reason, names].filter(Boolean).join(' · ');
    const toggle = (): void => {
      this.#unfolded = !this.#unfolded;
      this.draw();
    };
    return html`<div class="approval-outcome ${well ? 'allowed' : 'denied'}" @click=${toggle}>
        ${well ? check : close}
        <strong>${this.#word(optionId)}</strong>
        <span class="by truncate">${revealHidden(detail)}</span>
        <span class="what truncate"></span>
        <button type="button" aria-label="What was asked" aria-expanded=${this.#unfolded}>
          ${chevron}
        </button>
      </div>
      ${
        this.#unfolded
          ? html`<div class="approval-asked">
              ${this.#message()}
              ${this.#kind === 'link' && isObject(ask!.params) ? linkAgain(ask!.params['url']) : nothing}
            </div>`
          : nothing
      }`;
  }

  #word(optionId: string | undefined): string {
    if (optionId === undefined) return 'Cancelled';
    if (optionId === 'decline') return 'Declined';
    if (this.#kind === 'form') return 'Answered';
    if (this.#kind === 'link') return 'Opened';
    const { methods } = readSignIn(this.item.ask!.params);
    const method = methods.find(({ id }) => `method:${id}` === optionId);
    return method ? `Sign in: ${revealHidden(method.name)}` : 'Started again';
  }

  #answer(answer: Answer): void {
    const { record } = this.context;
    act(this.element, (actions) => actions.answer(record.id, this.item.requestId, answer));
  }
}
