import type { SessionSummary } from '../../../core/wire/rest.ts';
import { INVALID_PARAMS, RpcError } from '../../acp/json-rpc.ts';

const PAGE = 50;

/** One page of `session/list`, newest sessions first. A cursor stays good when sessions come and go. */
export function sessionPage(
  sessions: readonly SessionSummary[],
  { cwd, cursor }: { cwd?: string | null; cursor?: string | null },
): object {
  const after = cursor == null ? undefined : readCursor(cursor);
  const wanted = sessions
    .filter((session) => cwd == null || session.cwd === cwd)
    .toSorted((a, b) => compare(placeOf(a), placeOf(b)))
    .filter((session) => !after || compare(after, placeOf(session)) < 0);
  const page = wanted.slice(0, PAGE);
  const last = page.at(-1);
  return {
    sessions: page.map(({ id, cwd: directory, title, updatedAt, agent, agentState, turn }) => ({
      sessionId: id,
      cwd: directory,
      title,
      updatedAt: new Date(updatedAt).toISOString(),
      _meta: { aperture: { agent, agentState, turn } },
    })),
    ...(last && wanted.length > PAGE && { nextCursor: writeCursor(placeOf(last)) }),
  };
}

type Place = readonly [createdAt: number, id: string];

const placeOf = ({ createdAt, id }: SessionSummary): Place => [createdAt, id];

const compare = ([a, aId]: Place, [b, bId]: Place): number =>
  b - a || (aId < bId ? -1 : aId > bId ? 1 : 0);

const writeCursor = ([at, id]: Place): string => Buffer.from(`${at} ${id}`).toString('base64url');

function readCursor(cursor: string): Place {
  const found = /^(\d{1,16}) (\S+)$/.exec(Buffer.from(cursor, 'base64url').toString('utf8'));
  if (!found) throw new RpcError(INVALID_PARAMS, 'Invalid params: this is no cursor of ours.');
  return [Number(found[1]), found[2]!];
}
