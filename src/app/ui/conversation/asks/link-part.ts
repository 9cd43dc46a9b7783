import { html, nothing, type TemplateResult } from 'lit';
import { readLink } from '../../../../core/elicitation/link.ts';
import { confirmCopied, copyText } from '../clipboard.ts';
import type { AskContext } from './ask-card.ts';

/** Where it leads is shown in full, and nothing is opened but by a click (R68). */
export function linkPart(url: unknown, context: AskContext): TemplateResult {
  const { sending, answer } = context;
  const link = readLink(url);
  const other = html`<button
      type="button"
      class="button"
      ?disabled=${sending}
      @click=${() => answer('decline')}
    >
      Decline
    </button>
    <button
      type="button"
      class="button quiet"
      ?disabled=${sending}
      @click=${() => answer(undefined)}
    >
      Dismiss
    </button>`;
  if ('problem' in link) {
    return html`<p class="approval-error">This link cannot be opened, because ${link.problem}.</p>
      <div class="approval-options">${other}</div>`;
  }
  return html`<p class="ask-link">
      <strong class="ask-host">${link.host}</strong>
      <span class="ask-url">${link.href}</span>
    </p>
    ${
      link.safe
        ? nothing
        : html`<p class="approval-error">
            This address is not encrypted (no https): anybody between here and ${link.host} can read
            and change what you see there. If you trust it all the same, copy it and open it
            yourself.
          </p>`
    }
    <div class="approval-options">
      ${
        link.safe
          ? html`<a
              class="button primary"
              href=${link.href}
              target="_blank"
              rel="noopener noreferrer"
              @click=${() => !sending && answer('accept')}
              >Open ${link.host}</a
            >`
          : html`<button
                type="button"
                class="button"
                @click=${(event: Event) => copy(event, link.href)}
              >
                Copy address
              </button>
              <button
                type="button"
                class="button"
                ?disabled=${sending}
                @click=${() => answer('accept')}
              >
                I have opened it
              </button>`
      }
      ${other}
    </div>`;
}

/** Of a request that is settled: a tab that was closed can be opened again. */
export function linkAgain(url: unknown): TemplateResult {
  const link = readLink(url);
  if ('problem' in link) return html``;
  return html`<p class="ask-link">
    ${
      link.safe
        ? html`<a href=${link.href} target="_blank" rel="noopener noreferrer">${link.host}</a>`
        : html`<strong>${link.host}</strong>`
    }
    <span class="ask-url">${link.href}</span>
  </p>`;
}

/** Copies a text, and says on the button whether it did. */
export function copy(event: Event, text: string): void {
  const button = event.currentTarget as HTMLElement;
  void copyText(text).then((worked) => confirmCopied(button, worked));
}
