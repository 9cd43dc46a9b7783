import type { ProbeReport, ProbeTrouble } from '../../../core/endpoint/probe.ts';
import type { ProtocolName } from '../../../core/endpoint/policy.ts';
import type { Fetch, Protocol, SocketFactory } from '../protocols/port.ts';
import { readAddress, type ReadAddress } from './address.ts';
import { askAll, type Asked } from './ask.ts';
import { diagnose, type Behind } from './diagnose.ts';
import { limited } from './limited.ts';
import { localNetwork, type LocalNetwork } from './local-network.ts';
import { reachOf, type Reach } from './reach.ts';
import { KIND, tokenSource, words } from './words.ts';

/** How long all protocols together may take, ms. */
const ASK_MS = 6_000;
/** The same while the browser asks the reader, who has to find the button first, ms. */
const ASK_READER_MS = 30_000;
const DIAGNOSE_MS = 3_000;

export interface ProbeParts {
  readonly protocols: { load(name: ProtocolName): Promise<Protocol> };
  readonly sockets: SocketFactory;
  readonly fetch: Fetch;
  readonly signal: AbortSignal;
  /** The page came by https. */
  readonly https: boolean;
  /** The page's own, as `location.origin`. */
  readonly origin: string;
  /** What the browser says of its Local Network Access; asked for itself unless given. */
  readonly localNetwork?: () => Promise<LocalNetwork>;
  /** For tests; ms. */
  readonly askMs?: number;
}

type Trouble = NonNullable<ProbeReport['trouble']>;
const trouble = (code: ProbeTrouble, message: string): Trouble => ({ code, message });

/**
 * What is at an address, and by which protocols it can be used: the sure ones first. Without any, the trouble says
 * why and what to do. Starts no work there and leaves nothing open. Never rejects.
 */
export async function probeAddress(
  text: string,
  token: string,
  parts: ProbeParts,
): Promise<ProbeReport> {
  const address = readAddress(text);
  if (typeof address === 'string') {
    return { url: text.trim(), proposals: [], trouble: trouble('bad_address', address) };
  }
  const { url } = address;
  const failed = (why: Trouble): ProbeReport => ({ url, proposals: [], trouble: why });

  const here = await surroundings(address, parts);
  const barred = barrier(address, here);
  if (barred) return failed(barred);

  const endpoint = { url, token: token || (address.token ?? '') };
  const ask = limited(parts.signal, parts.askMs ?? (here.asks ? ASK_READER_MS : ASK_MS));
  const asked = await askAll(endpoint, parts, ask.signal);
  ask.done();
  if (parts.signal.aborted) return failed(trouble('unreachable', words.stopped));

  const { proposals, refuses } = sorted(asked);
  if (proposals.some(({ sure }) => sure)) return { url, proposals };
  // Who refuses a token speaks the protocol; who merely opened a socket may speak anything.
  if (refuses) return failed(refusal(refuses, endpoint, parts.origin));
  if (proposals.length > 0) return { url, proposals };

  const look = limited(parts.signal, DIAGNOSE_MS);
  const behind = await diagnose(url, parts, look.signal);
  look.done();
  if (parts.signal.aborted) return failed(trouble('unreachable', words.stopped));
  return failed(explain(behind, address, here, { origin: parts.origin, token: endpoint.token }));
}

interface Surroundings {
  readonly https: boolean;
  readonly reach: Reach;
  /** From the internet to what is near: the browser has a say. */
  readonly inward: boolean;
  readonly allowed: LocalNetwork;
  /** The browser will ask the reader. */
  readonly asks: boolean;
}

async function surroundings(address: ReadAddress, parts: ProbeParts): Promise<Surroundings> {
  const reach = reachOf(address.hostname);
  const page = URL.canParse(parts.origin) ? reachOf(new URL(parts.origin).hostname) : 'public';
  // Browsers restrict what comes from the internet; a page that is near itself reaches its neighbours.
  const inward = page === 'public' && reach !== 'public';
  const allowed = inward ? await (parts.localNetwork ?? localNetwork)() : 'unknown';
  return { https: parts.https, reach, inward, allowed, asks: inward && allowed === 'prompt' };
}

/** What the browser would refuse anyway: dialling it would only say less about why. */
function barrier({ url, secure }: ReadAddress, here: Surroundings): Trouble | undefined {
  const { https, reach, inward, allowed } = here;
  if (inward && allowed === 'denied') {
    return https
      ? trouble('private_network', words.localDenied(url))
      : trouble('private_network', words.localInsecure(url));
  }
  // Loopback counts as secure; and who may be asked for what is near lifts the ban for it.
  if (https && !secure && reach !== 'loopback' && !(inward && allowed !== 'unknown')) {
    return trouble('mixed_content', words.mixed(url, reach === 'private'));
  }
  return undefined;
}

function sorted(asked: readonly Asked[]): {
  proposals: ProbeReport['proposals'];
  refuses: Asked | undefined;
} {
  const proposals = asked.flatMap(({ protocol, answer: { verdict, how } }) =>
    verdict === 'speaks' || verdict === 'maybe'
      ? [{ protocol, sure: verdict === 'speaks', how }]
      : [],
  );
  return {
    proposals: proposals.toSorted((a, b) => Number(b.sure) - Number(a.sure)),
    refuses: asked.find(({ answer }) => answer.verdict === 'refused'),
  };
}

function refusal(
  { protocol, answer }: Asked,
  { url, token }: { url: string; token: string },
  origin: string,
): Trouble {
  return /\b(?:origin|admit|forbidden|403)/i.test(answer.how)
    ? trouble('forbidden_origin', words.forbidden(url, origin))
    : refused(KIND[protocol], url, token, tokenSource(protocol));
}

/** What is asked for is not what is turned down: the reader has something else to do about each. */
const refused = (kind: string, url: string, token: string, source = tokenSource()): Trouble =>
  token === ''
    ? trouble('token_wanted', words.tokenWanted(kind, url, source))
    : trouble('unauthorized', words.unauthorized(kind, url, source));

function explain(
  behind: Behind,
  { url, secure }: ReadAddress,
  here: Surroundings,
  { origin, token }: { readonly origin: string; readonly token: string },
): Trouble {
  switch (behind.kind) {
    case 'socket': {
      const { closed } = behind;
      if (closed && [3000, 4401].includes(closed.code)) {
        return refused('A server', url, token);
      }
      if (closed && ([3003, 4403].includes(closed.code) || /origin/i.test(closed.reason))) {
        return trouble('forbidden_origin', words.forbidden(url, origin));
      }
      return trouble('unknown_protocol', words.unknownProtocol(url));
    }
    case 'http': {
      const foreign = new URL(url).origin !== origin;
      if (behind.status === 401) {
        return refused('A server', url, token);
      }
      if (behind.status === 403 && foreign) {
        return trouble('forbidden_origin', words.forbidden(url, origin));
      }
      return trouble(
        'no_websocket',
        words.noWebSocket(url, behind.status, foreign ? origin : undefined),
      );
    }
    case 'nothing':
      if (here.inward && here.allowed === 'prompt') {
        return here.https
          ? trouble('private_network', words.localSilent(url))
          : trouble('private_network', words.localInsecure(url));
      }
      return here.https && !secure && here.reach === 'loopback'
        ? trouble('unreachable', words.loopbackOverHttps(url))
        : trouble('unreachable', words.unreachable(url));
  }
}
