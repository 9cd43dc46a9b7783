import type { ContentBlock } from '../../core/acp.ts';
import { ApertureError, toErrorInfo } from '../../core/errors.ts';
import type { SessionId } from '../../core/ids.ts';
import type { Answer } from '../../core/session/event.ts';
import { promptParts, withText } from '../../core/session/prompt.ts';
import type { ApertureClient } from '../client/aperture-client.ts';
import { NOTHING_COUNTED } from '../client/session-report.ts';
import type { SettingChange } from '../client/settings.ts';
import type { Connector } from './connector.ts';
import type { EndpointCommands } from './endpoint-commands.ts';
import type { ConnectionReport } from './endpoint-types.ts';
import type { Endpoints } from './endpoints.ts';
import type { Housekeeper } from './housekeeper.ts';
import type { Ingest } from './ingest.ts';
import type { SessionEntry } from './record.ts';
import type { Saver } from './saver.ts';
import type { SessionCommands } from './session-commands.ts';
import type { Sessions } from './sessions.ts';
import type { StoreState } from './state.ts';
import type { Toasts } from './toasts.ts';
import type { Actions, AnswerState, Settings, Toast } from './types.ts';

export interface ActionsParts {
  state: StoreState;
  sessions: Sessions;
  endpoints: Endpoints;
  /** Fetched when the user first does something with endpoints, or with sessions as a whole. */
  endpointCommands: () => Promise<EndpointCommands>;
  sessionCommands: () => Promise<SessionCommands>;
  connector: Connector;
  client: ApertureClient;
  ingest: Ingest;
  housekeeper: Housekeeper;
  saver: Saver;
  toasts: Toasts;
}

/** The only writers of the store (apart from what arrives). */
export class StoreActions implements Actions {
  readonly #parts: ActionsParts;

  constructor(parts: ActionsParts) {
    this.#parts = parts;
  }

  activate(id: SessionId): void {
    const { sessions, connector, housekeeper } = this.#parts;
    sessions.view(id);
    connector.connectIfIdle(id);
    const entry = this.#entry(id);
    if (entry) housekeeper.due(entry);
  }

  prepare(id: SessionId): void {
    const entry = this.#entry(id);
    if (entry) this.#parts.sessions.prepare(entry);
  }

