import { describe, expect, it } from 'vitest';
import { acpProtocol } from '../../../src/app/client/protocols/acp/acp.ts';
import { bidiProtocol } from '../../../src/app/client/protocols/bidi/bidi.ts';
import { legacyProtocol } from '../../../src/app/client/protocols/legacy/legacy.ts';
import type { Protocol } from '../../../src/app/client/protocols/port.ts';
import { scopedProtocol } from '../../../src/app/client/protocols/scoped.ts';
import { singleProtocol } from '../../../src/app/client/protocols/single.ts';
import { threadProtocol } from '../../../src/app/client/protocols/thread.ts';
import { DEFAULT_POLICY } from '../../../src/core/endpoint/policy.ts';
import { AcpServer } from '../../support/servers/acp-server.ts';
import { BidiServer } from '../../support/servers/bidi-server.ts';
import { LegacyServer } from '../../support/servers/legacy-server.ts';
import type { ModelServer } from '../../support/servers/model-server.ts';
import { ScopedServer } from '../../support/servers/scoped-server.ts';
import { SingleServer } from '../../support/servers/single-server.ts';
import { ThreadServer } from '../../support/servers/thread-server.ts';
import { Page, until } from './page.ts';

const protocols: Protocol[] = [
  acpProtocol,
  legacyProtocol,
  threadProtocol,
  singleProtocol,
  scopedProtocol(),
  bidiProtocol,
];

// Side by side: most of the time is waiting for servers that say nothing.
describe.concurrent.each<[name: string, path: string, make: () => ModelServer]>([
  ['acp', '/acp', () => new AcpServer()],
  ['legacy', '', () => new LegacyServer()],
  ['thread', '/chat/ws', () => new ThreadServer()],
  ['single', '/ws', () => new SingleServer()],
  ['scoped', '/ws', () => new ScopedServer()],
  ['bidi', '/live', () => new BidiServer()],
])('a server of %s', (name, path, make) => {
  it.each(['its host alone', 'its whole path'])(
    'is taken for that and nothing else, by %s; no work starts',
    async (how) => {
      const server = await make().start();
      const url = how === 'its host alone' ? server.url : server.url + path;
      const probes = protocols.map(async (protocol) => {
        const { verdict } = await protocol.probe({
          endpoint: { url, token: '' },
          policy: DEFAULT_POLICY[protocol.name],
          sockets: new Page({ protocol, url }).sockets,
          fetch: (to, init) => fetch(to, init),
          signal: new AbortController().signal,
        });
        return [protocol.name, verdict];
      });
      const found = (await Promise.all(probes)).filter(([, verdict]) => verdict !== 'no');
      expect(found).toEqual([[name, 'speaks']]);
      await until('every socket is closed', () => server.connections === 0);
      expect(server.prompts).toEqual([]);
      await server.stop();
    },
  );
});
