import { css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { toErrorInfo } from '../../../core/errors.ts';
import { cleanText } from '../../../core/text/sanitise.ts';
import type { EndpointId, EndpointView } from '../../store/endpoint-types.ts';
import { PROTOCOL_NAME } from '../endpoint.ts';
import '../endpoints/add-endpoint.ts';
import '../endpoints/edit-endpoint.ts';
import { endpointStyles } from '../endpoints/endpoint.styles.ts';
import { endpointLook } from '../endpoints/state.ts';
import * as icons from '../icons.ts';
import * as more from '../more-icons.ts';
import { act } from '../intent.ts';
import { ApDialog } from './dialog.ts';

type View =
  | { readonly name: 'list' }
  | { readonly name: 'add' }
  | { readonly name: 'edit' | 'remove'; readonly id: EndpointId };

const HEADINGS: Readonly<Record<View['name'], string>> = {
  list: 'Endpoints',
  add: 'Add endpoint',
  edit: 'Change endpoint',
  remove: 'Remove this endpoint?',
};

/**
 * Every server that this page speaks to: what it is, how it does, and how many sessions live there. Adds, changes,
 * unlocks and removes.
 *
 * @property adding - opens with the form for a new one
 * @fires ap-intent - all of that
 */
@customElement('ap-endpoints')
export class ApEndpoints extends ApDialog {
  static override styles = [
    ...ApDialog.styles,
    endpointStyles,
    css`
      dialog {
        --dialog-width: 38rem;
      }
      .rows {
        display: grid;
        gap: 8px;
      }
      .row {
        display: grid;
        grid-template-columns: 16px minmax(0, 1fr) auto;
        gap: 2px 10px;
        padding: 10px 8px 10px 12px;
        border: 1px solid var(--ap-border);
        border-radius: var(--ap-radius-m);
      }
      .glyph {
        display: grid;
        height: 20px;
        place-items: center;
        color: var(--ap-gray);
      }
      .good .glyph {
        color: var(--ap-green);
      }
      .busy .glyph {
        color: var(--ap-amber);
      }
      .bad .glyph,
      .bad .word {
        color: var(--ap-red);
      }
      .words {
        display: grid;
        gap: 1px;
        min-width: 0;
      }
      h3 {
        font-size: 0.875rem;
        font-weight: 600;
        line-height: 20px;
      }
      .words p {
        font-size: 0.78125rem;
        line-height: 1.45;
        color: var(--ap-text-muted);
        overflow-wrap: anywhere;
      }
      .tools {
        display: flex;
        gap: 2px;
      }
      .unlock {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        align-items: end;
        padding: 12px;
        margin-bottom: 12px;
        background: var(--ap-bg-sunken);
        border: 1px solid var(--ap-border);
        border-radius: var(--ap-radius-m);
      }
      .unlock .field {
        flex: 1 1 14rem;
      }
      .unlock .problem {
        flex-basis: 100%;
      }
      .sure {
        font-size: var(--ap-size-s);
        line-height: var(--ap-line);
        color: var(--ap-text-muted);
        overflow-wrap: anywhere;
      }
      .sure strong {
        color: var(--ap-text);
      }
    `,
  ];

  @property({ attribute: false }) adding = false;
  @state() private view: View = { name: 'list' };
  @state() private passphrase = '';
  @state() private busy = false;
  @state() private failure = '';

  override willUpdate(): void {
    if (!this.hasUpdated && this.adding) this.view = { name: 'add' };
  }

  protected get heading(): string {
    return HEADINGS[this.#shown().name];
  }

  /** What was being changed may be gone: another tab removed it. */
  #shown(): View {
    const { view } = this;
    return 'id' in view && !this.#find(view.id) ? { name: 'list' } : view;
  }

  #find(id: EndpointId): EndpointView | undefined {
    return this.store.endpoints.value.find((endpoint) => endpoint.id === id);
  }

  protected override body() {
    const view = this.#shown();
    switch (view.name) {
      case 'add':
        return html`<ap-add-endpoint
          .back=${!this.adding}
          .known=${this.store.endpoints.value}
          @ap-done=${this.adding ? this.hide : this.#list}
        ></ap-add-endpoint>`;
      case 'edit':
        return html`<ap-edit-endpoint
          .endpoint=${this.#find(view.id)!}
          @ap-done=${this.#list}
        ></ap-edit-endpoint>`;
      case 'remove':
        return this.#removal(this.#find(view.id)!);
      case 'list':
        return this.#all();
    }
  }

  protected override foot() {
    if (this.#shown().name !== 'list') return nothing;
    return html`<div class="foot">
      <button class="button primary" @click=${() => this.#go({ name: 'add' })}>
        ${icons.plus} Add endpoint
      </button>
    </div>`;
  }

  #all() {
    const endpoints = this.store.endpoints.value;
    return html`<div class="body">
      ${endpoints.some(({ locked }) => locked) ? this.#unlock() : nothing}
      ${
        endpoints.length === 0
          ? html`<p class="sure">
              None yet. An endpoint is a server that Aperture connects to: its own gateway, an ACP
              server, or one of several kinds of chat server.
            </p>`
          : html`<ul class="rows">
              ${endpoints.map((endpoint) => this.#row(endpoint))}
            </ul>`
      }
    </div>`;
  }

  #row(endpoint: EndpointView) {
    const { id, name, url, protocol } = endpoint;
    const look = endpointLook(endpoint);
    return html`<li class="row ${look.kind}" data-endpoint-id=${id}>
      <span class="glyph">${look.glyph}</span>
      <div class="words">
        <h3 class="truncate">${name}</h3>
        <p>${PROTOCOL_NAME[protocol]} · <span class="mono">${url}</span></p>
        <p>
          <span class="word">${look.word}</span> · ${sessionsIn(this.#count(id))}
          ${endpoint.policy.auth === 'query' ? html`· token in the address` : nothing}
        </p>
        ${look.trouble ? html`<p>${cleanText(look.trouble)}</p>` : nothing}
      </div>
      <div class="tools">
        <button
          class="icon-button"
          aria-label=${`Change ${name}`}
          title="Change"
          @click=${() => this.#go({ name: 'edit', id })}
        >
          ${icons.pencil}
        </button>
        <button
          class="icon-button"
          aria-label=${`Remove ${name}`}
          title="Remove"
          @click=${() => this.#go({ name: 'remove', id })}
        >
          ${more.trash}
        </button>
      </div>
    </li>`;
  }

  #unlock() {
    return html`<form class="unlock" @submit=${this.#open}>
      <div class="field">
        <label class="label" for="unlock">Passphrase of the locked tokens</label>
        <input
          id="unlock"
          class="input"
          type="password"
          autocomplete="current-password"
          aria-invalid=${this.failure ? 'true' : nothing}
          .value=${this.passphrase}
          @input=${(event: Event) => {
            this.passphrase = (event.target as HTMLInputElement).value;
            this.failure = '';
          }}
        />
      </div>
      <button class="button" ?disabled=${this.busy}>${this.busy ? 'Unlocking…' : 'Unlock'}</button>
      ${this.failure ? html`<p class="problem" role="alert">${this.failure}</p>` : nothing}
    </form>`;
  }

  #removal({ id, name, protocol }: EndpointView) {
    const count = this.#count(id);
    return html`<div class="body">
        <p class="sure">
          <strong>${name}</strong> is forgotten here, with its token
          ${
            count > 0
              ? html` and the local copies of its <strong>${sessionsIn(count)}</strong>`
              : nothing
          }.
          ${
            protocol === 'aperture'
              ? 'The sessions go on at the gateway; add it again to see them.'
              : 'What its server keeps is not touched. What only this page has is gone.'
          }
        </p>
      </div>
      <div class="foot">
        ${this.failure ? html`<p class="problem" role="alert">${this.failure}</p>` : nothing}
        <button class="button quiet" @click=${this.#list}>Keep it</button>
        <button class="button danger" ?disabled=${this.busy} @click=${() => this.#remove(id)}>
          ${this.busy ? 'Removing…' : 'Remove endpoint'}
        </button>
      </div>`;
  }

  #count(id: EndpointId): number {
    return this.store.sessions.value.filter((record) => record.endpoint.value === id).length;
  }

  #go(view: View): void {
    this.view = view;
    this.failure = '';
    if (view.name === 'list' || view.name === 'remove') void this.#toHeading();
  }

  /** Whoever came by keys goes on from the new heading. */
  async #toHeading(): Promise<void> {
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('#heading')?.focus();
  }

  #list = (): void => this.#go({ name: 'list' });

  #open = (event: Event): Promise<void> => {
    event.preventDefault();
    return this.#try(async () => {
      const { passphrase } = this;
      const opened = await act(this, (actions) => actions.unlockEndpoints(passphrase));
      this.passphrase = '';
      if (opened === 0) this.failure = 'This passphrase opens none of them.';
    });
  };

  #remove(id: EndpointId): Promise<void> {
    return this.#try(async () => {
      await act(this, (actions) => actions.removeEndpoint(id));
      this.#list();
    });
  }

  async #try(work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.failure = '';
    try {
      await work();
    } catch (error) {
      this.failure = toErrorInfo(error).message;
    } finally {
      this.busy = false;
    }
  }
}

const sessionsIn = (count: number): string =>
  count === 0 ? 'no sessions' : count === 1 ? '1 session' : `${count} sessions`;

declare global {
  interface HTMLElementTagNameMap {
    'ap-endpoints': ApEndpoints;
  }
}
