import { SignalWatcher } from '@lit-labs/preact-signals';
import { signal } from '@preact/signals-core';
import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { SessionId } from '../../core/ids.ts';
import { nextNeedingAttention } from '../store/selectors.ts';
import type { Actions, SessionRecord, Settings, Store } from '../store/types.ts';
import { can } from './abilities.ts';
import { appStyles } from './app.styles.ts';
import { CommandEvent, type UiCommand } from './command-event.ts';
import { KeyController } from './controllers/keys.ts';
import { MountedList } from './controllers/mounted.ts';
import type { PaneController } from './controllers/panes.ts';
import { recall, remember } from './controllers/remembered.ts';
import { ScreenHistory } from './controllers/screen-history.ts';
import { keepTheme, recallTheme } from './controllers/theme.ts';
import type { ApConversation } from './conversation/conversation.ts';
import { IntentEvent } from './intent.ts';
import { DIALOGS, type DialogName } from './dialogs/lazy.ts';
import { isEnded, rowsOf } from './rows.ts';
import './sidebar/sidebar.ts';
import type { ApSidebar } from './sidebar/sidebar.ts';
import type { ApSessionHeader } from './stage/session-header.ts';
import { baseStyles } from './styles/shared.ts';
import { componentStyles } from './styles/sheets.ts';

/** Conversations that stay in the document (R34, R30). */
const MAX_MOUNTED = 10;
const NARROW = '(max-width: 719px)';

type Screen = 'list' | 'stage';

/** Commands that show a dialog of no session. */
const SHOWS: { readonly [command in UiCommand]?: DialogName } = {
  'session.new': 'new-session',
  'app.palette': 'palette',
  'app.help': 'help',
  'app.settings': 'settings',
  'endpoint.connect': 'connect',
  'app.endpoints': 'endpoints',
  'endpoint.add': 'add-endpoint',
};

/**
 * The page: sidebar and stage, the keys, the dialogs. Carries out the intents (`act()`) and commands
 * ({@link CommandEvent}) of everything inside it.
 *
 * @property store - what to show
 * @property actions - what can be done
 */
@customElement('ap-app')
export class ApApp extends SignalWatcher(LitElement) {
  static override styles = [baseStyles, appStyles];

  @property({ attribute: false }) store!: Store;
  @property({ attribute: false }) actions!: Actions;
  @state() private dialog: { name: DialogName; record?: SessionRecord } | undefined;
  @state() narrow = false;
  /** On a phone: which of the two screens. */
  @state() private screen: Screen = recall<Screen>('screen', 'list', 'sessionStorage');
  @query('ap-sidebar') private sidebar!: ApSidebar;
  @query('ap-session-header') private header!: ApSessionHeader | null;

