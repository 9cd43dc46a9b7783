import { bidiProtocol } from '../../../src/app/client/protocols/bidi/bidi.ts';
import type { Incoming, Protocol } from '../../../src/app/client/protocols/port.ts';

export type Tamper = (message: Incoming, tell: (message: Incoming) => void) => void;

/** A protocol whose adapter breaks a promise: the negative control of every test that says it keeps them. */
export const broken = (tamper: Tamper): Protocol => ({
  ...bidiProtocol,
  open: (request) => {
    // What was put in or left out moves all numbers that follow.
    let shift = 0;
    const tell = (message: Incoming): void => {
      if (message.kind !== 'event') return request.sink.incoming(message);
      const { from, n } = message.event;
      const event = { ...message.event, from: from + shift, n: n + shift };
      request.sink.incoming({ kind: 'event', event });
    };
    return bidiProtocol.open({
      ...request,
      sink: {
        closed: request.sink.closed,
        incoming: (message) => {
          let told = 0;
          tamper(message, (instead) => {
            if (told > 0) shift++;
            told++;
            tell(instead);
          });
          if (told === 0 && message.kind === 'event') shift--;
        },
      },
    });
  },
});

export const isEnd = (message: Incoming): boolean =>
  message.kind === 'event' &&
  message.event.event.type === 'turn' &&
  message.event.event.state === 'idle';
