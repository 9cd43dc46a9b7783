import { ApertureError, toErrorInfo } from '../../core/errors.ts';
import type { SessionId } from '../../core/ids.ts';
import type { ApertureClient } from '../client/aperture-client.ts';
import { isRefusal } from '../client/gateway-api.ts';
import type { EndpointEntry } from './endpoint-entry.ts';
import type { EndpointId } from './endpoint-types.ts';
import type { Endpoints } from './endpoints.ts';
import type { Drivers } from './drivers.ts';
import type { SessionEntry } from './record.ts';
import type { Sessions } from './sessions.ts';
import type { StoreState } from './state.ts';
import type { Toasts } from './toasts.ts';

export interface ConnectorParts {
  state: StoreState;
  sessions: Sessions;
  endpoints: Endpoints;
  client: ApertureClient;
  /** Fetched for the first session that only one tab may be connected to. */
  drivers: () => Promise<Drivers>;
  toasts: Toasts;
  signal: AbortSignal;
}

/** Errors that a new token, a free place or another try does away with. */
const recoverable = (code: string): boolean =>
  isRefusal(code) || code === 'connection_limit' || code === 'adapter_missing' || code === 'locked';

/** Which sessions are connected and when; what has to be there first: history, adapter, the right to drive it. */
export class Connector {
  readonly #parts: ConnectorParts;

  constructor(parts: ConnectorParts) {
    this.#parts = parts;
  }

  /** Why this session cannot be connected, however hard one tries; undefined if it can. */
  obstacle(entry: SessionEntry): ApertureError | undefined {
    const endpoint = this.#parts.endpoints.get(entry.endpoint);
    if (entry.gone || !endpoint) {
      return new ApertureError(
        'local_copy',
        'This session is a local copy: no server has it, so nobody can answer.',
      );
    }
    if (endpoint.locked) {
      return new ApertureError(
        'locked',
        `The token of “${endpoint.name}” is locked. Enter its passphrase to connect.`,
      );
    }
    if (endpoint.token === undefined) {
      return new ApertureError('no_token', `“${endpoint.name}” needs its token again. Enter it.`);
    }
    return undefined;
  }

  /** Connects unless it is; what fails is shown with the session. */
  connect(id: SessionId): void {
    const entry = this.#parts.state.entry(id);
    if (entry) void this.#connect(entry, 'asked');
  }

  /** Connects, also if another tab drives it: that one lets go (R64). */
  takeOver(id: SessionId): void {
    const entry = this.#parts.state.entry(id);
    if (entry) void this.#connect(entry, 'by force');
  }

  /** R18: looking at a disconnected session connects it. */
  connectIfIdle(id: SessionId | undefined): void {
    const entry = id === undefined ? undefined : this.#parts.state.entry(id);
    if (!entry || this.obstacle(entry)) return;
    const control = this.#parts.endpoints.get(entry.endpoint)?.control;
    if (control && control.state.status !== 'ready') return;
    if (entry.record.connection.peek().status === 'disconnected') this.connect(entry.id);
  }

  /**
   * Every session of an endpoint that may be live, as far as there is room: the viewed one first, then those at
   * work (R18).
   */
  async connectAll(endpoint: EndpointId): Promise<void> {
    const { state, sessions, client, signal } = this.#parts;
    const active = state.activeSessionId.peek();
    const rank = ({ id, record }: SessionEntry): number => {
      const { agentState } = record.summary.peek();
      return id === active ? 0 : agentState === 'starting' || agentState === 'ready' ? 1 : 2;
    };
    const waiting = state.entries
      .filter((entry) => entry.endpoint === endpoint && mayConnect(entry) && !this.obstacle(entry))
      .toSorted((a, b) => rank(a) - rank(b));
    for (const entry of waiting) {
      if (signal.aborted) return;
      await sessions.load(entry);
      if (client.hasRoom && state.entry(entry.id) === entry) void this.#connect(entry, 'if room');
    }
  }

  /** Sessions that cannot be connected before somebody does something say so; others stop saying it. */
  explain(endpoint: EndpointEntry): void {
    // A gateway's banner says it for all of its sessions.
    for (const entry of this.#parts.state.entries) {
      if (entry.endpoint !== endpoint.id || entry.gone) continue;
      const { connection } = entry.record;
      const now = connection.peek();
      const obstacle = this.obstacle(entry);
      const told = now.status === 'error' && OBSTACLES.has(now.error.code);
      const quiet = now.status === 'disconnected' || told;
      if (obstacle && quiet && (endpoint.locked || !endpoint.control)) {
        connection.value = { status: 'error', error: obstacle.toInfo() };
      } else if (!obstacle && told) {
        connection.value = { status: 'disconnected', reason: 'never' };
      }
    }
  }

  async #connect(entry: SessionEntry, how: 'asked' | 'if room' | 'by force'): Promise<void> {
    const { sessions, client, endpoints, drivers, state, toasts, signal } = this.#parts;
    const { id } = entry;
    const endpoint = endpoints.get(entry.endpoint);
    if (!endpoint || this.obstacle(entry)) return;
    entry.parked = false;
    let driver: Drivers | undefined;
    try {
      // The cached log first: it says from where to go on (R21, R28).
      await sessions.load(entry);
      const protocol = endpoints.loaded(endpoint) ?? (await part(endpoints.adapter(endpoint)));
      driver = protocol.shared ? undefined : await part(drivers());
      await driver?.drive(entry, how === 'by force');
      // A hibernated one comes back when somebody asks for it, not at another's cost.
      const full = how === 'if room' && !client.hasRoom && !client.isLive(id);
      if (full || signal.aborted || entry.parked || state.entry(id) !== entry) {
        driver?.let(entry);
        return;
      }
      await client.connectSession(id);
    } catch (error) {
      if (!client.isLive(id)) driver?.let(entry);
      if (signal.aborted || state.entry(id) !== entry) return;
      const told = toErrorInfo(error);
      // Of the viewed one, the note above its composer says it.
      if (told.code === 'connection_limit' && state.activeSessionId.peek() !== id) {
        toasts.show({ level: 'error', text: told.message });
      }
      const ours = error instanceof ApertureError && NOT_DIALLED.has(error.code);
      if (ours && !client.isLive(id)) client.failSession(id, error);
    }
  }
}

/** Waits for a part of the page. @throws ApertureError `adapter_missing`. */
async function part<T>(loading: Promise<T>): Promise<T> {
  try {
    return await loading;
  } catch (cause) {
    throw new ApertureError(
      'adapter_missing',
      'A part of this page that speaks with this kind of server could not be loaded. Retry, or reload the page.',
      { retryable: true, cause },
    );
  }
}

/** Errors of a session that was not even dialled. */
const NOT_DIALLED: ReadonlySet<string> = new Set(['adapter_missing', 'held_elsewhere']);
const OBSTACLES: ReadonlySet<string> = new Set(['locked', 'no_token']);

function mayConnect({ gone, parked, ending, record }: SessionEntry): boolean {
  const connection = record.connection.peek();
  const idle =
    (connection.status === 'disconnected' && connection.reason !== 'user') ||
    (connection.status === 'error' && recoverable(connection.error.code));
  return idle && !gone && !parked && !ending;
}
