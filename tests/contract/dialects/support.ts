import { onTestFinished } from 'vitest';
import { WebSocket, type ClientOptions } from 'ws';
import type { ConnectionsResponse } from '../../../src/gateway/dialects/connections.ts';
import { FrameKeeper, PATIENCE_MS } from '../../support/frame-keeper.ts';
import type { GatewayProcess } from '../../support/gateway-process.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- frames of every shape
export type Frame = any;

/** For a gateway whose dialects without a choice of agent have the one that does what it is told. */
export const SCRIPTED = ['--default-agent', 'scripted'];

/** Waits until it is so; for what no frame tells. */
export async function eventually<T>(
  what: () => T | undefined | false | Promise<T | undefined | false>,
  hint = what.toString(),
): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await what();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`Never so: ${hint}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A client of any dialect: one socket, every frame kept. */
export class Client extends FrameKeeper<Frame> {
  constructor(socket: WebSocket) {
    super(socket, (text) => JSON.parse(text) as Frame);
  }

  frame(match: (frame: Frame) => boolean, hint = match.toString()): Promise<Frame> {
    return this.until(() => this.frames.find(match), hint);
  }

  all(match: (frame: Frame) => boolean): Frame[] {
    return this.frames.filter(match);
  }

  closing(): Promise<{ code: number; reason: string }> {
    return this.until(() => this.closed, 'closed');
  }

  /** Gone, without a word. */
  drop(): void {
    this.socket.terminate();
  }
}

export interface DialOptions extends ClientOptions {
  /** `null`: shows none. */
  token?: string | null;
  protocols?: string[];
}

/** Opens a socket. Rejects with `HTTP <status> <body>` when the upgrade is refused. */
export function dial(
  gateway: Pick<GatewayProcess, 'port' | 'token'>,
  path: string,
  { token = gateway.token, protocols = [], ...options }: DialOptions = {},
): Promise<Client> {
  const headers = {
    ...(token !== null && { Authorization: `Bearer ${token}` }),
    ...options.headers,
  };
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}${path}`, protocols, {
    ...options,
    headers,
  });
  onTestFinished(() => socket.terminate());
  const client = new Client(socket);
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve(client));
    socket.on('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => reject(new Error(`HTTP ${response.statusCode} ${body}`)));
    });
    socket.on('error', reject);
  });
}

/** A page on a session, over the gateway's own wire. */
export async function page(gateway: GatewayProcess, id: string, client = 'page'): Promise<Client> {
  const found = await dial(gateway, `/v1/sessions/${id}/ws`, {
    token: null,
    protocols: ['aperture.v1'],
  });
  found.send({ t: 'attach', token: gateway.token, client, since: 0 });
  await found.frame(({ t }) => t === 'attached', 'attached');
  return found;
}

export async function connections(gateway: GatewayProcess): Promise<ConnectionsResponse> {
  return (await gateway.request('GET', '/v1/connections')).json() as Promise<ConnectionsResponse>;
}

/** `/acp` by hand: what a client sends is exactly what the test says. */
export class AcpClient {
  #ids = 0;

  private constructor(readonly client: Client) {}

  static async dial(gateway: GatewayProcess, options: DialOptions = {}): Promise<AcpClient> {
    return new AcpClient(await dial(gateway, '/acp', options));
  }

  /** Dialled, greeted and let in. */
  static async open(gateway: GatewayProcess, name = 'test'): Promise<AcpClient> {
    const acp = await AcpClient.dial(gateway);
    await acp.ask('initialize', { protocolVersion: 1, clientInfo: { name, version: '1' } });
    return acp;
  }

  /** @returns the request's id. */
  begin(method: string, params: object = {}): number {
    const id = ++this.#ids;
    this.client.send({ jsonrpc: '2.0', id, method, params });
    return id;
  }

  notify(method: string, params: object): void {
    this.client.send({ jsonrpc: '2.0', method, params });
  }

  /** The response to a request, whole. */
  response(id: number): Promise<Frame> {
    return this.client.frame(
      (frame) => frame.id === id && frame.method === undefined,
      `response ${id}`,
    );
  }

  /** @returns the result. @throws Error when it is answered with one. */
  async ask(method: string, params: object = {}): Promise<Frame> {
    const { result, error } = await this.response(this.begin(method, params));
    if (error) throw new Error(JSON.stringify(error));
    return result;
  }

  /** @returns the error that it is answered with. */
  async refused(method: string, params: object = {}): Promise<Frame> {
    const frame = await this.response(this.begin(method, params));
    if (!frame.error) throw new Error(`Not refused: ${JSON.stringify(frame.result)}`);
    return frame.error;
  }

  async newSession(cwd: string, agent = 'scripted'): Promise<string> {
    const meta = { 'aperture/agent': agent };
    return (await this.ask('session/new', { cwd, mcpServers: [], _meta: meta })).sessionId;
  }

  beginPrompt(sessionId: string, text: string, _meta?: object): number {
    return this.begin('session/prompt', { sessionId, prompt: [{ type: 'text', text }], _meta });
  }

  /** @returns the stop reason. */
  async prompt(sessionId: string, text: string): Promise<string> {
    const { result, error } = await this.response(this.beginPrompt(sessionId, text));
    if (error) throw new Error(JSON.stringify(error));
    return result.stopReason;
  }

  /** Updates of this kind, in order. */
  updates(sessionId: string, kind: string): Frame[] {
    return this.client
      .all(({ method, params }) => method === 'session/update' && params.sessionId === sessionId)
      .map(({ params }) => params.update)
      .filter((update) => update.sessionUpdate === kind);
  }

  /** What the agent said, all chunks joined. */
  text(sessionId: string): string {
    return this.updates(sessionId, 'agent_message_chunk')
      .map(({ content }) => content.text)
      .join('');
  }

  /** The first permission request that came. */
  asked(sessionId: string): Promise<Frame> {
    return this.client.frame(
      ({ method, params }) =>
        method === 'session/request_permission' && params.sessionId === sessionId,
      'permission request',
    );
  }

  permit(id: number, optionId: string): void {
    const result = { outcome: { outcome: 'selected', optionId } };
    this.client.send({ jsonrpc: '2.0', id, result });
  }
}
