import type { ContentBlock } from '../../../core/acp.ts';
import { newId } from '../../../core/ids.ts';
import { isObject, type JsonObject } from '../../../core/json.ts';
import type { SetFrame } from '../../../core/wire/frames.ts';
import { GatewayMethod, type LogEntry } from '../../../core/log/entry.ts';
import { RpcError, type RpcId } from '../../acp/json-rpc.ts';
import { numberOfRequest } from '../../session/permissions.ts';
import type { Session } from '../../session/session.ts';
import type { DialectSocket } from '../dialect-socket.ts';
import { Follower } from '../follower.ts';
import { finishedTurn, oursOf, TurnReader, type TurnEvent } from '../turn-reader.ts';
import { rpcErrorOf } from './messages.ts';
import { checked, SCHEMAS } from './params.ts';
import type { RpcOut } from './rpc.ts';
import { Settings } from './settings.ts';

export interface AttachedOptions {
  readonly session: Session;
  readonly socket: DialectSocket;
  readonly rpc: RpcOut;
  /** The client's name, for the log. */
  readonly by: string;
  /** The client shows notices. */
  readonly notices: boolean;
  /** `all`: the log is replayed from its beginning; `none`: only what comes from now on. */
  readonly replay: 'all' | 'none';
  /** The replay is over. */
  readonly replayed?: (settings: JsonObject) => void;
  readonly ended: () => void;
}

/** ACP v1's words for how a turn ends; others are the gateway's or a newer agent's. */
const STOP_REASONS = new Set([
  'end_turn',
  'max_tokens',
  'max_turn_requests',
  'refusal',
  'cancelled',
]);

/** One session on one `/acp` socket: the log as ACP's updates, and the client's prompts and answers. */
export class AttachedSession {
  readonly #options: AttachedOptions;
  readonly #session: Session;
  readonly #follower: Follower;
  readonly #turns: TurnReader;
  readonly #settings = new Settings();
  /** Prompts of this socket that run, by key, and the JSON-RPC ids that wait for their end. */
  readonly #running = new Map<string, RpcId[]>();
  /** Requests that were passed to the client, and the ids they have there. */
  readonly #asked = new Map<string, number>();
  /** Up to this number it is a replay. */
  readonly #replayTo: number;
  #replayed = false;
  #detached = false;

