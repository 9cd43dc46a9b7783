import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { ContentBlock } from '../../../../core/acp.ts';
import { isObject } from '../../../../core/json.ts';
import { cleanText } from '../../../../core/text/sanitise.ts';
import { close } from '../../icons.ts';
import { baseStyles } from '../../styles/shared.ts';
import { bytesOf, decodedSize, image, isModest, isPicture, kilobytes } from '../items/picture.ts';

/** The reader takes an attachment off; which one, by its place. */
export class DetachEvent extends Event {
  static readonly type = 'ap-detach';

  constructor(readonly index: number) {
    super(DetachEvent.type);
  }
}

/**
 * What is attached to a message, before it is in the transcript: pictures as thumbnails, files by name.
 *
 * @property blocks - what is attached
 * @property pending - files that are still being read
 * @property fixed - nothing can be taken off
 * @fires ap-detach - {@link DetachEvent}
 */
@customElement('ap-attachments')
export class ApAttachments extends LitElement {
  static override styles = [
    baseStyles,
    css`
      :host {
        display: block;
      }
      ul {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
        margin: 0;
        padding: 8px 10px 0;
        list-style: none;
      }
      :host([fixed]) ul {
        justify-content: flex-end;
        padding: 6px 0 0;
      }
      li {
        position: relative;
        display: flex;
        align-items: center;
        gap: 8px;
        max-width: 16rem;
        min-height: 44px;
        padding: 4px 8px;
        font-size: var(--ap-size-s);
        background: var(--ap-bg-sunken);
        border: 1px solid var(--ap-border);
        border-radius: var(--ap-radius-m);
      }
      .shown {
        padding: 2px;
      }
      img {
        display: block;
        width: auto;
        max-width: 5rem;
        height: 44px;
        object-fit: cover;
        border-radius: 6px;
      }
      .name {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      small {
        flex: none;
        color: var(--ap-text-faint);
      }
      button {
        display: grid;
        flex: none;
        place-items: center;
        width: 24px;
        height: 24px;
        padding: 0;
        color: var(--ap-text-muted);
        background: none;
        border: 0;
        border-radius: 50%;
        cursor: pointer;
      }
      button:hover {
        color: var(--ap-text);
        background: var(--ap-bg-hover);
      }
      @media (pointer: coarse) {
        button {
          width: 40px;
          height: 40px;
        }
      }
    `,
  ];

  @property({ attribute: false }) blocks: readonly ContentBlock[] = [];
  @property({ attribute: false }) pending = 0;
  @property({ type: Boolean, reflect: true }) fixed = false;
  /** Pictures are decoded once, however often this is drawn. */
  readonly #drawn = new WeakMap<ContentBlock, HTMLImageElement | undefined>();
  /** The focus goes on to what stands in the place of the removed one. */
  #removed: number | undefined;

  override render(): TemplateResult {
    return html`<ul aria-label="Attachments">
      ${this.blocks.map((block, index) => this.#item(block, index))}
      ${this.pending > 0 ? html`<li role="status">Reading…</li>` : nothing}
    </ul>`;
  }

  #item(block: ContentBlock, index: number): TemplateResult {
    const name = nameOf(block);
    const picture = this.#picture(block, name);
    return html`<li class=${picture ? 'shown' : ''} title=${name}>
      ${picture ?? html`<span class="name">${name}</span>`}
      <small>${kilobytes(sizeOf(block))}</small>
      ${
        this.fixed
          ? nothing
          : html`<button
              type="button"
              aria-label=${`Remove ${name}`}
              @click=${() => this.#remove(index)}
            >
              ${close}
            </button>`
      }
    </li>`;
  }

  #remove(index: number): void {
    this.#removed = index;
    this.dispatchEvent(new DetachEvent(index));
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (this.#removed === undefined || !changed.has('blocks')) return;
    const buttons = this.renderRoot.querySelectorAll('button');
    const next = buttons[Math.min(this.#removed, buttons.length - 1)];
    this.#removed = undefined;
    next?.focus();
  }

  #picture(block: ContentBlock, name: string): HTMLImageElement | undefined {
    if (block.type !== 'image' || !isPicture(block.mimeType)) return undefined;
    if (!this.#drawn.has(block)) {
      const bytes = bytesOf(block.data);
      const shown = bytes && isModest(bytes) ? image(bytes, block.mimeType, name) : undefined;
      this.#drawn.set(block, shown);
    }
    return this.#drawn.get(block);
  }
}

/** What an attachment is called. */
export function nameOf(block: ContentBlock): string {
  const meta: unknown = block._meta;
  const given = isObject(meta) ? meta['aperture/file'] : undefined;
  if (typeof given === 'string') return cleanText(given);
  const uri =
    block.type === 'image'
      ? block.uri
      : block.type === 'resource'
        ? block.resource.uri
        : block.type === 'resource_link'
          ? block.name
          : '';
  const last = uri?.split('/').at(-1) ?? '';
  try {
    return cleanText(decodeURIComponent(last)) || (block.type === 'image' ? 'Image' : 'File');
  } catch {
    return cleanText(last);
  }
}

function sizeOf(block: ContentBlock): number {
  if (block.type === 'image' || block.type === 'audio') return decodedSize(block.data);
  if (block.type === 'resource' && 'text' in block.resource) return block.resource.text.length;
  return block.type === 'text' ? block.text.length : 0;
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-attachments': ApAttachments;
  }
  interface HTMLElementEventMap {
    'ap-detach': DetachEvent;
  }
}
