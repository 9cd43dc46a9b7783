import type { ContentBlock } from '../../core/acp.ts';
import { ApertureError } from '../../core/errors.ts';
import type { SessionId } from '../../core/ids.ts';
import type { AgentsResponse, DirectoriesResponse } from '../../core/wire/rest.ts';
import type { GatewayApi } from '../client/gateway-api.ts';
import { create, directories, remove, rename } from '../client/gateway-changes.ts';
import { GatewayWork } from './at-gateway.ts';
import type { Connector } from './connector.ts';
import type { EndpointCommands } from './endpoint-commands.ts';
import type { EndpointEntry } from './endpoint-entry.ts';
import type { AtGateway, EndpointId, NewSessionAt } from './endpoint-types.ts';
import type { Endpoints } from './endpoints.ts';
import { keepFiles, keptFiles } from './persistence/draft-files.ts';
import type { SessionEntry } from './record.ts';
import type { Saver } from './saver.ts';
import type { Sessions } from './sessions.ts';
import type { StoreState } from './state.ts';

export interface SessionCommandsParts {
  state: StoreState;
  sessions: Sessions;
  endpoints: Endpoints;
  connector: Connector;
  saver: Saver;
  /** Fetched when the user first does something with endpoints. */
  endpointCommands: () => Promise<EndpointCommands>;
}

/** What the user does with sessions as a whole, and what is asked of a gateway for it. Not part of the first load. */
export class SessionCommands {
  readonly #parts: SessionCommandsParts;

  constructor(parts: SessionCommandsParts) {
    this.#parts = parts;
  }

  async createSession(request: NewSessionAt): Promise<SessionId> {
    const { endpoints, sessions, saver, connector, endpointCommands } = this.#parts;
    const endpoint = endpoints.get(request.endpoint) ?? endpoints.main ?? endpoints.all[0];
    if (!endpoint || (request.endpoint !== undefined && endpoint.id !== request.endpoint)) {
      throw noEndpoint();
    }
    let entry: SessionEntry;
    if (endpoint.protocol === 'aperture') {
      const { agent = '', cwd = '', title, mcpServers, additionalDirectories } = request;
      const { worktree, resume } = request;
      const wanted = { agent, cwd, mcpServers, additionalDirectories, worktree, resume };
      const summary = await create(apiOf(endpoint), { ...wanted, ...(title && { title }) });
      entry = sessions.add(summary, endpoint.id, 0);
    } else entry = (await endpointCommands()).createLocal(endpoint, request);
    sessions.view(entry.id);
    // One that no gateway lists is known to this page alone, and a reload may follow at once.
    saver.now(entry);
    connector.connect(entry.id);
    return entry.id;
  }

  async endSession(id: SessionId): Promise<void> {
    const entry = this.#parts.state.entry(id);
    if (!entry) return;
    const endpoint = this.#parts.endpoints.get(entry.endpoint);
    // Only a gateway can be asked to end one; elsewhere it ends with its connection.
    if (!entry.gone && endpoint?.protocol === 'aperture') {
      entry.ending = true;
      try {
        await remove(apiOf(endpoint), id);
      } catch (error) {
        entry.ending = false;
        throw error;
      }
    }
    await this.forgetSession(id);
  }

  async forgetSession(id: SessionId): Promise<void> {
    const { sessions, state, connector } = this.#parts;
    await sessions.remove(id);
    connector.connectIfIdle(state.activeSessionId.peek());
  }

  async renameSession(id: SessionId, title: string): Promise<void> {
    const { state, endpoints, connector, saver } = this.#parts;
    const entry = state.entry(id);
    const wanted = title.trim();
    if (!entry || wanted === '') return;
    const before = entry.record.title.peek();
    entry.record.title.value = wanted;
    const control = endpoints.get(entry.endpoint)?.control;
    entry.named ||= !control;
    saver.soon(entry);
    const api = control?.api;
    if (!api || connector.obstacle(entry)) return;
    try {
      await rename(api, id, wanted);
    } catch (error) {
      entry.record.title.value = before;
      throw error;
    }
  }

  keepFiles(id: SessionId, attached: readonly ContentBlock[]): Promise<boolean> {
    return keepFiles(id, attached, new Set(this.#parts.state.order));
  }

  keptFiles(id: SessionId): Promise<readonly ContentBlock[]> {
    return keptFiles(id);
  }

  directories(path?: string, endpoint?: EndpointId): Promise<DirectoriesResponse> {
    return directories(this.#gateway(endpoint), path);
  }

  agentsAt(endpoint: EndpointId): Promise<AgentsResponse> {
    return this.#gateway(endpoint).agents();
  }

  atGateway(): AtGateway {
    const { state } = this.#parts;
    return new GatewayWork(
      (id) => this.#gateway(state.entry(id)?.endpoint),
      (id) => this.#gateway(id),
    );
  }

  /** @throws ApertureError `no_endpoint`, `no_token`. */
  #gateway(id: EndpointId | undefined): GatewayApi {
    const { endpoints } = this.#parts;
    const endpoint = id === undefined ? endpoints.main : endpoints.get(id);
    if (endpoint) return apiOf(endpoint);
    throw noEndpoint();
  }
}

/** @throws ApertureError `no_endpoint` for a server without a REST side, `no_token`. */
function apiOf({ control, name }: EndpointEntry): GatewayApi {
  if (!control) throw noEndpoint();
  if (control.api) return control.api;
  throw new ApertureError('no_token', `“${name}” needs its token. Enter it.`);
}

const noEndpoint = (): ApertureError =>
  new ApertureError('no_endpoint', 'This page is not connected to a gateway yet.');
