import { DEFAULT_POLICY, PROTOCOLS, type ProtocolName } from '../../../core/endpoint/policy.ts';
import type { ProbeAnswer } from '../../../core/endpoint/probe.ts';
import type { Endpoint, Fetch, Protocol, SocketFactory } from '../protocols/port.ts';
import { unlessAborted } from './limited.ts';

export interface Asked {
  readonly protocol: ProtocolName;
  readonly answer: ProbeAnswer;
}

interface AskParts {
  readonly protocols: { load(name: ProtocolName): Promise<Protocol> };
  readonly sockets: SocketFactory;
  readonly fetch: Fetch;
}

/** Asks every protocol that there is, side by side; none of them holds the others up beyond `signal`. */
export function askAll(endpoint: Endpoint, parts: AskParts, signal: AbortSignal): Promise<Asked[]> {
  const { protocols, sockets, fetch } = parts;
  const none: ProbeAnswer = { verdict: 'no', how: 'No answer in time.' };
  const ask = async (name: ProtocolName): Promise<ProbeAnswer> => {
    const protocol = await protocols.load(name);
    return protocol.probe({ endpoint, policy: DEFAULT_POLICY[name], sockets, fetch, signal });
  };
  return Promise.all(
    PROTOCOLS.map(async (protocol) => ({
      protocol,
      answer: await unlessAborted(ask(protocol), signal, none),
    })),
  );
}