  createSession: Actions['createSession'] = async (request) =>
    (await this.#parts.sessionCommands()).createSession(request);
  endSession: Actions['endSession'] = async (id) =>
    (await this.#parts.sessionCommands()).endSession(id);
  forgetSession: Actions['forgetSession'] = (id) =>
    this.#told(async () => (await this.#parts.sessionCommands()).forgetSession(id));
  renameSession: Actions['renameSession'] = (id, title) =>
    this.#told(async () => (await this.#parts.sessionCommands()).renameSession(id, title));

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

  sendPrompt(id: SessionId, text: string, attached: readonly ContentBlock[] = []): boolean {
    const { client, connector } = this.#parts;
    const entry = this.#entry(id);
    const prompt = withText(text, attached);
    if (!entry || prompt.length === 0) return false;
    try {
      const obstacle = connector.obstacle(entry) ?? this.#busy(entry);
      if (obstacle) throw obstacle;
      client.sendToSession(id, prompt, this.#whileBusy(entry));
    } catch (error) {
      // Nothing was taken, so the words stay where they were written.
      entry.record.draft.value = text;
      this.#fail(toErrorInfo(error).message);
      return false;
    }
    this.setDraft(id, '');
    const { status } = entry.record.connection.peek();
    if (status === 'disconnected' || status === 'error') this.connect(id);
    return true;
  }

  withdrawQueued(id: SessionId, key: string): void {
    const entry = this.#entry(id);
    const withdrawn = this.#parts.client.withdraw(id, key);
    if (!entry || withdrawn?.delivery.state !== 'queued' || entry.record.draft.peek() !== '')
      return;
    this.setDraft(id, promptParts(withdrawn.prompt).text);
  }

  editQueued(id: SessionId, key: string, text: string): void {
    const queued = this.#entry(id)
      ?.record.outbox.peek()
      .find((each) => each.key === key);
    const { attached } = promptParts(queued?.prompt ?? []);
    try {
      if (this.#parts.client.edit(id, key, withText(text, attached))) return;
      this.#fail('The message was sent already, so it could not be changed.');
    } catch (error) {
      this.#fail(toErrorInfo(error).message);
    }
  }

  keepFiles: Actions['keepFiles'] = async (id, attached) =>
    (await this.#parts.sessionCommands()).keepFiles(id, attached);
  keptFiles: Actions['keptFiles'] = async (id) =>
    (await this.#parts.sessionCommands()).keptFiles(id);

  moveQueued(id: SessionId, key: string, toIndex: number): void {
    this.#parts.client.moveQueued(id, key, toIndex);
  }

  steer(id: SessionId, key: string): void {
    this.#parts.client.steer(id, key);
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

  answer(id: SessionId, requestId: string, answer: Answer): void {
    void this.#answer(id, requestId, answer);
  }

  async #answer(id: SessionId, requestId: string, answer: Answer): Promise<void> {
    const entry = this.#entry(id);
    if (!entry || entry.record.answers.peek().get(requestId)?.state === 'sending') return;
    setAnswer(entry, requestId, { state: 'sending' });
    try {
      await this.#parts.client.answer(id, requestId, answer);
      this.#parts.ingest.catchUp(entry);
      setAnswer(entry, requestId, undefined);
    } catch (error) {
      // It stays pending, and says why (R56).
      setAnswer(entry, requestId, { state: 'failed', error: toErrorInfo(error) });
    }
  }

  setMode(id: SessionId, mode: string): Promise<void> {
    return this.#set(id, { mode });
  }

  setOption(id: SessionId, option: string, value: string | boolean): Promise<void> {
    return this.#set(id, { option, value });
  }

  async #set(id: SessionId, change: SettingChange): Promise<void> {
    const entry = this.#entry(id);
    if (!entry) return;
    await this.#told(async () => {
      await this.#parts.client.set(id, change);
      this.#parts.ingest.catchUp(entry);
    });
  }

  markUnread(id: SessionId): void {
    const entry = this.#entry(id);
    if (entry) this.#parts.sessions.markUnread(entry);
  }

  readOlder(id: SessionId): void {
    const entry = this.#entry(id);
    if (entry) void this.#parts.housekeeper.recall(entry);
  }

  retryNow(id: SessionId): void {
    const entry = this.#entry(id);
    if (!entry) return;
    const { status } = entry.record.connection.peek();
    if (status === 'reconnecting') this.#parts.client.retryNow(id);
    else this.connect(id);
  }

  connect(id: SessionId): void {
    this.#parts.connector.connect(id);
  }

  disconnect(id: SessionId): void {
    const entry = this.#entry(id);
    if (!entry) return;
    entry.parked = true;
    this.#parts.client.disconnectSession(id);
  }

  async setEndpoint(address: string, token: string, remember: boolean): Promise<void> {
    return (await this.#parts.endpointCommands()).setEndpoint(address, token, remember);
  }

  retryEndpoint(): void {
    for (const { control } of this.#parts.endpoints.all) void control?.refresh();
  }

  async refreshAgents(): Promise<void> {
    await this.#parts.endpoints.main?.control?.refreshAgents();
  }

  directories: Actions['directories'] = async (path, endpoint) =>
    (await this.#parts.sessionCommands()).directories(path, endpoint);
  agentsAt: Actions['agentsAt'] = async (endpoint) =>
    (await this.#parts.sessionCommands()).agentsAt(endpoint);
  atGateway: Actions['atGateway'] = async () => (await this.#parts.sessionCommands()).atGateway();

  probeEndpoint: Actions['probeEndpoint'] = async (address, token, signal) => {
    try {
      return await (await this.#parts.endpointCommands()).probeEndpoint(address, token, signal);
    } catch (error) {
      const { message } = toErrorInfo(error);
      return { url: address, proposals: [], trouble: { code: 'unreachable', message } };
    }
  };
  addEndpoint: Actions['addEndpoint'] = async (wanted) =>
    (await this.#parts.endpointCommands()).addEndpoint(wanted);
  changeEndpoint: Actions['changeEndpoint'] = async (id, patch) =>
    (await this.#parts.endpointCommands()).changeEndpoint(id, patch);
  removeEndpoint: Actions['removeEndpoint'] = async (id) =>
    (await this.#parts.endpointCommands()).removeEndpoint(id);
  unlockEndpoints: Actions['unlockEndpoints'] = async (words) =>
    (await this.#parts.endpointCommands()).unlockEndpoints(words);
  remoteSessions: Actions['remoteSessions'] = async (id) =>
    (await this.#parts.endpointCommands()).remoteSessions(id);

  takeOver(id: SessionId): void {
    this.#parts.connector.takeOver(id);
  }

  inspect(id: SessionId): ConnectionReport {
    const { client, endpoints } = this.#parts;
    const endpoint = this.#entry(id)?.endpoint;
    const protocol = endpoints.get(endpoint)?.protocol;
    return { ...(client.inspect(id) ?? NOTHING_COUNTED), endpoint, protocol };
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

  #concurrency(entry: SessionEntry) {
    return this.#parts.endpoints.get(entry.endpoint)?.policy.concurrency ?? 'ask';
  }

  /** Why a message is refused now, where its endpoint wants one at a time (R40). */
  #busy(entry: SessionEntry): ApertureError | undefined {
    if (this.#concurrency(entry) !== 'reject') return undefined;
    const { turn, outbox } = entry.record;
    const waits = outbox.peek().some(({ delivery }) => delivery.state !== 'refused');
    if (turn.peek().state === 'idle' && !waits) return undefined;
    return new ApertureError(
      'busy',
      'This session takes one message at a time, and one is under way. Send it when that is done, or stop it.',
      { retryable: true },
    );
  }

  #whileBusy(entry: SessionEntry): Settings['whileBusy'] {
    const concurrency = this.#concurrency(entry);
    if (concurrency === 'cancel-previous') return 'interrupt';
    return concurrency === 'ask' ? this.#parts.state.settings.peek().whileBusy : 'queue';
  }

  async #told(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#fail(toErrorInfo(error).message);
    }
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
