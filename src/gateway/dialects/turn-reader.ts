import type { ErrorInfo } from '../../core/errors.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import { GatewayMethod, type LogEntry } from '../../core/log/entry.ts';
import type { SessionLog } from '../journal/port.ts';

/** What an entry of the log means for a client that thinks in requests. `key` is the prompt's. */
export type TurnEvent =
  | { kind: 'began'; key: string; by: string; text: string | undefined }
  | { kind: 'text'; key: string; text: string }
  | { kind: 'asks'; key: string | undefined; id: string; params: JsonObject }
  | { kind: 'resolved'; key: string | undefined; id: string; by: string; result: JsonObject }
  | { kind: 'ended'; key: string; stopReason: string; error?: ErrorInfo; response?: JsonObject };

/** Reads a log entry by entry and knows which turn it is in. */
export class TurnReader {
  #key: string | undefined;
  #error: ErrorInfo | undefined;

  /** @param key of the turn that the next entry is in. */
  constructor(key?: string) {
    this.#key = key;
  }

  read({ m: { method, id, params } }: LogEntry): TurnEvent | undefined {
    switch (method) {
      case 'session/update':
        return isObject(params['update']) ? this.#update(params['update']) : undefined;
      case 'session/request_permission':
        return { kind: 'asks', key: this.#key, id: id ?? '', params };
      case GatewayMethod.requestResolved:
        return {
          kind: 'resolved',
          key: this.#key,
          id: String(params['id']),
          by: String(params['by']),
          result: params,
        };
      case GatewayMethod.error:
        // One of a setting that was refused is none of the turn's.
        if (this.#key !== undefined && params['key'] !== this.#key) return undefined;
        return this.#remember(params);
      case GatewayMethod.agent:
        return this.#remember(params);
      default:
        return undefined;
    }
  }

  #remember({ error }: JsonObject): undefined {
    if (isObject(error)) this.#error = error as unknown as ErrorInfo;
  }

  #update(update: JsonObject): TurnEvent | undefined {
    const ours = oursOf(update);
    switch (update['sessionUpdate']) {
      case 'user_message_chunk': {
        const key = ours?.['key'];
        if (typeof key !== 'string' || key === this.#key) return undefined;
        this.#key = key;
        this.#error = undefined;
        return { kind: 'began', key, by: String(ours?.['by']), text: textOf(update['content']) };
      }
      case 'agent_message_chunk': {
        const text = textOf(update['content']);
        if (this.#key === undefined || text === undefined) return undefined;
        return { kind: 'text', key: this.#key, text };
      }
      case 'state_update':
        return this.#state(update, ours);
      default:
        return undefined;
    }
  }

  #state(update: JsonObject, ours: JsonObject | undefined): TurnEvent | undefined {
    const key = ours?.['key'];
    if (typeof key !== 'string') return undefined;
    this.#key = key;
    if (update['state'] !== 'idle') return undefined;
    const stopReason = String(update['stopReason'] ?? 'end_turn');
    const failed = stopReason === 'error' || stopReason === 'interrupted';
    const error = failed ? (this.#error ?? UNEXPLAINED) : undefined;
    this.#key = this.#error = undefined;
    const response = ours?.['response'];
    return {
      kind: 'ended',
      key,
      stopReason,
      ...(error && { error }),
      ...(isObject(response) && { response }),
    };
  }
}

/** What the gateway itself noted in an update; undefined for one of the agent's. */
export function oursOf(update: JsonObject): JsonObject | undefined {
  const meta = update['_meta'];
  const ours = isObject(meta) ? meta['aperture'] : undefined;
  return isObject(ours) ? ours : undefined;
}

function textOf(content: unknown): string | undefined {
  if (!isObject(content) || content['type'] !== 'text') return undefined;
  return typeof content['text'] === 'string' ? content['text'] : undefined;
}

const UNEXPLAINED: ErrorInfo = {
  code: 'turn_failed',
  message: 'The agent could not finish. Send the message again.',
  retryable: true,
};

/** Longest answer that is gathered in one piece (characters); what is longer is cut and says so. */
export const MAX_GATHERED = 1024 * 1024;

/** An answer as it grows, up to {@link MAX_GATHERED} (R30). */
export class Gathered {
  text = '';
  truncated = false;

  add(piece: string): void {
    const room = MAX_GATHERED - this.text.length;
    if (piece.length > room) this.truncated = true;
    if (room > 0) this.text += piece.slice(0, room);
  }
}

export interface FinishedTurn {
  readonly answer: Gathered;
  readonly end: Extract<TurnEvent, { kind: 'ended' }>;
}

/**
 * A turn that is over, read again from the log for a client that asks for it a second time.
 *
 * @param n a log number in its prompt.
 * @returns undefined when it is not there any more, or not over.
 */
export async function finishedTurn(
  log: SessionLog,
  n: number,
  key: string,
): Promise<FinishedTurn | undefined> {
  const reader = new TurnReader();
  const answer = new Gathered();
  for (let cursor = n; cursor <= log.committed;) {
    const batch = await log.read(cursor, 256 * 1024);
    if (batch.length === 0) return undefined;
    for (const { frame } of batch) {
      const event = reader.read(JSON.parse(frame.toString('utf8')) as LogEntry);
      if (event?.kind === 'began' && event.key !== key) return undefined;
      if (event?.kind === 'text' && event.key === key) answer.add(event.text);
      if (event?.kind === 'ended') return event.key === key ? { answer, end: event } : undefined;
    }
    cursor = batch.at(-1)!.n + 1;
  }
  return undefined;
}
