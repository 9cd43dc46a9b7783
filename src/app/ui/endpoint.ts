import type { ProtocolName } from '../../core/endpoint/policy.ts';
import type { EndpointView } from '../store/endpoint-types.ts';
import type { SessionRecord, Store } from '../store/types.ts';

/** What each connection model is called, short; `endpoints/words.ts` says more. */
export const PROTOCOL_NAME: Readonly<Record<ProtocolName, string>> = {
  aperture: 'Aperture gateway',
  acp: 'Plain ACP server',
  legacy: 'Older gateway',
  thread: 'Thread server',
  single: 'Single-request server',
  scoped: 'Chat world server',
  bidi: 'Live server',
};

/** Where a session lives; undefined for a local copy whose endpoint was removed. Subscribes to the list. */
export function endpointOf(store: Store, record: SessionRecord): EndpointView | undefined {
  const id = record.endpoint.value;
  return store.endpoints.value.find((endpoint) => endpoint.id === id);
}

/** The same in words, for a tooltip: name, address, protocol. */
export const whereWords = ({ name, url, protocol }: EndpointView): string =>
  `${name}\n${url}\n${PROTOCOL_NAME[protocol]}`;
