import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApertureError } from '../../core/errors.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import type { SessionPool } from '../session/pool.ts';
import type { Session } from '../session/session.ts';
import { readJson } from './answer.ts';
import type { RestOptions } from './rest.ts';

type Handler = (
  context: { request: IncomingMessage; response: ServerResponse; url: URL; id: string },
  options: RestOptions,
) => Promise<void> | void;

export interface Route {
  readonly path: RegExp;
  readonly open?: true;
  readonly methods: Readonly<Record<string, Handler>>;
}

/** @throws ApertureError `not_found` */
export function find(pool: SessionPool, id: string): Session {
  const session = pool.get(id);
  if (session) return session;
  throw new ApertureError('not_found', 'There is no such session; it may have been ended.');
}

/** @throws ApertureError `bad_json`, or as `readJson` */
export async function readObject(request: IncomingMessage): Promise<JsonObject> {
  const body = await readJson(request);
  if (!isObject(body)) throw new ApertureError('bad_json', 'The body must be a JSON object.');
  return body;
}
