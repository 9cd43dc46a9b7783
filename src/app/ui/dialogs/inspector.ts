import { css, html, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { cleanText } from '../../../core/text/sanitise.ts';
import type { ConnectionReport } from '../../store/endpoint-types.ts';
import type { SessionRecord } from '../../store/types.ts';
import { ticker } from '../controllers/ticker.ts';
import { endpointOf, PROTOCOL_NAME } from '../endpoint.ts';
import * as more from '../more-icons.ts';
import { act } from '../intent.ts';
import { statusLook } from '../status.ts';
import { formatElapsed } from '../time.ts';
import { ApDialog } from './dialog.ts';

type Row = readonly [label: string, value: string];

/**
 * One session's connection in numbers (R48): counted since the page was opened, read again every second.
 *
 * @property record - the session
 * @fires ap-intent - reads the report
 */
@customElement('ap-inspector')
export class ApInspector extends ApDialog {
  static override styles = [
    ...ApDialog.styles,
    css`
      dialog {
        --dialog-width: 42rem;
      }
      .title {
        padding-bottom: 12px;
        font-size: var(--ap-size-s);
        color: var(--ap-text-muted);
      }
      dl {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr));
        gap: 0 28px;
      }
      dl > div {
        display: flex;
        gap: 12px;
        align-items: baseline;
        justify-content: space-between;
        min-height: 28px;
        padding: 4px 0;
        font-size: var(--ap-size-s);
        border-top: 1px solid var(--ap-border);
      }
      dt {
        flex: none;
        color: var(--ap-text-muted);
      }
      dd {
        min-width: 0;
        text-align: right;
        overflow-wrap: anywhere;
      }
      h3 {
        padding: 16px 0 6px;
        font-size: var(--ap-size-s);
        font-weight: 600;
      }
      pre {
        max-height: 15rem;
        margin: 0;
        padding: 10px 12px;
        overflow: auto;
        font: 0.71875rem/1.6 var(--ap-mono);
        white-space: pre-wrap;
        overflow-wrap: anywhere;
        color: var(--ap-text);
        background: var(--ap-code-bg);
        border: 1px solid var(--ap-border);
        border-radius: var(--ap-radius-m);
      }
    `,
  ];

  protected readonly heading = 'Connection details';
  @property({ attribute: false }) record!: SessionRecord;
  @state() private copied = false;
  #followed = true;

  protected override body() {
    // Once a second: the report does not tell when it changes.
    void ticker.value;
    const report = this.#read();
    return html`<div class="body">
      <p class="title truncate">${this.record.title.value}</p>
      <dl class="tnum">
        ${this.#rows(report).map(
          ([label, value]) =>
            html`<div>
              <dt>${label}</dt>
              <dd>${value}</dd>
            </div>`,
        )}
      </dl>
      <h3 id="log-label">Log</h3>
      ${
        report.log.length === 0
          ? html`<p class="hint">Nothing was written yet.</p>`
          : html`<pre tabindex="0" aria-labelledby="log-label">${logOf(report)}</pre>`
      }
    </div>`;
  }

  protected override foot() {
    return html`<div class="foot">
      <span class="hint" style="flex: 1">Counted since this page was opened.</span>
      <button class="button" @click=${this.#copy}>
        ${this.copied ? more.check : more.copy} ${this.copied ? 'Copied' : 'Copy all'}
      </button>
    </div>`;
  }

  override willUpdate(): void {
    // Whoever scrolled up to read is left there.
    const log = this.renderRoot.querySelector('pre');
    if (log) this.#followed = log.scrollHeight - log.scrollTop - log.clientHeight < 24;
  }

  override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    const log = this.renderRoot.querySelector('pre');
    if (log && this.#followed) log.scrollTop = log.scrollHeight;
  }

  #read(): ConnectionReport {
    return act(this, (actions) => actions.inspect(this.record.id));
  }

  #rows(report: ConnectionReport): Row[] {
    const { record, store } = this;
    const endpoint = endpointOf(store, record);
    const { protocol, turns } = report;
    const now = Date.now();
    const ignored = Object.entries(report.ignored).filter(([, count]) => count > 0);
    return [
      ['State', statusLook(record).word],
      ['Connection', report.connectionId ?? 'none'],
      ['Endpoint', endpoint?.name ?? report.endpoint ?? 'none'],
      ['Protocol', protocol ? `${PROTOCOL_NAME[protocol]} (${protocol})` : 'none'],
      ['Connected for', since(report.connectedSince, now, 'not connected')],
      ['Last frame', since(report.lastFrameAt, now, 'none yet', ' ago')],
      ['Round trip', report.roundTrip === undefined ? 'not measured' : duration(report.roundTrip)],
      ['Attempts', String(report.attempts)],
      ['Reconnects', String(report.reconnects)],
      ['Events in', String(report.eventsIn)],
      ['Prompts out', String(report.promptsOut)],
      ['Cancels', String(report.cancels)],
      [
        'Turns',
        turns.count === 0
          ? 'none'
          : `${turns.count}, median ${duration(turns.median)}, longest ${duration(turns.longest)}`,
      ],
      [
        'Ignored',
        ignored.length === 0
          ? 'nothing'
          : ignored.map(([why, count]) => `${count} × ${why.replaceAll('_', ' ')}`).join(', '),
      ],
    ];
  }

  #copy = async (): Promise<void> => {
    const report = this.#read();
    const lines = this.#rows(report).map(([label, value]) => `${label}: ${value}`);
    const text = [`Session: ${this.record.id}`, ...lines, '', logOf(report)].join('\n');
    await navigator.clipboard?.writeText(text);
    this.copied = true;
  };
}

const logOf = ({ log }: ConnectionReport): string => log.map(cleanText).join('\n');

/** `820 ms`, `4.2 s`, `1:02:09`. */
function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : formatElapsed(ms);
}

function since(at: number | undefined, now: number, without: string, after = ''): string {
  return at === undefined ? without : `${formatElapsed(now - at)}${after}`;
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-inspector': ApInspector;
  }
}
