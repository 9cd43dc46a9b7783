import { ApertureError } from '../../../core/errors.ts';
import type { SessionId } from '../../../core/ids.ts';
import type { Answer } from '../../../core/session/event.ts';
import { translate } from '../../../core/session/translate.ts';
import { classifyClose } from '../../../core/wire/close-codes.ts';
import { decodeServerFrame } from '../../../core/wire/decode.ts';
import { SUBPROTOCOL, type ClientFrame, type ServerFrame } from '../../../core/wire/frames.ts';
import type { ProbeAnswer } from '../../../core/endpoint/probe.ts';
import { GatewayApi, isGateway } from '../gateway-api.ts';
import type { Endpoint, Incoming, Link, OpenRequest, ProbeRequest, Protocol } from './port.ts';
import { SocketLink, type Codec } from './socket-link.ts';

/** The gateway's own wire, `aperture.v1`: one socket per session, resumed by sequence number. */
export const apertureProtocol: Protocol = {
  name: 'aperture',
  afterDrop: 'resume',
  shared: true,
  knowsKeys: true,
  open: (request) => new ApertureLink(request),
  classifyClose,
  probe: probeAperture,
};

const encode = (frame: ClientFrame): string => JSON.stringify(frame);

export function sessionSocketUrl(endpoint: Endpoint, id: SessionId): string {
  const base = endpoint.url.endsWith('/') ? endpoint.url : `${endpoint.url}/`;
  const url = new URL(`v1/sessions/${encodeURIComponent(id)}/ws`, base);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

/** @throws ApertureError for a frame that cannot be read; undefined for a kind that a newer gateway may have. */
export function decodeAperture(text: string): Incoming | undefined {
  let frame: ServerFrame;
  try {
    frame = decodeServerFrame(text);
  } catch (error) {
    if (error instanceof ApertureError && error.code === 'unknown_frame') return undefined;
    const n = numberIn(text);
    if (n === undefined) throw error;
    return { kind: 'unreadable', n, why: error instanceof Error ? error.message : '' };
  }
  switch (frame.t) {
    case 'm':
      return {
        kind: 'event',
        event: { from: frame.from ?? frame.n, n: frame.n, at: frame.at, event: translate(frame.m) },
      };
    case 'attached': {
      const { epoch, mode, low, head, session, pending } = frame;
      return { kind: 'attached', info: { epoch, mode, low, head, session }, pending };
    }
    case 'ack':
      return { kind: 'ack', key: frame.k, duplicate: frame.dup === true };
    case 'refused':
      return { kind: 'refused', key: frame.k, error: frame.error };
    case 'session':
      return { kind: 'summary', summary: frame.session };
    case 'pong':
      return { kind: 'pong', token: frame.c };
    case 'error':
      return { kind: 'error', error: frame.error };
  }
}

/** The number of a log entry that is too large, too deep or broken: the gateway writes it before all else. */
function numberIn(text: string): number | undefined {
  const n = Number(/^\{"t":"m","n":(\d{1,15}),/.exec(text.slice(0, 64))?.[1]);
  return Number.isSafeInteger(n) ? n : undefined;
}

/** By its REST side, which says more than a socket that closes. */
async function probeAperture({ endpoint, fetch }: ProbeRequest): Promise<ProbeAnswer> {
  if (!(await isGateway(endpoint.url, fetch))) {
    return { verdict: 'no', how: 'There is no Aperture gateway.' };
  }
  try {
    await new GatewayApi(endpoint, fetch).sessions();
    return { verdict: 'speaks', how: 'An Aperture gateway answers.' };
  } catch (error) {
    const { message } = error as Error;
    return { verdict: 'refused', how: message };
  }
}

class ApertureLink implements Link {
  readonly #link: SocketLink;
  readonly cancel = {
    send: (k: string, turn?: string) => this.#send({ t: 'cancel', k, turn }),
  };
  readonly approve = {
    answer: (k: string, id: string, answer: Answer) =>
      this.#send({
        t: 'answer',
        k,
        id,
        result: {
          outcome:
            answer === undefined
              ? { outcome: 'cancelled' }
              : {
                  outcome: 'selected',
                  ...(typeof answer === 'string' ? { optionId: answer } : answer),
                },
        },
      }),
  };
  readonly settings = {
    setMode: (k: string, mode: string) => this.#send({ t: 'set_mode', k, mode }),
    setOption: (k: string, option: string, value: string | boolean) =>
      this.#send({ t: 'set_option', k, option, value }),
  };
  readonly takes = 'log';
  readonly liveness = { ping: (c: number) => this.#send({ t: 'ping', c }) };
  readonly retention = { persisted: (n: number) => this.#send({ t: 'persisted', n }) };

  constructor(request: OpenRequest) {
    const { endpoint, session, client, resume } = request;
    const codec: Codec = {
      // The token travels in the first frame, never in the address (R67).
      hello: () => [
        encode({
          t: 'attach',
          token: endpoint.token,
          client,
          epoch: resume.epoch,
          since: resume.since,
          lines: true,
        }),
      ],
      lines: true,
      decode: decodeAperture,
    };
    const url = sessionSocketUrl(endpoint, session);
    this.#link = new SocketLink(request.sockets, url, [SUBPROTOCOL], codec, request.sink);
  }

  prompt: Link['prompt'] = (k, prompt, steer) =>
    this.#send({ t: 'prompt', k, prompt: [...prompt], ...(steer && { steer }) });

  close(code?: number, reason?: string): void {
    this.#link.close(code, reason);
  }

  #send(frame: ClientFrame): void {
    this.#link.send(encode(frame));
  }
}
