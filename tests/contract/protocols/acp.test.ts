import { acpProtocol } from '../../../src/app/client/protocols/acp/acp.ts';
import { AcpServer } from '../../support/servers/acp-server.ts';
import { BidiServer } from '../../support/servers/bidi-server.ts';
import { until } from './page.ts';
import { protocolContract, type Stray } from './suite.ts';

const during =
  (what: keyof AcpServer['misbehave']): Stray<AcpServer>['provoke'] =>
  async (page, server) => {
    server.misbehave[what] = true;
    await page.ask('hello');
  };

protocolContract<AcpServer>({
  protocol: acpProtocol,
  server: () => new AcpServer({ resume: true, token: 'right' }),
  other: () => new BidiServer(),
  token: 'right',
  wrongToken: 'wrong',
  has: { cancel: true, approve: true, liveness: false, list: true },
  afterDrop: 'retry',
  dropVerdict: 'retry',
  shared: false,
  sayNonsense: (server) => server.sayNonsense(),
  strays: [
    { what: 'an update of another session', why: 'foreign_scope', provoke: during('foreign') },
    { what: 'an update of no session', why: 'missing_scope', provoke: during('unscoped') },
    { what: 'an answer to no request', why: 'unknown_request', provoke: during('orphans') },
    { what: 'a second answer', why: 'duplicate_final', provoke: during('duplicateFinal') },
    { what: 'a request of the agent', why: 'unknown_kind', provoke: during('requests') },
    { what: 'the user’s own words', why: 'unknown_kind', provoke: during('echo') },
    {
      what: 'a token after the cancel',
      why: 'late',
      provoke: async (page, server) => {
        server.misbehave.lateTokens = true;
        await page.begin('SLOW');
        page.link!.cancel!.send('c1');
        await until('the end', () => page.turn === 'idle');
      },
    },
  ],
});
