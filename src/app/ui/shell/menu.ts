import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { baseStyles } from '../styles/shared.ts';

export interface MenuItem {
  readonly label: string;
  readonly icon?: TemplateResult;
  readonly danger?: boolean;
  /** A line stands above it. */
  readonly divided?: boolean;
  readonly run: () => void;
}

const MARGIN = 8;

/**
 * A menu over the page (the top layer): closes by Escape, by a click elsewhere and after a choice, and
 * gives the focus back.
 */
@customElement('ap-menu')
export class ApMenu extends LitElement {
  static override styles = [
    baseStyles,
    css`
      :host {
        display: contents;
      }
      [popover] {
        position: fixed;
        inset: auto;
        min-width: 196px;
        max-width: min(20rem, calc(100vw - 16px));
        margin: 0;
        padding: 5px;
        color: var(--ap-text);
        background: var(--ap-bg-raised);
        border: 1px solid var(--ap-border-strong);
        border-radius: var(--ap-radius-m);
        box-shadow: var(--ap-shadow-2);
      }
      button {
        display: flex;
        align-items: center;
        gap: 9px;
        width: 100%;
        min-height: 32px;
        padding: 0 10px;
        font: inherit;
        font-size: var(--ap-size-s);
        text-align: left;
        color: inherit;
        background: none;
        border: 0;
        border-radius: var(--ap-radius-s);
        cursor: pointer;
      }
      button:hover,
      button:focus-visible {
        background: var(--ap-bg-hover);
        outline-offset: -2px;
      }
      button svg {
        color: var(--ap-text-muted);
      }
      .danger,
      .danger svg {
        color: var(--ap-red);
      }
      hr {
        margin: 5px 4px;
        border: 0;
        border-top: 1px solid var(--ap-border);
      }
      @media (pointer: coarse) {
        button {
          min-height: 44px;
        }
      }
    `,
  ];

  @state() private items: readonly MenuItem[] = [];
  @state() private label = '';
  #opener: HTMLElement | undefined;

  /** Opens at an element, with the focus on the first item. */
  async open(label: string, opener: HTMLElement, items: readonly MenuItem[]): Promise<void> {
    this.items = items;
    this.label = label;
    this.#opener = opener;
    await this.updateComplete;
    const popover = this.#popover();
    popover.showPopover();
    const at = opener.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = popover;
    const left = Math.max(MARGIN, Math.min(at.right - width, innerWidth - width - MARGIN));
    const below = at.bottom + 4;
    const top = below + height + MARGIN > innerHeight ? at.top - height - 4 : below;
    popover.style.left = `${left}px`;
    popover.style.top = `${Math.max(MARGIN, top)}px`;
    this.#buttons()[0]?.focus();
  }

  override render() {
    return html`<div popover="auto" role="menu" aria-label=${this.label} @keydown=${this.#key}>
      ${this.items.map(
        (item) => html`
          ${item.divided ? html`<hr role="separator" />` : nothing}
          <button
            role="menuitem"
            tabindex="-1"
            class=${item.danger ? 'danger' : ''}
            @click=${() => this.#choose(item)}
          >
            ${item.icon ?? nothing}${item.label}
          </button>
        `,
      )}
    </div>`;
  }

  #choose(item: MenuItem): void {
    this.#close();
    item.run();
  }

  #close(): void {
    this.#popover().hidePopover();
    this.#opener?.focus();
  }

  #key = (event: KeyboardEvent): void => {
    // The page's own keys rest while the menu is open.
    event.stopPropagation();
    const buttons = this.#buttons();
    const at = buttons.findIndex((button) => button.matches(':focus'));
    const last = buttons.length - 1;
    const to = {
      ArrowDown: at === last ? 0 : at + 1,
      ArrowUp: at <= 0 ? last : at - 1,
      Home: 0,
      End: last,
    }[event.key];
    if (event.key === 'Escape' || event.key === 'Tab') this.#close();
    else if (to !== undefined) buttons[to]?.focus();
    else return;
    event.preventDefault();
  };

  #buttons(): HTMLButtonElement[] {
    return [...this.renderRoot.querySelectorAll('button')];
  }

  #popover(): HTMLElement {
    return this.renderRoot.querySelector<HTMLElement>('[popover]')!;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-menu': ApMenu;
  }
}
