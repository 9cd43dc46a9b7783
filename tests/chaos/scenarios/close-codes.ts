import type { AddressInfo } from 'node:net';
import { WebSocketServer, WebSocket } from 'ws';
import { ApertureClient } from '../../../src/app/client/aperture-client.ts';
import type { Socket } from '../../../src/app/client/protocols/port.ts';
import { classifyClose, type CloseVerdict } from '../../../src/core/wire/close-codes.ts';
import { ManualEnvironment, placeAt, RecordingHost, summary } from '../../unit/client/kit.ts';
import { FakeSocket } from '../lib/fake-socket.ts';
import type { Context, Outcome, Scenario } from '../lib/scenario.ts';
import { until } from '../lib/wait.ts';

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** Clients at a time. */
const TOGETHER = 24;

/** No socket may send these; 1005 and 1006 are what its absence and a broken line look like. */
const UNSPEAKABLE = new Set([1004, 1015]);

/** The rule once more, from R10 and PROTOCOL.md and not from the table: what the reader sees after each. */
function expected(code: number): string {
  if (code === 4410) return 'ended';
  if (code === 4404) return 'ended, gone';
  if (code === 1000) return 'disconnected';
  const fatal = [1002, 1003, 1007, 1008, 1009, 1010, 1015, 3000, 3003];
  if (fatal.includes(code)) return 'error';
  const again = code === 4408 || code === 4429 || (code >= 4500 && code < 4600);
  return code >= 4000 && !again ? 'error' : 'reconnecting';
}

export const closeCodes: Scenario = {
  name: 'close-codes',
  title:
    '[R10, R13] every close code that there is, sent by a real server: retried or not, by one table',
  browser: false,

  async run({ say }: Context): Promise<Outcome> {
    const codes = [...range(1000, 1015), ...range(3000, 4999)];
    const failures: string[] = [];
    const seen: Record<CloseVerdict, number> = { done: 0, retry: 0, lost: 0, fatal: 0 };
    let dials = 0;
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    server.on('connection', (socket, request) => {
      dials++;
      const code = Number(request.url!.split('/')[3]);
      socket.on('error', () => {});
      socket.once('message', () => {
        socket.send(attached(String(code)), () => {
          if (code === 1005) socket.close();
          else if (code === 1006) socket.terminate();
          else socket.close(code);
        });
      });
    });

    const one = async (code: number): Promise<void> => {
      const id = String(code);
      const host = new RecordingHost();
      let fake: FakeSocket | undefined;
      const client = new ApertureClient({
        host,
        environment: new ManualEnvironment(),
        place: placeAt(`http://127.0.0.1:${port}`),
        check: () => Promise.resolve({ status: 'there' }),
        client: 'chaos',
        random: () => 0.999,
        sockets: (url, protocols) =>
          UNSPEAKABLE.has(code)
            ? (fake = new FakeSocket(url))
            : (new WebSocket(url, [...protocols]) as unknown as Socket),
      });
      const opening = client.connectSession(id).catch(() => {});
      if (fake) {
        fake.opened();
        fake.says(attached(id));
        fake.drops(code);
      }
      await opening;
      const connected = (): boolean => {
        const { status } = client.getConnectionStatus(id);
        return status === 'connected' || status === 'connecting';
      };
      try {
        await until(`the close of ${code}`, () => !connected(), 10_000, 2);
        const state = client.getConnectionStatus(id);
        const got = state.status === 'ended' && state.gone ? 'ended, gone' : state.status;
        if (got !== expected(code)) failures.push(`${code}: ${got}, not ${expected(code)}`);
        if (state.status === 'reconnecting' && state.retryAt === undefined)
          failures.push(`${code}: nothing is planned`);
        if (state.status === 'error' && !state.error.message) failures.push(`${code}: no reason`);
        seen[classifyClose(code).verdict]++;
      } catch (error) {
        failures.push(String(error));
      } finally {
        client.dispose();
      }
    };
    try {
      for (let start = 0; start < codes.length; start += TOGETHER)
        await Promise.all(codes.slice(start, start + TOGETHER).map(one));
      say(`${dials} real sockets`);
    } finally {
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    }
    return {
      figures: { codes: codes.length, 'over real sockets': dials, ...seen },
      failures,
    };
  },
};

const attached = (id: string): string =>
  JSON.stringify({
    t: 'attached',
    epoch: 'e',
    mode: 'resume',
    low: 1,
    head: 0,
    session: summary(id),
    pending: [],
  });
