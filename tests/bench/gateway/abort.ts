import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { singleProtocol } from '../../../src/app/client/protocols/single.ts';
import { Page, until } from '../../contract/protocols/page.ts';
import { eavesdropped, heardAt } from '../../support/eavesdropped.ts';
import { GatewayProcess } from '../../support/gateway-process.ts';
import { SingleServer } from '../../support/servers/single-server.ts';
import type { Aim, Scenario } from '../lib/scenario.ts';
import { figure } from '../lib/stats.ts';

const aim = (what: string, values: readonly number[]): Aim => ({
  what,
  value: Math.max(...values),
  limit: 200,
  unit: 'ms',
});

/** From the end of a single request's socket to the end of the work for it (R49). */
export const abort: Scenario = {
  name: 'gateway-abort',
  title: 'a single request’s socket closes: when the work for it ends',
  share: 20,
  async run({ quick, runs, say }) {
    const times = quick ? 3 : 10 * runs;
    const atAgent = await gatewaySide(times);
    const atServer = await pageSide(times);
    say(`${times} closes of each`);
    return {
      figures: {
        'socket closed, agent told': { 'to session/cancel': figure('ms', atAgent) },
        'Stop pressed, server aborts': { 'to the abort': figure('ms', atServer) },
      },
      aims: [
        aim('single request closed to agent cancelled, slowest', atAgent),
        aim('Stop to abort at a single-request server, slowest', atServer),
      ],
    };
  },
};

/** The gateway's `/ws`, whose agent writes down when it hears `session/cancel`. */
async function gatewaySide(times: number): Promise<number[]> {
  const folder = await mkdtemp(join(tmpdir(), 'aperture-abort-'));
  const file = join(folder, 'heard.txt');
  const gateway = await GatewayProcess.start({
    args: ['--default-agent', 'scripted'],
    agents: { scripted: eavesdropped(file) },
  });
  try {
    const found: number[] = [];
    while (found.length < times) {
      const socket = new WebSocket(`${gateway.origin.replace('http', 'ws')}/ws`);
      await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
      const send = (frame: object): void => socket.send(JSON.stringify(frame));
      const { token } = gateway;
      const spoke = new Promise<void>((resolve) =>
        socket.on('message', (data: Buffer) => {
          const frame = JSON.parse(data.toString()) as { type: string; sess_id: string };
          const payload = 'SAY on ; HANG';
          if (frame.type === 'assistant_response') resolve();
          else send({ type: 'user_query', sess_id: frame.sess_id, payload });
        }),
      );
      send({ type: 'hello', identity: 'bench', token });
      await spoke;
      const closedAt = Date.now();
      socket.close(1000);
      let heard: number[];
      do {
        if (Date.now() > closedAt + 10_000) throw new Error('bench: the agent was not cancelled');
        heard = await heardAt(file, 'session/cancel');
      } while (heard.length <= found.length);
      found.push(heard.at(-1)! - closedAt);
    }
    return found;
  } finally {
    await gateway.dispose();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The page's adapter, with a server that aborts when its socket is gone. */
async function pageSide(times: number): Promise<number[]> {
  const server = await new SingleServer().start();
  const page = new Page({ protocol: singleProtocol, url: server.url });
  try {
    await page.connect();
    const found: number[] = [];
    while (found.length < times) {
      const key = await page.begin('SLOW');
      const pressedAt = performance.now();
      page.link!.cancel!.send(`c${found.length}`, key);
      await until('the server has aborted', () => server.aborted.length > found.length);
      found.push(server.aborted.at(-1)!.at - pressedAt);
    }
    return found;
  } finally {
    page.link?.close();
    await server.stop();
  }
}