  constructor(options: AttachedOptions) {
    this.#options = options;
    const { session } = options;
    this.#session = session;
    const { log } = session;
    this.#replayTo = options.replay === 'all' ? log.committed : 0;
    const cursor = options.replay === 'all' ? log.low - 1 : log.committed;
    this.#turns = new TurnReader(cursor === log.low - 1 ? undefined : session.facts.turn?.key);
    this.#follower = new Follower(session, cursor, options.socket, {
      entry: (entry) => this.#entry(entry),
      ended: () => {
        this.#endReplay();
        this.detach();
        options.ended();
      },
    });
    if (cursor >= this.#replayTo) this.#endReplay();
    if (options.replay === 'none') {
      this.#askAgain(cursor).catch((error: unknown) => {
        options.socket.live.log('error', 'permission.lost', { error: String(error) });
      });
    }
  }

  /** @throws RpcError when the gateway refuses it; the answer comes when the turn ends. */
  prompt(id: RpcId, prompt: ContentBlock[], givenKey: string | undefined): void {
    const { by, socket, rpc } = this.#options;
    const k = givenKey ?? newId();
    const receipt = this.#session.prompt({ t: 'prompt', k, prompt }, by);
    if (!receipt.ok) throw rpcErrorOf(receipt.error);
    const known = this.#running.get(k);
    if (known) return void known.push(id);
    if (!receipt.dup || this.#session.facts.turn?.key === k) {
      this.#running.set(k, [id]);
      return socket.live.began(k, this.#session.id);
    }
    // It was run before, on another socket perhaps.
    void finishedTurn(this.#session.log, receipt.n, k).then(
      (turn) => (turn ? this.#answer(id, turn.end) : rpc.fail(id, FORGOTTEN)),
      () => rpc.fail(id, FORGOTTEN),
    );
  }

  /** @throws RpcError when there is no agent to ask; the answer comes with what became of it. */
  set(id: RpcId, frame: SetFrame): void {
    const receipt = this.#session.set(frame, this.#options.by);
    if (!receipt.ok) throw rpcErrorOf(receipt.error);
    this.#settings.wait(frame.k, id);
  }

  /** This client's turn, if one runs. */
  cancelOwn(): void {
    const [turn] = this.#running.keys();
    if (turn !== undefined) this.#cancel(turn);
  }

  /** This client's turn, or whichever runs when it has none. */
  cancel(): void {
    const [turn] = this.#running.keys();
    this.#cancel(turn);
  }

  /** Withdraws a prompt by its JSON-RPC id. @returns false when it is none of this session's. */
  cancelPrompt(id: RpcId): boolean {
    for (const [key, ids] of this.#running) {
      if (!ids.includes(id)) continue;
      this.#cancel(key);
      return true;
    }
    return false;
  }

  /** Final: the client hears no more of it. What runs goes on. */
  detach(): void {
    if (this.#detached) return;
    this.#detached = true;
    this.#follower.stop();
    for (const id of this.#asked.values()) this.#options.rpc.withdraw(id);
    this.#asked.clear();
    for (const ids of this.#running.values()) {
      for (const id of ids) this.#options.rpc.respond(id, { stopReason: 'cancelled' });
    }
    this.#running.clear();
    this.#settings.giveUp(this.#options.rpc);
  }

  #cancel(turn: string | undefined): void {
    const { by, socket } = this.#options;
    socket.live.count('cancels');
    this.#session.cancel({ t: 'cancel', k: newId(), ...(turn !== undefined && { turn }) }, by);
  }

  #entry(entry: LogEntry): void {
    this.#settings.read(entry, this.#options.rpc);
    this.#forward(entry);
    const event = this.#turns.read(entry);
    if (event?.kind === 'asks') this.#ask(event.id, event.params);
    if (event?.kind === 'resolved') this.#resolved(event.id);
    if (event?.kind === 'ended') {
      for (const id of this.#running.get(event.key) ?? []) this.#answer(id, event);
      this.#running.delete(event.key);
      this.#options.socket.live.settled(event.key, this.#session.id, event.stopReason);
    }
    if (entry.n >= this.#replayTo) this.#endReplay();
  }

  #endReplay(): void {
    if (this.#replayed) return;
    this.#replayed = true;
    this.#options.replayed?.(this.#settings.known);
  }

  #forward({ n, m: { method, params } }: LogEntry): void {
    const update = params['update'];
    if (method === 'session/update' && isObject(update)) {
      // Version 1 has no word for a turn's state: the prompt's response tells its end.
      if (update['sessionUpdate'] === 'state_update') return;
      const key = update['sessionUpdate'] === 'user_message_chunk' && oursOf(update)?.['key'];
      // Who sent it needs no echo.
      if (n > this.#replayTo && typeof key === 'string' && this.#running.has(key)) return;
      return this.#update(update, params['_meta']);
    }
    if (method === GatewayMethod.renamed) {
      return this.#update({ sessionUpdate: 'session_info_update', title: params['title'] });
    }
    if (method === GatewayMethod.notice && this.#options.notices && n > this.#replayTo) {
      const { level, text } = params;
      this.#update({ sessionUpdate: 'notice', severity: level, title: text });
    }
  }

  #update(update: JsonObject, meta?: unknown): void {
    this.#options.rpc.notify('session/update', {
      sessionId: this.#session.id,
      update,
      ...(meta !== undefined && { _meta: meta }),
    });
  }

  #answer(id: RpcId, { stopReason, error, response }: Extract<TurnEvent, { kind: 'ended' }>): void {
    const { rpc } = this.#options;
    if (error) return rpc.fail(id, rpcErrorOf(error));
    if (STOP_REASONS.has(stopReason)) return rpc.respond(id, { ...response, stopReason });
    const _meta = {
      ...(isObject(response?.['_meta']) && response['_meta']),
      aperture: { stopReason },
    };
    rpc.respond(id, { ...response, stopReason: 'end_turn', _meta });
  }

  #ask(requestId: string, params: JsonObject): void {
    if (this.#detached || !this.#session.facts.asking.includes(requestId)) return;
    const { rpc, socket } = this.#options;
    const id = rpc.request(
      'session/request_permission',
      { ...params, sessionId: this.#session.id },
      (result, error) => {
        this.#asked.delete(requestId);
        // “Not me”: the request waits for somebody else.
        if (error) return socket.live.log('warn', 'permission.declined', this.#names(requestId));
        this.#permit(requestId, result);
      },
    );
    this.#asked.set(requestId, id);
  }

  #permit(requestId: string, result: unknown): void {
    const { by, socket } = this.#options;
    try {
      const given = checked(SCHEMAS.permission, result);
      const frame = { t: 'answer', k: newId(), id: requestId, result: given } as const;
      const receipt = this.#session.answer(frame, by);
      if (receipt.ok) return;
      socket.live.log('warn', 'permission.refused', {
        ...this.#names(requestId),
        code: receipt.error.code,
      });
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      socket.live.log('warn', 'permission.unreadable', this.#names(requestId));
    }
  }

  #resolved(requestId: string): void {
    const id = this.#asked.get(requestId);
    if (id === undefined) return;
    this.#asked.delete(requestId);
    this.#options.rpc.withdraw(id);
  }

  /** Requests that were asked before this client came, and still wait. */
  async #askAgain(upTo: number): Promise<void> {
    const { log } = this.#session;
    for (const requestId of this.#session.facts.asking) {
      const n = numberOfRequest(requestId);
      if (n === undefined || n > upTo) continue;
      const [stored] = await log.read(n, 1);
      if (!stored) continue;
      const { m } = JSON.parse(stored.frame.toString('utf8')) as LogEntry;
      // Elicitations and sign-ins wait for a page.
      const permission = m.method === 'session/request_permission';
      if (permission && m.id === requestId) this.#ask(requestId, m.params);
    }
  }

  #names(requestId: string) {
    return { sessionId: this.#session.id, requestId };
  }
}

const FORGOTTEN = rpcErrorOf({
  code: 'turn_forgotten',
  message: 'This prompt was run before, and what became of it is not in the log any more.',
  retryable: false,
});
