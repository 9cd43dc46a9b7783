import type { TurnState } from '../../../core/acp.ts';
import type { ErrorInfo } from '../../../core/errors.ts';
import { newId } from '../../../core/ids.ts';
import type { SessionEvent } from '../../../core/session/event.ts';
import type { Incoming, Link, OpenRequest } from './port.ts';

/**
 * The log of a session whose server keeps none: the page numbers what it hears, so that everything above an
 * adapter works as it does with a log from elsewhere (order, unread marks, persistence, reload).
 */
export class LocalLog {
  readonly #request: OpenRequest;
  readonly #epoch: string;
  readonly #pending: Set<string>;
  #head: number;
  #turn: TurnState;

  constructor(request: OpenRequest) {
    this.#request = request;
    const { resume, was } = request;
    const goesOn = resume.epoch !== undefined && resume.since > 0;
    this.#epoch = goesOn ? resume.epoch! : `local-${newId()}`;
    this.#head = goesOn ? resume.since : 0;
    this.#turn = was.turn;
    this.#pending = new Set(was.pending);
  }

  get turn(): TurnState {
    return this.#turn;
  }

  /** The handshake is done. What an earlier page left under way is settled, unless it `goesOn` on the server (R43). */
  attached(options: { goesOn?: boolean; title?: string } = {}): void {
    const { summary, now } = this.#request;
    const message: Incoming = {
      kind: 'attached',
      info: {
        epoch: this.#epoch,
        mode: 'resume',
        low: 1,
        head: this.#head,
        session: {
          ...summary,
          ...(options.title !== undefined && { title: options.title }),
          agentState: 'ready',
          turn: this.#turn,
          epoch: this.#epoch,
          head: this.#head,
          pending: [...this.#pending],
          updatedAt: now(),
        },
      },
      pending: [...this.#pending],
    };
    this.#tell(message);
    if (!options.goesOn) this.interrupted();
  }

  push(event: SessionEvent): void {
    if (event.type === 'turn') this.#turn = event.state;
    else if (event.type === 'permission') this.#pending.add(event.id);
    else if (event.type === 'resolved') this.#pending.delete(event.id);
    const n = ++this.#head;
    this.#tell({ kind: 'event', event: { from: n, n, at: this.#request.now(), event } });
  }

  /** Takes a prompt over: acknowledged, shown, and a turn begins. */
  accepted(key: string, prompt: Parameters<Link['prompt']>[1]): void {
    this.#tell({ kind: 'ack', key, duplicate: false });
    for (const content of prompt) {
      this.push({ type: 'chunk', role: 'user', content, key, by: this.#request.client });
    }
    this.push({ type: 'turn', state: 'running', key });
  }

  /** What runs here is over without an end of its own. Settles requests and turn once; without either, nothing. */
  interrupted(error?: ErrorInfo): void {
    for (const id of this.#pending) {
      this.push({
        type: 'resolved',
        id,
        outcome: 'cancelled',
        reason: error?.message ?? 'The connection was lost before it was answered.',
      });
    }
    if (this.#turn === 'idle') return;
    if (error) this.push({ type: 'error', error });
    this.push({ type: 'turn', state: 'idle', stopReason: 'interrupted' });
  }

  #tell(message: Incoming): void {
    this.#request.sink.incoming(message);
  }
}