  readonly #announcement = signal('');
  readonly mounted = new MountedList<SessionId>(MAX_MOUNTED);
  #panes: (() => Promise<PaneController | undefined>) | undefined;
  readonly #keys = new KeyController(this, {
    own: () => this.store.settings.peek().keys,
    paused: () => !this.store || this.dialog !== undefined,
    armed: async () => (await this.#panes?.())?.prepareAll(),
    run: (command) => void this.#run(new CommandEvent(command)),
  });
  #shown: SessionId | undefined;
  #outdated = false;
  /** Whether this browser showed a session when it was last looked. */
  #hadSessions = recall('sessions', false);
  /** What shows them was asked for. */
  #asked = false;
  #listening: AbortController | undefined;
  readonly #history = new ScreenHistory((stage) => {
    if (this.narrow) this.#setScreen(stage ? 'stage' : 'list');
  });
  #stopTheme: (() => void) | undefined;

  constructor() {
    super();
    recallTheme();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.addEventListener('ap-intent', this.#intent, { signal });
    this.addEventListener('ap-command', (event) => void this.#run(event), { signal });
    const media = matchMedia(NARROW);
    this.narrow = media.matches;
    media.addEventListener('change', () => (this.narrow = media.matches), { signal });
    this.#history.listen(signal);
    if (this.store) this.#stopTheme = keepTheme(this.store);
    this.#load(() => import('./rest.ts'));
    // Beside the rest, and not behind it.
    if (this.#hadSessions) this.#showSessions();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#listening?.abort();
    this.#stopTheme?.();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    this.classList.toggle('narrow', this.narrow);
    if (!this.store) return;
    if (changed.has('store')) {
      this.#stopTheme?.();
      this.#stopTheme = keepTheme(this.store);
    }
    const any = this.store.sessions.value.length > 0;
    if (any) this.#showSessions();
    if (this.store.started.value && any !== this.#hadSessions)
      remember('sessions', (this.#hadSessions = any));
    const viewed = this.store.activeSessionId.value;
    if (viewed === this.#shown) return;
    // On a phone: after a session has ended, the list says what is left, rather than another session.
    if (this.#shown !== undefined && !this.store.record(this.#shown)) this.#goTo('list');
    this.#shown = viewed;
  }

  override render() {
    const { store, narrow } = this;
    // The element is in the document before the composition root has made its store.
    if (!store) return nothing;
    const endpoint = store.endpoint.value;
    const sessions = store.sessions.value;
    // With another server to speak to, a gateway is no condition.
    const locked =
      (endpoint.status === 'unset' || endpoint.status === 'unauthorized') &&
      store.endpoints.value.every(({ protocol }) => protocol === 'aperture');
    const screen = store.activeSessionId.value === undefined ? 'list' : this.screen;
    const away = (which: Screen) => narrow && which !== screen;
    return html`
      ${
        narrow || store.activeSessionId.value === undefined
          ? nothing
          : html`<button class="skip" @click=${() => void this.#compose()}>
              Skip to the conversation
            </button>`
      }
      <ap-banners .store=${store}></ap-banners>
      ${
        locked && sessions.length === 0 && store.started.value
          ? html`<div class="page">${this.#lazy('connect-page')}</div>`
          : html`<ap-sidebar
                class=${away('list') ? 'away' : ''}
                role="navigation"
                aria-label="Sessions"
                .store=${store}
                .altHeld=${this.#keys.altHeld}
                .narrow=${narrow}
                ?inert=${away('list')}
              ></ap-sidebar>
              ${this.#stage(away('stage'))}`
      }
      <ap-toasts .store=${store}></ap-toasts>
      <ap-page-signs hidden .store=${store} .announce=${this.#announce}></ap-page-signs>
      <div class="vh" role="status" aria-live="polite">${this.#announcement.value}</div>
      <ap-menu></ap-menu>
      ${this.dialog ? this.#lazy(this.dialog.name) : nothing}
    `;
  }

  #stage(away: boolean) {
    const { store, narrow } = this;
    const record = this.#viewed();
    const viewed = record?.id;
    const mounted = this.mounted.update(viewed, (id) => store.record(id) !== undefined);
    const count = store.sessions.value.length;
    return html`<main class="stage ${away ? 'away' : ''}" ?inert=${away}>
      ${
        record
          ? html`<ap-session-header
              .record=${record}
              .store=${store}
              .narrow=${narrow}
            ></ap-session-header>`
          : nothing
      }
      <div class="panes">
        ${repeat(
          mounted,
          (id) => id,
          (id) =>
            html`<div
              class="pane ${id === viewed ? 'shown' : ''}"
              data-session-id=${id}
              aria-hidden=${id === viewed ? nothing : 'true'}
            >
              <ap-conversation
                .record=${store.record(id)!}
                .active=${id === viewed}
              ></ap-conversation>
            </div>`,
        )}
        ${record || !store.started.value ? nothing : this.#welcome(count)}
      </div>
    </main>`;
  }

  #welcome(count: number) {
    this.#load(() => import('./stage/welcome.ts'));
    return html`<ap-welcome .sessions=${count}></ap-welcome>`;
  }

  /** As soon as there is one, and not when it is opened: by then what serves the page may be away. */
  #showSessions(): void {
    if (this.#asked) return;
    this.#asked = true;
    this.#load(
      async () => (this.#panes = (await import('./sessions.ts')).panesLater(this)),
      () => (this.#asked = false),
    );
  }

  /** @param failed called when it is not to be had. */
  #load(part: () => Promise<unknown>, failed?: () => void): void {
    componentStyles()
      .then(part)
      .catch(() => {
        failed?.();
        this.#missing();
      });
  }

  /** An element whose code is loaded when it is first shown. */
  #lazy(name: DialogName) {
    const { load, draw } = DIALOGS[name];
    this.#load(load);
    return draw({ store: this.store, record: this.dialog?.record, closed: this.#closed });
  }

  /** A part of the page is not there: the files that it came from were replaced, or the gateway is away. */
  #missing = (): void => {
    // Too early to say so: what is needed is asked for again.
    if (this.#outdated || !this.actions) return;
    this.#outdated = true;
    this.dialog = undefined;
    this.actions.showToast({
      level: 'warning',
      text: 'A part of this page could not be loaded. If Aperture was updated, reload the page; nothing is lost.',
      action: { label: 'Reload', run: () => location.reload() },
    });
    // Told once for all that is missing at this moment; browsers try again only after a reload.
    setTimeout(() => (this.#outdated = false), 1_000);
  };

  #announce = (text: string): void => {
    this.#announcement.value = text;
  };

  #closed = (): void => {
    this.dialog = undefined;
  };

  #intent = (event: IntentEvent): void => {
    event.stopPropagation();
    event.handled = true;
    event.result = event.run(this.actions);
  };

  #viewed(): SessionRecord | undefined {
    const id = this.store.activeSessionId.peek();
    return id === undefined ? undefined : this.store.record(id);
  }

  /** Shows a session; a writer who was in one composer goes on in the other. */
  #open(id: SessionId): void {
    const writing = this.#inConversation();
    void this.#panes?.();
    this.actions.activate(id);
    this.#goTo('stage');
    if (writing) void this.#compose();
  }

  #inConversation(): boolean {
    return this.shadowRoot?.activeElement?.localName === 'ap-conversation';
  }

  /** Shows a session that needs its reader, and what it asks has the keys; unless a draft waits there. */
  async #attend(record: SessionRecord): Promise<void> {
    const writing = this.#inConversation();
    this.actions.activate(record.id);
    this.#goTo('stage');
    const pane = await this.#pane();
    // Another was opened meanwhile.
    if (this.#viewed() !== record) return;
    const asked = record.draft.peek().trim() === '' && (await pane?.focusApproval());
    if (!asked && writing) pane?.focusComposer();
  }

  #goTo(screen: Screen): void {
    this.#setScreen(screen);
    if (!this.narrow) return;
    if (screen === 'stage') this.#history.enter();
    else this.#history.leave();
  }

  /** A reload of the tab finds the same screen again. */
  #setScreen(screen: Screen): void {
    if (screen === this.screen) return;
    this.screen = screen;
    remember('screen', screen, 'sessionStorage');
  }

  #step(by: 1 | -1): void {
    const rows = rowsOf(this.store);
    const at = rows.findIndex((row) => row.id === this.#viewed()?.id);
    const next = at < 0 ? rows[0] : rows[(at + by + rows.length) % rows.length];
    if (next) this.#open(next.id);
  }

  #move(by: 1 | -1): void {
    const rows = rowsOf(this.store);
    const at = rows.findIndex((row) => row.id === this.#viewed()?.id);
    const [row, other] = [rows[at], rows[at + by]];
    // What has ended stays below.
    if (!row || !other || isEnded(row) !== isEnded(other)) return;
    this.actions.moveSession(row.id, this.store.sessions.peek().indexOf(other));
  }

  async #pane(): Promise<ApConversation | null> {
    await this.updateComplete;
    // Without a session its code need never come.
    if (this.#viewed()) await customElements.whenDefined('ap-conversation');
    const pane = this.renderRoot.querySelector<HTMLElement>('.pane.shown');
    // It may be a frame before that is taken back.
    if (pane) pane.inert = false;
    return pane?.querySelector('ap-conversation') ?? null;
  }

  async #compose(): Promise<void> {
    const pane = await this.#pane();
    if (pane) pane.focusComposer();
    else this.sidebar?.focusSearch();
  }

  #show(name: DialogName, record?: SessionRecord): void {
    this.dialog = { name, ...(record && { record }) };
  }

  async #menu(record: SessionRecord, from: HTMLElement): Promise<void> {
    await componentStyles();
    const [{ sessionMenu }] = await Promise.all([
      import('./session-menu.ts'),
      import('./shell/menu.ts'),
    ]);
    const fromRow = from.closest('.row') !== null;
    const rename = () => (fromRow ? this.sidebar.renameRow(record.id) : this.header?.rename());
    const items = sessionMenu(record, {
      actions: this.actions,
      rename: () => void this.updateComplete.then(rename),
      run: (command) => void this.#run(new CommandEvent(command, record.id)),
    });
    await this.renderRoot.querySelector('ap-menu')?.open(record.title.peek(), from, items);
  }

  async #run(event: CommandEvent): Promise<void> {
    const { actions } = this;
    const { command, sessionId } = event;
    const record = sessionId ? this.store.record(sessionId) : this.#viewed();
    const dialog = SHOWS[command];
    if (dialog) return this.#show(dialog);
    switch (command) {
      case 'session.next':
        return this.#step(1);
      case 'session.previous':
        return this.#step(-1);
      case 'session.up':
        return this.#move(-1);
      case 'session.down':
        return this.#move(1);
      case 'session.list':
        this.#goTo('list');
        await this.updateComplete;
        return this.sidebar?.focusRow();
      case 'session.search':
        this.#goTo('list');
        await this.updateComplete;
        return this.sidebar?.focusSearch();
      case 'session.compose':
        if (record && this.narrow) this.#goTo('stage');
        await this.updateComplete;
        return void this.#compose();
      case 'session.attention': {
        const next = nextNeedingAttention(this.store, this.#viewed()?.id);
        if (next) return this.#attend(next);
        this.#announcement.value = 'No other session needs you.';
        return;
      }
    }
    const theme = /^theme\.(.+)/.exec(command)?.[1] as Settings['theme'] | undefined;
    if (theme) return actions.changeSettings({ theme });
    if (/^session\.\d+$/.test(command)) {
      const row = rowsOf(this.store)[Number(command.slice(8)) - 1];
      return row && !isEnded(row) ? this.#open(row.id) : undefined;
    }
    if (!record) return;
    switch (command) {
      case 'session.open':
        return this.#open(record.id);
      case 'session.menu':
        return event.from && this.#menu(record, event.from);
      case 'session.rename':
        this.#goTo('stage');
        return this.header?.rename();
      case 'session.end':
        return this.#show('confirm-end', record);
      case 'session.inspect':
        return this.#show('inspector', record);
      case 'session.worktree':
        return this.#show('worktree', record);
      case 'session.cancel':
        if (can(record, 'cancel')) return actions.cancelTurn(record.id);
        this.#announcement.value = 'This kind of connection cannot stop a turn.';
        return;
      case 'session.unread':
        return actions.markUnread(record.id);
      case 'session.connect':
        return record.connection.peek().status === 'reconnecting'
          ? actions.retryNow(record.id)
          : actions.connect(record.id);
      case 'session.disconnect':
        return actions.disconnect(record.id);
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-app': ApApp;
  }
}
