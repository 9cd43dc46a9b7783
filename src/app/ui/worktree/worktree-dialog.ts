import { html, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { toErrorInfo, type ErrorInfo } from '../../../core/errors.ts';
import { cleanText } from '../../../core/text/sanitise.ts';
import type { WorktreeState } from '../../../core/wire/worktree.ts';
import type { AtGateway } from '../../store/endpoint-types.ts';
import { isBusy } from '../../store/selectors.ts';
import type { SessionRecord } from '../../store/types.ts';
import { ApDialog } from '../dialogs/dialog.ts';
import * as sessionIcons from '../session-icons.ts';
import { act } from '../intent.ts';
import './file-change.ts';
import { worktreeStyles } from './worktree.styles.ts';
import { countOf, lossWords, standWords } from './words.ts';

type Work = 'read' | 'commit' | 'merge' | 'remove';

/**
 * The git worktree of a session: what changed in it, and what becomes of it. Nothing that is nowhere else is deleted
 * without having been named first.
 *
 * @property record - the session
 * @fires ap-intent - reads, commits, merges, removes
 */
@customElement('ap-worktree')
export class ApWorktree extends ApDialog {
  static override styles = [...ApDialog.styles, worktreeStyles];

  protected readonly heading = 'Git worktree';
  @property({ attribute: false }) record!: SessionRecord;
  @state() private now: WorktreeState | undefined;
  @state() private working: Work | undefined;
  @state() private failure: ErrorInfo | undefined;
  @state() private done = '';
  @state() private message: string | undefined;
  /** A removal was refused for what would be lost; that is asked about now. */
  @state() private losing = false;
  #wasBusy = false;

  override firstUpdated(): void {
    super.firstUpdated();
    void this.#do('read', '');
  }

  override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    // What the agent did meanwhile is shown when it is done.
    const busy = isBusy(this.record);
    if (this.#wasBusy && !busy && !this.working) void this.#do('read', '');
    this.#wasBusy = busy;
  }

  protected override body() {
    const { now, failure } = this;
    const removed = this.record.summary.value.worktree?.removed;
    return html`<div class="body stack" aria-busy=${this.working !== undefined}>
      ${removed ? html`<p class="warn">It was removed. The session can be read, but does not go on.</p>` : nothing}
      ${now && !removed ? this.#state(now) : nothing}
      ${!now && !failure && !removed ? html`<p class="hint" role="status">Reading…</p>` : nothing}
      ${failure ? html`<p class="problem" role="alert">${cleanText(failure.message)}</p>` : nothing}
      ${this.losing && now ? this.#loss(now) : nothing}
      ${this.done ? html`<p class="done" role="status">${this.done}</p>` : nothing}
    </div>`;
  }

  #state(now: WorktreeState) {
    const { branch, base, current, path } = now;
    return html`<dl>
        <dt>Branch</dt>
        <dd>
          <span class="mono">${cleanText(branch)}</span>
          ${base === undefined ? nothing : html`<span>from ${cleanText(base)}</span>`}
        </dd>
        <dt>State</dt>
        <dd class="tnum">${standWords(now)}</dd>
        <dt>Directory</dt>
        <dd><span class="mono">${cleanText(path)}</span></dd>
      </dl>
      ${
        current === branch || now.missing
          ? nothing
          : html`<p class="warn">
              ${current === undefined ? 'No branch' : cleanText(current)} is checked out there now,
              not the worktree’s own.
            </p>`
      }
      ${now.missing ? html`<p class="warn">Its directory is gone.</p>` : nothing}
      ${now.missing ? nothing : this.#files(now)} ${now.uncommitted > 0 ? this.#commit() : nothing}`;
  }

  #files({ files, truncated, mark }: WorktreeState) {
    if (files.length === 0) return html`<p class="hint">No file differs from its base.</p>`;
    return html`<div>
      <h3>${countOf(files.length, 'file')}${truncated ? ' and more' : ''} changed</h3>
      ${repeat(
        files,
        (file) => file.path,
        (file) =>
          html`<ap-file-change
            .session=${this.record.id}
            .file=${file}
            .mark=${mark}
          ></ap-file-change>`,
      )}
    </div>`;
  }

  #commit() {
    return html`<form class="row" @submit=${this.#committing}>
      <input
        class="input"
        aria-label="Commit message"
        maxlength="4000"
        autocomplete="off"
        .value=${this.message ?? this.record.title.value}
        @input=${(event: Event) => (this.message = (event.target as HTMLInputElement).value)}
      />
      <button class="button" ?disabled=${this.#cannot()}>
        ${this.working === 'commit' ? 'Committing…' : 'Commit all'}
      </button>
    </form>`;
  }

  #loss(now: WorktreeState) {
    return html`<div class="warn" role="alert">
      ${lossWords(now)}
      <div class="row">
        <button class="button" @click=${() => (this.losing = false)}>Keep it</button>
        <button
          class="button danger"
          ?disabled=${this.#cannot()}
          @click=${() => this.#do('remove', 'Removed.', now.mark)}
        >
          Discard and remove
        </button>
      </div>
    </div>`;
  }

  protected override foot() {
    const { now, working } = this;
    const removed = this.record.summary.value.worktree?.removed;
    if (removed) return nothing;
    const base = now?.base;
    return html`<div class="foot">
      <span class="hint" style="flex: 1">
        ${isBusy(this.record) ? 'The agent is working in it.' : nothing}
      </span>
      <button
        class="icon-button"
        aria-label="Read again"
        ?disabled=${working !== undefined}
        @click=${() => this.#do('read', '')}
      >
        ${sessionIcons.refresh}
      </button>
      <button
        class="button danger"
        ?disabled=${this.#cannot() || this.losing}
        @click=${() => this.#do('remove', 'Removed.')}
      >
        ${working === 'remove' ? 'Removing…' : 'Remove worktree'}
      </button>
      <button
        class="button primary"
        ?disabled=${working !== undefined || !now || now.missing || now.ahead === 0 || !base}
        @click=${() => this.#do('merge', `Merged into ${base}.`)}
      >
        ${working === 'merge' ? 'Merging…' : base ? `Merge back into ${cleanText(base)}` : 'Merge back'}
      </button>
    </div>`;
  }

  /** What changes files under the agent's hands waits until it is done. */
  #cannot(): boolean {
    return this.working !== undefined || isBusy(this.record);
  }

  #committing = (event: Event): void => {
    event.preventDefault();
    void this.#do('commit', 'Committed.');
  };

  /** One thing at a time; what came of it is shown, and the state that it led to. */
  async #do(work: Work, done: string, discard?: string): Promise<void> {
    if (this.working) return;
    this.working = work;
    this.failure = undefined;
    this.done = '';
    this.losing = false;
    const { id } = this.record;
    try {
      const gateway = await act(this, (actions) => actions.atGateway());
      try {
        const state = await this.#ask(gateway, work, discard);
        if (state) this.now = state;
        if (work === 'commit') this.message = undefined;
        this.done = done;
        if (work === 'remove') this.hide();
      } catch (error) {
        this.failure = toErrorInfo(error);
        if (work === 'read') return;
        // It may have been refused for what has changed since it was read.
        this.now = await gateway.worktree(id).catch(() => this.now);
        this.losing = work === 'remove' && LOSSES.has(this.failure.code);
      }
    } catch (error) {
      this.failure = toErrorInfo(error);
    } finally {
      this.working = undefined;
    }
  }

  #ask(gateway: AtGateway, work: Work, discard?: string): Promise<WorktreeState | void> {
    const { id, title } = this.record;
    if (work === 'read') return gateway.worktree(id);
    if (work === 'commit') return gateway.commitWorktree(id, this.message ?? title.peek());
    if (work === 'merge') return gateway.mergeWorktree(id);
    return gateway.removeWorktree(id, discard);
  }
}

/** Refusals that mean that something would be lost. */
const LOSSES: ReadonlySet<string> = new Set([
  'uncommitted',
  'unmerged',
  'submodules',
  'worktree_changed',
]);

declare global {
  interface HTMLElementTagNameMap {
    'ap-worktree': ApWorktree;
  }
}
