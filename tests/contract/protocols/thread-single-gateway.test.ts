import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Protocol } from '../../../src/app/client/protocols/port.ts';
import { scopedProtocol } from '../../../src/app/client/protocols/scoped.ts';
import { singleProtocol } from '../../../src/app/client/protocols/single.ts';
import { threadProtocol } from '../../../src/app/client/protocols/thread.ts';
import { DEFAULT_POLICY } from '../../../src/core/endpoint/policy.ts';
import { GatewayProcess } from '../../support/gateway-process.ts';
import { SCRIPTED } from '../dialects/support.ts';
import { Page, until } from './page.ts';

// The two ends were written apart: the page's adapters, and what the gateway offers to clients of these models.

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

const page = (protocol: Protocol, token = gateway.token): Page => {
  const made = new Page({ protocol, url: gateway.origin, token });
  pages.push(made);
  return made;
};
const connected = async (protocol: Protocol): Promise<Page> => {
  const made = page(protocol);
  await made.connect();
  return made;
};
const probe = (protocol: Protocol, token: string) =>
  protocol.probe({
    endpoint: { url: gateway.origin, token },
    policy: DEFAULT_POLICY[protocol.name],
    sockets: page(protocol).sockets,
    fetch: (to, init) => fetch(to, init),
    signal: new AbortController().signal,
  });

describe.each([
  ['thread', threadProtocol],
  ['single', singleProtocol],
] as const)('%s, spoken with the gateway', (_, protocol) => {
  it('[R38] answers, and again', async () => {
    const made = await connected(protocol);
    expect(await made.ask('SAY hello ; SAY  there')).toBe('end_turn');
    expect(made.said('assistant')).toMatch(/^hello\s*there$/);
    expect(await made.ask('SAY more')).toBe('end_turn');
    expect(made.said('assistant')).toMatch(/there\s*more$/);
    expect([made.ends.length, made.ignored]).toEqual([2, []]);
  });

  it('[R41] is stopped', async () => {
    const made = await connected(protocol);
    await made.begin('STREAM 5000 10');
    made.link!.cancel!.send('c1', made.keys[0]);
    await until('it has ended', () => made.turn === 'idle');
    expect(made.ends).toMatchObject([{ stopReason: 'cancelled' }]);
  });

  it('is known by its probe, which starts nothing', async () => {
    const before = (await gateway.sessions()).length;
    expect(await probe(protocol, gateway.token)).toMatchObject({ verdict: 'speaks' });
    for (const token of ['', 'wrong']) {
      expect(await probe(protocol, token)).toMatchObject({ verdict: 'refused' });
    }
    expect(await gateway.sessions()).toHaveLength(before);
  });

  it('[R67] a wrong token is fatal', async () => {
    const made = page(protocol, 'wrong');
    made.open();
    expect(await made.lost()).toMatchObject({ verdict: 'fatal', code: 'unauthorized' });
  });
});

describe('the gateway', () => {
  it('goes on with a thread that another page began, and with a single client’s conversation', async () => {
    const one = await connected(threadProtocol);
    await one.ask('SAY one');
    const title = (one.remote as { threadId: string }).threadId;
    const two = one.reload();
    pages.push(two);
    one.link!.close();
    await two.connect();
    await two.ask('SAY two');
    const threads = (await gateway.sessions()).filter((session) => session.title === title);
    expect(threads).toHaveLength(1);

    const before = (await gateway.sessions()).length;
    const single = await connected(singleProtocol);
    await single.ask('SAY one');
    await single.ask('SAY two');
    expect((await gateway.sessions()).length).toBe(before + 1);
    expect(single.of('notice')).toEqual([]);
  });

  it('does not speak scoped', async () => {
    expect(await probe(scopedProtocol(), gateway.token)).toMatchObject({
      verdict: expect.stringMatching(/no|refused/) as string,
    });
  });
});
