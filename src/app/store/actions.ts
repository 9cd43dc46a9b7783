import { ApertureError, toErrorInfo } from '../../core/errors.ts';
import type { SessionId } from '../../core/ids.ts';
import type { DirectoriesResponse, NewSessionRequest } from '../../core/wire/rest.ts';
import type { ApertureClient } from '../client/aperture-client.ts';
import { parseAddress } from './address.ts';
import type { EndpointControl } from './endpoint.ts';
import type { Ingest } from './ingest.ts';
import type { SessionEntry } from './record.ts';
import type { Saver } from './saver.ts';
import type { Sessions } from './sessions.ts';
import type { StoreState } from './state.ts';
import type { Toasts } from './toasts.ts';
import type { TokenKeeper } from './tokens.ts';
import type { Actions, AnswerState, Settings, Toast } from './types.ts';

export interface ActionsParts {
  state: StoreState;
  sessions: Sessions;
  endpoint: EndpointControl;
  client: ApertureClient;
  ingest: Ingest;
  saver: Saver;
  toasts: Toasts;
  tokens: TokenKeeper;
  /** Lets go of what lives on other gateways than `url`, and shows what is cached of this one. */
  moveTo: (url: string) => Promise<void>;
}

/** The only writers of the store (apart from what arrives). */
export class StoreActions implements Actions {
  readonly #parts: ActionsParts;

  constructor(parts: ActionsParts) {
    this.#parts = parts;
  }

  activate(id: SessionId): void {
    this.#parts.sessions.view(id);
    this.#connectIfIdle(id);
  }

  async createSession(request: NewSessionRequest): Promise<SessionId> {
    const { endpoint, sessions } = this.#parts;
    const { api } = endpoint;
    const summary = await api.create(request);
    const entry = sessions.add(summary, api.endpoint.url, 0);
    sessions.view(entry.id);
    this.connect(entry.id);
    return entry.id;
  }

  async endSession(id: SessionId): Promise<void> {
    const entry = this.#entry(id);
    if (!entry) return;
    if (!entry.gone && entry.endpoint !== undefined) {
      entry.ending = true;
      try {
        await this.#parts.endpoint.api.remove(id);
      } catch (error) {
        entry.ending = false;
        throw error;
      }
    }
    await this.forgetSession(id);
  }

  async forgetSession(id: SessionId): Promise<void> {
    const { sessions, state } = this.#parts;
    await sessions.remove(id);
    this.#connectIfIdle(state.activeSessionId.peek());
  }

