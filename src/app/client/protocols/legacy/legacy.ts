import type { ApertureError } from '../../../../core/errors.ts';
import type { ProbeAnswer } from '../../../../core/endpoint/probe.ts';
import type { CloseInfo } from '../../../../core/wire/close-codes.ts';
import { classifier } from '../closing.ts';
import { isGateway } from '../../gateway-api.ts';
import type { ProbeRequest, Protocol, RemoteSession } from '../port.ts';
import { probing } from '../probing.ts';
import { LegacyLink } from './legacy-link.ts';
import { asRemote } from './legacy-quirks.ts';
import { LegacyApi } from './rest.ts';

/** Where the first gateway's ends differ from the common table: it had 4xxx codes of its own. */
const DIFFERENCES: ReadonlyMap<number, CloseInfo> = new Map([
  [4001, { verdict: 'fatal', code: 'unauthorized', message: 'The server refused the token.' }],
  [4003, { verdict: 'fatal', code: 'forbidden', message: 'The server does not admit this page.' }],
  [
    4004,
    {
      verdict: 'lost',
      code: 'not_found',
      message: 'The server does not know this session any more.',
    },
  ],
]);

/** The first gateway: a socket for each session, history and list by REST. */
export const legacyProtocol: Protocol = {
  name: 'legacy',
  afterDrop: 'retry',
  // Every page numbers what it hears.
  shared: false,
  open: (request) => new LegacyLink(request),
  classifyClose: classifier(DIFFERENCES),
  probe: probeLegacy,
  list: listLegacy,
};

/** By its list: a socket needs a session, and a probe makes none. */
function probeLegacy(request: ProbeRequest): Promise<ProbeAnswer> {
  return probing(request.signal, 'It lists no sessions.', (done) => {
    const stop = new AbortController();
    const ask = async (): Promise<void> => done(await listed(request, stop.signal));
    void ask();
    return () => stop.abort();
  });
}

async function listed(request: ProbeRequest, signal: AbortSignal): Promise<ProbeAnswer> {
  // The newer gateway has a list of the same name, and more to say of itself.
  if (await isGateway(request.endpoint.url, request.fetch)) {
    return { verdict: 'no', how: 'An Aperture gateway answers.' };
  }
  try {
    const list = await new LegacyApi({ ...request, signal }).sessions();
    return { verdict: 'speaks', how: `It lists its sessions (${list.length}).` };
  } catch (error) {
    const { code, message } = error as ApertureError;
    const refused = code === 'unauthorized' || code === 'forbidden';
    return { verdict: refused ? 'refused' : 'no', how: message };
  }
}

async function listLegacy(request: ProbeRequest): Promise<RemoteSession[]> {
  return (await new LegacyApi(request).sessions()).map(asRemote);
}
