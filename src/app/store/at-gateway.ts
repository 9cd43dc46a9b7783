import { ApertureError } from '../../core/errors.ts';
import type { SessionId } from '../../core/ids.ts';
import { isObject } from '../../core/json.ts';
import type { AgentAbilities, AgentSessionsResponse, AgentVersion } from '../../core/wire/rest.ts';
import type { RepositoryInfo, WorktreeDiff, WorktreeState } from '../../core/wire/worktree.ts';
import type { GatewayApi } from '../client/gateway-api.ts';
import type { AtGateway, EndpointId } from './endpoint-types.ts';

/** Git may have to check out or merge a large tree; ms. */
const WORK_MS = 120_000;
/** An agent may have to be started to be asked; ms. */
const AGENT_MS = 60_000;

/** What is asked of a gateway now and then. Not part of the first load. */
export class GatewayWork implements AtGateway {
  /** Both throw ApertureError `no_endpoint`, `no_token`. */
  constructor(
    private readonly ofSession: (id: SessionId) => GatewayApi,
    private readonly ofEndpoint: (id: EndpointId | undefined) => GatewayApi,
  ) {}

  async repository(path: string, endpoint?: EndpointId): Promise<RepositoryInfo> {
    const api = this.ofEndpoint(endpoint);
    const info = await api.call('GET', `v1/repository?path=${encodeURIComponent(path)}`);
    if (isObject(info) && typeof info['possible'] === 'boolean') return info as RepositoryInfo;
    throw strange();
  }

  async agentVersion(agent: string, endpoint?: EndpointId): Promise<AgentVersion> {
    const api = this.ofEndpoint(endpoint);
    const answer = await api.call('GET', `v1/agents/${encodeURIComponent(agent)}/version`);
    const version = isObject(answer) ? answer['version'] : undefined;
    return typeof version === 'string' ? { version } : {};
  }

  async agentAbilities(agent: string, endpoint?: EndpointId): Promise<AgentAbilities> {
    const answer = await this.#agent('GET', agent, 'abilities', endpoint);
    if (isObject(answer) && isObject(answer['mcp'])) return answer as unknown as AgentAbilities;
    throw strange();
  }

  async agentSessions(
    agent: string,
    cursor?: string,
    endpoint?: EndpointId,
  ): Promise<AgentSessionsResponse> {
    const query = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`;
    const answer = await this.#agent('GET', agent, `sessions${query}`, endpoint);
    if (isObject(answer) && Array.isArray(answer['sessions']) && isObject(answer['can'])) {
      return answer as unknown as AgentSessionsResponse;
    }
    throw strange();
  }

  async deleteAgentSession(agent: string, id: string, endpoint?: EndpointId): Promise<void> {
    await this.#agent('DELETE', agent, `sessions/${encodeURIComponent(id)}`, endpoint);
  }

  async signOut(agent: string, endpoint?: EndpointId): Promise<void> {
    await this.#agent('POST', agent, 'logout', endpoint);
  }

  #agent(
    method: string,
    agent: string,
    rest: string,
    endpoint: EndpointId | undefined,
  ): Promise<unknown> {
    const path = `v1/agents/${encodeURIComponent(agent)}/${rest}`;
    return this.ofEndpoint(endpoint).call(method, path, undefined, AGENT_MS);
  }

  async worktree(id: SessionId): Promise<WorktreeState> {
    return checked(await this.#call('GET', id, ''));
  }

  async worktreeDiff(id: SessionId, path: string): Promise<WorktreeDiff> {
    const diff = await this.#call('GET', id, `/diff?path=${encodeURIComponent(path)}`);
    if (isObject(diff) && typeof diff['patch'] === 'string') return diff as unknown as WorktreeDiff;
    throw strange();
  }

  async commitWorktree(id: SessionId, message: string): Promise<WorktreeState> {
    return checked(await this.#call('POST', id, '/commit', { message }));
  }

  async mergeWorktree(id: SessionId): Promise<WorktreeState> {
    return checked(await this.#call('POST', id, '/merge', {}));
  }

  async removeWorktree(id: SessionId, discard?: string): Promise<void> {
    const query = discard === undefined ? '' : `?discard=${encodeURIComponent(discard)}`;
    await this.#call('DELETE', id, query);
  }

  #call(method: string, id: SessionId, rest: string, body?: unknown): Promise<unknown> {
    const path = `v1/sessions/${encodeURIComponent(id)}/worktree${rest}`;
    return this.ofSession(id).call(method, path, body, WORK_MS);
  }
}

function checked(state: unknown): WorktreeState {
  if (isObject(state) && typeof state['mark'] === 'string' && Array.isArray(state['files'])) {
    return state as unknown as WorktreeState;
  }
  throw strange();
}

const strange = (): ApertureError =>
  new ApertureError(
    'not_gateway',
    'The gateway gave an answer that this page does not understand.',
  );
