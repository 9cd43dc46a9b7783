import { css, html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import * as icons from '../icons.ts';
import * as more from '../more-icons.ts';
import { baseStyles, buttonStyles, fieldStyles } from '../styles/shared.ts';
import { EMPTY_SERVER, type McpDraft, type McpKind } from './mcp-server.ts';

/** An MCP server was changed, or removed. */
export class McpEvent extends Event {
  static readonly type = 'ap-mcp';

  constructor(readonly server: McpDraft | undefined) {
    super(McpEvent.type);
  }
}

type Pair = McpDraft['pairs'][number];

const KINDS: readonly McpKind[] = ['stdio', 'http', 'sse'];

const textOf = (event: Event): string => (event.target as HTMLInputElement).value;

/**
 * One MCP server as it is written down: how it is started, or its address; its variables or headers, whose values are
 * not shown.
 *
 * @property server - as it stands
 * @property number - its place, from 1
 * @property takes - what the agent takes beside stdio; undefined while that is not known
 * @fires ap-mcp - {@link McpEvent}
 */
@customElement('ap-mcp-server')
export class ApMcpServer extends LitElement {
  static override styles = [
    baseStyles,
    buttonStyles,
    fieldStyles,
    css`
      :host {
        display: block;
      }
      fieldset {
        display: grid;
        gap: 8px;
        min-width: 0;
        padding: 10px 12px 12px;
        margin: 0;
        border: 1px solid var(--ap-border);
        border-radius: var(--ap-radius-m);
      }
      .line {
        display: flex;
        gap: 6px;
        align-items: end;
      }
      .line > .field {
        flex: 1;
        min-width: 0;
      }
      .line > .kind {
        flex: none;
        width: 7rem;
      }
      textarea {
        min-height: 3.4em;
        resize: vertical;
      }
      .link-button {
        justify-self: start;
      }
    `,
  ];

  @property({ attribute: false }) server: McpDraft = EMPTY_SERVER;
  @property({ attribute: false }) number = 1;
  @property({ attribute: false }) takes: { http: boolean; sse: boolean } | undefined;

  /** Puts the caret into its name. */
  override focus(): void {
    void this.updateComplete.then(() => this.renderRoot.querySelector('input')?.focus());
  }

  override render() {
    const { server } = this;
    const title = `MCP server ${this.number}`;
    return html`<fieldset aria-label=${title}>
      <div class="line">
        ${this.#text('Name', `Name of ${title}`, server.name, (name) => this.#write({ name }))}
        ${this.#kind(title)}
        <button
          type="button"
          class="icon-button"
          aria-label=${`Remove ${server.name || title}`}
          @click=${() => this.dispatchEvent(new McpEvent(undefined))}
        >
          ${more.trash}
        </button>
      </div>
      ${server.kind === 'stdio' ? this.#stdio(title) : this.#address(title)}
      ${server.pairs.map((pair, at) => this.#pair(pair, at))}
      <button type="button" class="link-button" @click=${this.#addPair}>
        ${server.kind === 'stdio' ? 'Add a variable' : 'Add a header'}
      </button>
    </fieldset>`;
  }

  #kind(title: string) {
    const { kind } = this.server;
    const takes = (each: McpKind): boolean =>
      each === 'stdio' || each === kind || this.takes?.[each] === true;
    return html`<label class="field kind"
      ><span class="label">Kind</span
      ><select
        class="input"
        aria-label=${`Kind of ${title}`}
        @change=${(event: Event) => this.#write({ kind: textOf(event) as McpKind })}
      >
        ${KINDS.map(
          (each) =>
            html`<option value=${each} ?selected=${each === kind} ?disabled=${!takes(each)}>
              ${each}
            </option>`,
        )}
      </select></label
    >`;
  }

  #stdio(title: string) {
    const { command, args } = this.server;
    const write = (text: string): void => this.#write({ command: text });
    return html`${this.#text('Command', `Command of ${title}`, command, write)}
      <label class="field"
        ><span class="label">Arguments <span class="hint">one on a line</span></span
        ><textarea
          class="input"
          rows="2"
          aria-label=${`Arguments of ${title}, one on a line`}
          spellcheck="false"
          .value=${args}
          @input=${(event: Event) => this.#write({ args: textOf(event) })}
        ></textarea>
      </label>`;
  }

  #address(title: string) {
    return this.#text('Address', `Address of ${title}`, this.server.url, (url) =>
      this.#write({ url }),
    );
  }

  #text(label: string, name: string, value: string, write: (text: string) => void) {
    return html`<label class="field"
      ><span class="label">${label}</span
      ><input
        class="input"
        aria-label=${name}
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        .value=${value}
        @input=${(event: Event) => write(textOf(event))}
    /></label>`;
  }

  #pair(pair: Pair, at: number) {
    const { kind, pairs } = this.server;
    const noun = kind === 'stdio' ? 'variable' : 'header';
    const write = (patch: Partial<Pair>): void =>
      this.#write({ pairs: pairs.with(at, { ...pair, ...patch }) });
    return html`<div class="line">
      <input
        class="input"
        aria-label=${`Name of ${noun} ${at + 1}`}
        placeholder=${kind === 'stdio' ? 'API_KEY' : 'Authorization'}
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        .value=${pair.name}
        @input=${(event: Event) => write({ name: textOf(event) })}
      />
      <input
        class="input"
        type="password"
        aria-label=${`Value of ${noun} ${at + 1}`}
        placeholder="Value"
        autocomplete="off"
        .value=${pair.value}
        @input=${(event: Event) => write({ value: textOf(event) })}
      />
      <button
        type="button"
        class="icon-button"
        aria-label=${`Remove ${pair.name || `${noun} ${at + 1}`}`}
        @click=${() => this.#write({ pairs: pairs.toSpliced(at, 1) })}
      >
        ${icons.close}
      </button>
    </div>`;
  }

  #addPair = (): void => {
    this.#write({ pairs: [...this.server.pairs, { name: '', value: '' }] });
  };

  #write(patch: Partial<McpDraft>): void {
    this.dispatchEvent(new McpEvent({ ...this.server, ...patch }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-mcp-server': ApMcpServer;
  }
  interface HTMLElementEventMap {
    'ap-mcp': McpEvent;
  }
}
