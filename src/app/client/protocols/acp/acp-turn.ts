import { isObject, type JsonObject } from '../../../../core/json.ts';
import { translate } from '../../../../core/session/translate.ts';
import { RareUpdates } from '../../../../core/updates/rare.ts';
import type { Clock } from '../../clock.ts';
import { CancelLimit } from '../cancel-limit.ts';
import type { LocalLog } from '../local-log.ts';
import type { Link } from '../port.ts';
import { kindOf } from './acp-quirks.ts';
import { Permissions } from './permissions.ts';
import type { RpcFailure, RpcId, RpcSocket } from './rpc-socket.ts';

interface Running {
  readonly key: string;
  cancelled: boolean;
}

/** What goes on in one open ACP session: one turn at a time, its updates, its requests. */
export class AcpConversation {
  readonly permissions: Permissions;
  readonly #limit = new CancelLimit();
  readonly #rare: RareUpdates;
  #running: Running | undefined;
  /** The last turn was not left to end by itself, so what is still said of it is late (R54). */
  #cut: 'cancelled' | 'connection' | undefined;

  constructor(
    readonly rpc: RpcSocket,
    readonly log: LocalLog,
    readonly sessionId: string,
    readonly discards: boolean,
    clock: Clock,
  ) {
    this.permissions = new Permissions(rpc, log);
    this.#rare = new RareUpdates(
      {
        update: (update) => this.#push(update),
        notice: (level, text) => log.push({ type: 'notice', level, text }),
      },
      (run, ms) => {
        const timer = clock.after(ms, run);
        return () => clock.clear(timer);
      },
    );
    // A session that is taken up may have been left in the middle of a turn.
    this.#cut = log.head > 0 ? 'connection' : undefined;
  }

  prompt(key: string, prompt: Parameters<Link['prompt']>[1]): void {
    if (this.#running) {
      const message = 'A turn is running.';
      return this.log.refused(key, { code: 'busy', message, retryable: true });
    }
    const running: Running = { key, cancelled: false };
    this.log.prompt(key, prompt, () => {
      const sent = this.rpc.request(
        'session/prompt',
        // Other agents look past it; our own gateway runs a prompt once that comes twice.
        { sessionId: this.sessionId, prompt, _meta: { 'aperture/key': key } },
        ({ stopReason }) =>
          this.#ended(running, typeof stopReason === 'string' ? stopReason : 'end_turn'),
        (failure) => this.#failed(running, failure),
      );
      if (sent) this.#running = running;
      return sent;
    });
  }

  /** Once for each turn; of no turn, or another one, nothing (R41). */
  cancel(turn: string | undefined): void {
    const running = this.#running;
    if (!running || running.cancelled || (turn !== undefined && turn !== running.key)) return;
    if (!this.rpc.notify('session/cancel', { sessionId: this.sessionId })) return;
    running.cancelled = true;
    this.#limit.start((error) => this.#end('cancelled', { error }));
    this.permissions.cancelAll();
  }

  update(params: JsonObject): void {
    const kind = kindOf(params);
    if (kind === 'turn') return this.log.ignored('unknown_kind', 'state_update');
    if (kind !== 'standing') {
      // ACP lets a cancelled turn report on its tools until it ends; its tokens are not wanted any more (R41).
      const late = this.#running
        ? this.#running.cancelled && kind !== 'other'
        : this.#cut !== undefined;
      if (late) return this.log.ignored('late', kind);
      // The page has shown the prompt itself; some agents say it again.
      if (this.#running && kind === 'user') return this.log.ignored('unknown_kind', 'echo');
    }
    this.show(params);
  }

  /** Without asking whether it may come now. */
  show({ update }: JsonObject): void {
    if (!isObject(update) || !this.#rare.read(update)) this.#push(update);
  }

  #push(update: unknown): void {
    const event = translate({ method: 'session/update', params: { update } });
    if (event.type !== 'chunk' || event.role === 'user' || !this.discards) this.log.push(event);
    // What may be taken back is known by the log's own name for it, in whatever page that happens.
    else this.log.push({ ...event, messageId: undefined });
  }

  asked(params: JsonObject, id: RpcId): void {
    // A turn that a drop left behind may go on at the agent, and waits: that is for the user to say.
    const stopped = this.#running ? this.#running.cancelled : this.#cut === 'cancelled';
    if (!stopped) return this.permissions.asked(params, id);
    this.log.ignored('late', 'session/request_permission');
    this.permissions.cancel(id);
  }

  /** The page is done with it. */
  close(): void {
    this.#rare.close();
    this.#limit.stop();
    this.#running = undefined;
  }

  #ended(of: Running, stopReason: string): void {
    if (this.#running !== of) return this.log.ignored('late', 'session/prompt');
    this.#end(stopReason);
  }

  #failed(of: Running, { code, message }: RpcFailure): void {
    if (this.#running !== of) return this.log.ignored('late', 'session/prompt');
    // Some answer a prompt that was cancelled with an error.
    if (of.cancelled) return this.#end('cancelled');
    const error = { code: 'agent_error', message: `The agent failed (${code}): ${message}` };
    this.#end('error', { error: { ...error, retryable: true } });
  }

  #end(stopReason: string, options: Parameters<LocalLog['finished']>[1] = {}): void {
    const running = this.#running!;
    this.#rare.flush();
    this.#limit.stop();
    this.#running = undefined;
    this.#cut = running.cancelled ? 'cancelled' : undefined;
    this.permissions.cancelAll();
    this.log.finished(stopReason, { ...options, key: running.key });
  }
}
