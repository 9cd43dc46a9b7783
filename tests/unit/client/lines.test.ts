import { describe, expect, it } from 'vitest';
import type { Incoming, Socket, SocketEvent } from '../../../src/app/client/protocols/port.ts';
import { SocketLink, type Codec } from '../../../src/app/client/protocols/socket-link.ts';

function link(codec: Partial<Codec> = {}) {
  const heard: string[] = [];
  const listeners = new Map<string, (event: SocketEvent) => void>();
  const socket: Socket = {
    readyState: 1,
    addEventListener: (type, listener) => void listeners.set(type, listener),
    send: () => {},
    close: () => {},
  };
  const made: SocketLink = new SocketLink(
    () => socket,
    'ws://localhost',
    [],
    {
      lines: true,
      hello: () => [],
      decode: (text) => {
        const token = (JSON.parse(text) as { n: number }).n;
        return { kind: 'pong', token };
      },
      ...codec,
    },
    {
      incoming: (message: Incoming) => {
        const { token } = message as { token: number };
        heard.push(String(token));
        if (token === 13) made.close();
      },
      closed: (code) => void heard.push(`closed ${code}`),
    },
  );
  return { heard, say: (data: unknown) => listeners.get('message')!({ data }) };
}

describe('a message of several lines', () => {
  it('[R21] is as many frames, in order', () => {
    const { heard, say } = link();
    say('{"n":1}');
    say('{"n":2}\n{"n":3}\n{"n":4}');
    expect(heard).toEqual(['1', '2', '3', '4']);
  });

  it('[R71] a line that cannot be read costs the socket, and what stood before it counts', () => {
    const { heard, say } = link();
    say('{"n":1}\n{"n":\n{"n":3}');
    expect(heard).toEqual(['1', 'closed 1006']);
  });

  it('[R12] whoever hangs up in the middle hears no more of it', () => {
    const { heard, say } = link();
    say('{"n":12}\n{"n":13}\n{"n":14}');
    expect(heard).toEqual(['12', '13']);
  });

  it('of a protocol without lines it is one frame', () => {
    const { heard, say } = link({
      lines: undefined,
      decode: (text) => ({ kind: 'pong', token: text.length }),
    });
    say('a\nb');
    expect(heard).toEqual(['3']);
  });
});
