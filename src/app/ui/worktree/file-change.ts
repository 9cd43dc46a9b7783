import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { toErrorInfo } from '../../../core/errors.ts';
import type { SessionId } from '../../../core/ids.ts';
import { cleanText } from '../../../core/text/sanitise.ts';
import type { WorktreeDiff, WorktreeFile } from '../../../core/wire/worktree.ts';
import { drawDiff } from '../conversation/diff/diff-view.ts';
import { diffStyles } from '../conversation/styles/diff.ts';
import * as more from '../more-icons.ts';
import { act } from '../intent.ts';
import { baseStyles, buttonStyles } from '../styles/shared.ts';
import { fromPatch } from './from-patch.ts';
import { fileChangeStyles } from './worktree.styles.ts';

/**
 * One changed file of a worktree; its diff is asked for when it is unfolded.
 *
 * @property session - whose worktree it is
 * @property file - what changed
 * @property mark - the state that `file` is of: with another one, an unfolded diff is read again
 * @fires ap-intent - asks for the diff
 */
@customElement('ap-file-change')
export class ApFileChange extends LitElement {
  static override styles = [baseStyles, buttonStyles, diffStyles, fileChangeStyles];

  @property({ attribute: false }) session!: SessionId;
  @property({ attribute: false }) file!: WorktreeFile;
  @property({ attribute: false }) mark = '';
  @state() private open = false;
  @state() private diff: WorktreeDiff | undefined;
  @state() private drawn: HTMLElement | undefined;
  @state() private failure = '';
  #asked = '';

  override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    const wanted = `${this.mark} ${this.file.path}`;
    if (this.open && this.#asked !== wanted) void this.#read(wanted);
  }

  override render() {
    const { path, change, added, removed } = this.file;
    return html`<details ?open=${this.open} @toggle=${this.#toggled}>
      <summary>
        ${more.chevron}
        <span class="path mono">${cleanText(path)}</span>
        <span class="change">${change === 'changed' ? nothing : WORDS[change]}</span>
        ${
          added === undefined
            ? nothing
            : html`<span class="counts tnum"
                ><span class="plus">+${added}</span>
                <span class="minus">−${removed ?? 0}</span></span
              >`
        }
      </summary>
      ${this.open ? this.#body() : nothing}
    </details>`;
  }

  #body() {
    if (this.failure) return html`<p class="note" role="alert">${this.failure}</p>`;
    const { diff } = this;
    if (!diff) return html`<p class="note">Reading…</p>`;
    return html`${
      diff.binary
        ? html`<p class="note">Not shown: the file is not text.</p>`
        : html`<div class="diff-block">${this.drawn}</div>`
    }
    ${
      diff.truncated
        ? html`<p class="note">Only the beginning is shown: the file is very long.</p>`
        : nothing
    }`;
  }

  #toggled = (event: Event): void => {
    this.open = (event.target as HTMLDetailsElement).open;
  };

  async #read(wanted: string): Promise<void> {
    this.#asked = wanted;
    try {
      const gateway = await act(this, (actions) => actions.atGateway());
      const diff = await gateway.worktreeDiff(this.session, this.file.path);
      if (this.#asked !== wanted) return;
      this.failure = '';
      this.diff = diff;
      this.drawn = diff.binary ? undefined : drawDiff(fromPatch(diff.patch), cleanText);
    } catch (error) {
      if (this.#asked === wanted) this.failure = toErrorInfo(error).message;
    }
  }
}

const WORDS = { added: 'new', deleted: 'deleted', untracked: 'new, not committed' } as const;

declare global {
  interface HTMLElementTagNameMap {
    'ap-file-change': ApFileChange;
  }
}
