import type { ProbeAnswer } from '../../../../core/endpoint/probe.ts';
import type { ProbeRequest, Protocol } from '../port.ts';
import { closedInstead, probing } from '../probing.ts';
import { SocketLink } from '../socket-link.ts';
import { BidiLink, bidiHello, bidiUrl } from './bidi-link.ts';
import { readFrames } from './bidi-quirks.ts';
import { classifyBidiClose } from './close.ts';

/** AI SDK streams over a WebSocket that is the session itself: it cannot be shared, and ends with its connection. */
export const bidiProtocol: Protocol = {
  name: 'bidi',
  afterDrop: 'lost',
  shared: false,
  open: (request) => new BidiLink(request),
  classifyClose: classifyBidiClose,
  probe: probeBidi,
};

/** A connection without a prompt is a session in which nothing was said: it leaves nothing behind. */
function probeBidi(request: ProbeRequest): Promise<ProbeAnswer> {
  return probing(request.signal, 'It did not answer a ping.', (done) => {
    const link = new SocketLink(
      request.sockets,
      bidiUrl(request),
      [],
      {
        hello: () => [...bidiHello(request), JSON.stringify({ type: 'ping', timestamp: 1 })],
        decode: (text) => {
          if (readFrames(text).some(({ kind }) => kind === 'pong')) {
            done({ verdict: 'speaks', how: 'A live stream answers a ping.' });
          }
          return undefined;
        },
      },
      {
        incoming: () => {},
        closed: (code, reason) =>
          done(
            code === 4409
              ? { verdict: 'speaks', how: 'A live stream answers; somebody else is driving it.' }
              : closedInstead(code, reason),
          ),
      },
    );
    return () => link.close();
  });
}