  async renameSession(id: SessionId, title: string): Promise<void> {
    const { endpoint, saver } = this.#parts;
    const entry = this.#entry(id);
    const wanted = title.trim();
    if (!entry || wanted === '') return;
    const before = entry.record.title.peek();
    entry.record.title.value = wanted;
    saver.soon(entry);
    if (!this.#connectable(entry)) return;
    try {
      await endpoint.api.rename(id, wanted);
    } catch (error) {
      entry.record.title.value = before;
      throw error;
    }
  }

  moveSession(id: SessionId, toIndex: number): void {
    this.#parts.state.move(id, toIndex);
    this.#parts.sessions.saveOrder();
  }

  setDraft(id: SessionId, text: string): void {
    const entry = this.#entry(id);
    if (!entry || entry.record.draft.peek() === text) return;
    entry.record.draft.value = text;
    this.#parts.saver.soon(entry);
  }

  sendPrompt(id: SessionId, text: string): void {
    const { client, state } = this.#parts;
    const entry = this.#entry(id);
    if (!entry || text.trim() === '') return;
    if (!this.#connectable(entry)) {
      this.#fail('This session is a local copy: no gateway has it, so nobody can answer.');
      return;
    }
    try {
      client.sendToSession(id, [{ type: 'text', text }], state.settings.peek().whileBusy);
    } catch (error) {
      // Nothing was taken, so the words stay where they were written.
      entry.record.draft.value = text;
      this.#fail(toErrorInfo(error).message);
      return;
    }
    this.setDraft(id, '');
    const { status } = entry.record.connection.peek();
    if (status === 'disconnected' || status === 'error') this.connect(id);
  }

  withdrawQueued(id: SessionId, key: string): void {
    const entry = this.#entry(id);
    const withdrawn = this.#parts.client.withdraw(id, key);
    if (!entry || withdrawn?.delivery.state !== 'queued' || entry.record.draft.peek() !== '')
      return;
    const text = withdrawn.prompt
      .map((block) => (block.type === 'text' ? block.text : ''))
      .join('\n');
    this.setDraft(id, text);
  }

  editQueued(id: SessionId, key: string, text: string): void {
    try {
      if (this.#parts.client.edit(id, key, [{ type: 'text', text }])) return;
      this.#fail('The message was sent already, so it could not be changed.');
    } catch (error) {
      this.#fail(toErrorInfo(error).message);
    }
  }

  resend(id: SessionId, key: string): void {
    const { client } = this.#parts;
    if (!client.resend(id, key)) {
      this.#toast('info', 'The message is sent as soon as the session is connected.');
      this.retryNow(id);
    }
  }

  cancelTurn(id: SessionId): void {
    try {
      this.#parts.client.cancel(id);
    } catch (error) {
      this.#fail(toErrorInfo(error).message);
    }
  }

  answer(id: SessionId, requestId: string, optionId: string | undefined): void {
    void this.#answer(id, requestId, optionId);
  }

  async #answer(id: SessionId, requestId: string, optionId: string | undefined): Promise<void> {
    const entry = this.#entry(id);
    if (!entry || entry.record.answers.peek().get(requestId)?.state === 'sending') return;
    setAnswer(entry, requestId, { state: 'sending' });
    try {
      await this.#parts.client.answer(id, requestId, optionId);
      this.#parts.ingest.catchUp(entry);
      setAnswer(entry, requestId, undefined);
    } catch (error) {
      // It stays pending, and says why (R56).
      setAnswer(entry, requestId, { state: 'failed', error: toErrorInfo(error) });
    }
  }

  markUnread(id: SessionId): void {
    const entry = this.#entry(id);
    if (entry) this.#parts.sessions.markUnread(entry);
  }

  retryNow(id: SessionId): void {
    const entry = this.#entry(id);
    if (!entry) return;
    const { status } = entry.record.connection.peek();
    if (status === 'reconnecting') this.#parts.client.retryNow(id);
    else this.connect(id);
  }

  connect(id: SessionId): void {
    const { client, sessions } = this.#parts;
    const entry = this.#entry(id);
    if (!entry || !this.#connectable(entry)) return;
    entry.parked = false;
    // The cached log first: it says from where to go on (R21, R28).
    void sessions
      .load(entry)
      .then(() => client.connectSession(id))
      .catch((error: unknown) => {
        if (error instanceof ApertureError && error.code === 'connection_limit') {
          this.#fail(error.message);
        }
      });
  }

  disconnect(id: SessionId): void {
    const entry = this.#entry(id);
    if (!entry) return;
    entry.parked = true;
    this.#parts.client.disconnectSession(id);
  }

  async setEndpoint(address: string, token: string, remember: boolean): Promise<void> {
    const { endpoint, tokens, moveTo } = this.#parts;
    const parsed = parseAddress(address);
    const next = { url: parsed.url, token: token.trim() || (parsed.token ?? '') };
    if (next.token === '') {
      throw new ApertureError('unauthorized', 'Enter the token that the gateway printed.');
    }
    await endpoint.probe(next);
    await moveTo(next.url);
    tokens.keep(next, remember);
    await endpoint.use(next);
  }

  retryEndpoint(): void {
    void this.#parts.endpoint.refresh();
  }

  async refreshAgents(): Promise<void> {
    await this.#parts.endpoint.refreshAgents();
  }

  async directories(path?: string): Promise<DirectoriesResponse> {
    return this.#parts.endpoint.api.directories(path);
  }

  changeSettings(patch: Partial<Settings>): void {
    const { state, saver } = this.#parts;
    state.settings.value = { ...state.settings.peek(), ...patch };
    saver.meta('settings', state.settings.peek());
  }

  showToast(toast: Omit<Toast, 'id'>): void {
    this.#parts.toasts.show(toast);
  }

  dismissToast(id: string): void {
    this.#parts.toasts.dismiss(id);
  }

  #entry(id: SessionId): SessionEntry | undefined {
    return this.#parts.state.entry(id);
  }

  /** It lives on the gateway in use, as far as we know. */
  #connectable(entry: SessionEntry): boolean {
    return (
      !entry.gone && entry.endpoint !== undefined && entry.endpoint === this.#parts.endpoint.url
    );
  }

  /** R18: looking at a disconnected session connects it. */
  #connectIfIdle(id: SessionId | undefined): void {
    const entry = id === undefined ? undefined : this.#entry(id);
    if (!entry || !this.#connectable(entry)) return;
    const { status } = entry.record.connection.peek();
    const ready = this.#parts.state.endpoint.peek().status === 'ready';
    if (status === 'disconnected' && ready) this.connect(entry.id);
  }

  #fail(text: string): void {
    this.#toast('error', text);
  }

  #toast(level: Toast['level'], text: string): void {
    this.#parts.toasts.show({ level, text });
  }
}

function setAnswer(entry: SessionEntry, requestId: string, state: AnswerState | undefined): void {
  const answers = new Map(entry.record.answers.peek());
  if (state) answers.set(requestId, state);
  else answers.delete(requestId);
  entry.record.answers.value = answers;
}
