import type { SessionId } from '../../core/ids.ts';
import type { SessionCheck } from '../client/context.ts';
import type { Place } from '../client/protocols/port.ts';
import type { Endpoints } from './endpoints.ts';
import type { Ingest } from './ingest.ts';
import type { SessionEntry } from './record.ts';
import type { StoreState } from './state.ts';

export interface PlacesParts {
  state: StoreState;
  endpoints: Endpoints;
  ingest: Ingest;
}

/** Where sessions live, as the client asks for it. */
export class Places {
  readonly #parts: PlacesParts;

  constructor(parts: PlacesParts) {
    this.#parts = parts;
  }

  /** Undefined for a session that was removed, an endpoint that is not in the list, an adapter that was not loaded. */
  find = (id: SessionId): Place | undefined => {
    const { state, endpoints, ingest } = this.#parts;
    const entry = state.entry(id);
    const endpoint = endpoints.get(entry?.endpoint);
    const protocol = endpoint && endpoints.loaded(endpoint);
    if (!entry || !protocol) return undefined;
    const { url, token = '', policy } = endpoint;
    return {
      endpoint: { url, token },
      protocol,
      policy,
      summary: entry.summary,
      remote: entry.remote,
      untitled: () => !entry.named && entry.record.title.peek() === endpoint.name,
      // Looked at once per attempt only: all that arrived has to be read for it.
      get was() {
        return standing(entry, ingest);
      },
    };
  };

  /** Only a gateway can be asked; of the others the connection itself is all there is to know (R11). */
  check = async (id: SessionId): Promise<SessionCheck> => {
    const { state, endpoints } = this.#parts;
    const control = endpoints.get(state.entry(id)?.endpoint)?.control;
    return control?.api ? control.api.check(id) : { status: 'there' };
  };
}

function standing(entry: SessionEntry, ingest: Ingest): Place['was'] {
  ingest.catchUp(entry);
  const { turn, pending } = entry.transcript;
  return { turn, pending: [...pending.keys()] };
}
