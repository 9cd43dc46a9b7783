import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { acpProtocol } from '../../../src/app/client/protocols/acp/acp.ts';
import { legacyProtocol } from '../../../src/app/client/protocols/legacy/legacy.ts';
import { bidiProtocol } from '../../../src/app/client/protocols/bidi/bidi.ts';
import type { ProbeRequest, Protocol } from '../../../src/app/client/protocols/port.ts';
import { DEFAULT_POLICY } from '../../../src/core/endpoint/policy.ts';
import { GatewayProcess } from '../../support/gateway-process.ts';
import { SCRIPTED } from '../dialects/support.ts';
import { Page, until, type PageOptions } from './page.ts';

// The two ends were written apart: the page's adapter, and the `/acp` that the gateway offers to any client.

let gateway: GatewayProcess;
let pages: Page[];

beforeAll(async () => {
  gateway = await GatewayProcess.start({ args: SCRIPTED });
});
afterAll(() => gateway.dispose());
beforeEach(() => {
  pages = [];
});
afterEach(() => {
  for (const page of pages) page.link?.close();
  expect(pages.flatMap(({ violations }) => violations)).toEqual([]);
});

const page = (more: Partial<PageOptions> = {}): Page => {
  const made = new Page({
    protocol: acpProtocol,
    url: gateway.origin,
    token: gateway.token,
    summary: { cwd: gateway.work },
    ...more,
  });
  pages.push(made);
  return made;
};
const connected = async (more: Partial<PageOptions> = {}): Promise<Page> => {
  const made = page(more);
  await made.connect();
  return made;
};
const request = (protocol: Protocol, token = gateway.token): ProbeRequest => ({
  endpoint: { url: gateway.origin, token },
  policy: DEFAULT_POLICY[protocol.name],
  sockets: page().sockets,
  fetch: (to, init) => fetch(to, init),
  signal: new AbortController().signal,
});

describe('acp, spoken with the gateway', () => {
  it('[R38] answers, and again, with nothing left over', async () => {
    const made = await connected();
    expect(await made.ask('SAY hello')).toBe('end_turn');
    expect(await made.ask('SAY there')).toBe('end_turn');
    expect(made.said('user')).toBe('SAY helloSAY there');
    expect(made.said('assistant')).toMatch(/^hello\s*there$/);
    expect(made.ignored).toEqual([]);
  });

  it('[R41] is stopped', async () => {
    const made = await connected();
    await made.begin('STREAM 5000 10');
    made.link!.cancel!.send('c1', made.keys[0]);
    await until('it has ended', () => made.turn === 'idle');
    expect(made.ends).toMatchObject([{ stopReason: 'cancelled' }]);
  });

  it('[R57] asks and is answered', async () => {
    const made = await connected();
    made.prompt('PERMIT');
    await until('it is asked', () => made.pending.size === 1);
    const [asked] = made.of('permission');
    made.link!.approve!.answer('a1', asked!.id, asked!.options[0]!.optionId);
    await until('the end', () => made.ends.length === 1);
    expect(made.of('resolved')).toMatchObject([{ outcome: 'selected' }]);
  });

  it('[R28] goes on with its session after a drop, and shows it from the list in another page', async () => {
    const one = await connected();
    await one.ask('SAY one');
    one.link!.close();
    await one.connect();
    await one.ask('SAY two');
    expect(one.said('assistant')).toMatch(/^one\s*two$/);
    const { sessionId } = one.remote as { sessionId: string };
    const listed = await acpProtocol.list!(request(acpProtocol));
    const found = listed.find(({ remote }) => remote['sessionId'] === sessionId);
    const two = await connected({ remote: found!.remote });
    await until('its history', () => /one\s*two/.test(two.said('assistant')));
    expect(two.said('user')).toBe('SAY oneSAY two');
  });

  it('[R57] a request that was answered in another page is withdrawn here', async () => {
    const one = await connected();
    one.prompt('PERMIT');
    await until('it is asked', () => one.pending.size === 1);
    const two = await connected({ remote: one.remote });
    await until('it is asked here too', () => two.pending.size === 1);
    const [asked] = one.of('permission');
    one.link!.approve!.answer('a1', asked!.id, asked!.options[0]!.optionId);
    await until('it is settled', () => two.pending.size === 0);
    expect(two.of('resolved')).toMatchObject([{ outcome: 'cancelled', reason: 'withdrawn' }]);
  });

  it('[R47][R67] a token that is wrong, or missing, is told as such', async () => {
    expect(await acpProtocol.probe(request(acpProtocol))).toMatchObject({ verdict: 'speaks' });
    for (const token of ['', 'wrong']) {
      expect(await acpProtocol.probe(request(acpProtocol, token))).toMatchObject({
        verdict: 'refused',
      });
      const made = page({ token });
      made.open();
      expect(await made.lost()).toMatchObject({ verdict: 'fatal' });
    }
  });

  it.each([
    ['legacy', legacyProtocol],
    ['bidi', bidiProtocol],
  ] as const)('is not taken for %s', async (_, protocol) => {
    expect(await protocol.probe(request(protocol))).toMatchObject({ verdict: 'no' });
  });
});
