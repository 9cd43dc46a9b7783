import { ApertureError } from '../../core/errors.ts';
import type { SessionId } from '../../core/ids.ts';
import { isObject } from '../../core/json.ts';
import type {
  DirectoriesResponse,
  NewSessionRequest,
  SessionSummary,
} from '../../core/wire/rest.ts';
import { notGateway, sessionPath, type GatewayApi } from './gateway-api.ts';

/** Creating waits for the agent's process; ms. */
const CREATE_TIMEOUT_MS = 60_000;

// What the user does at a gateway. Every call rejects as those of GatewayApi do. Not part of the first load.

export async function create(api: GatewayApi, request: NewSessionRequest): Promise<SessionSummary> {
  const body = await api.call('POST', 'v1/sessions', request, CREATE_TIMEOUT_MS);
  if (!isObject(body) || typeof body['id'] !== 'string') throw notGateway(api.endpoint.url);
  return body as unknown as SessionSummary;
}

/** Resolves also when it was gone already. */
export async function remove(api: GatewayApi, id: SessionId): Promise<void> {
  try {
    await api.call('DELETE', sessionPath(id));
  } catch (error) {
    if (!(error instanceof ApertureError) || error.code !== 'not_found') throw error;
  }
}

export async function rename(api: GatewayApi, id: SessionId, title: string): Promise<void> {
  await api.call('PATCH', sessionPath(id), { title });
}

export async function directories(api: GatewayApi, path?: string): Promise<DirectoriesResponse> {
  const query = path ? `?path=${encodeURIComponent(path)}` : '';
  return (await api.call('GET', `v1/directories${query}`)) as DirectoriesResponse;
}
