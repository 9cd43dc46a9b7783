import { afterEach, describe, expect, it } from 'vitest';
import { bidiProtocol } from '../../../src/app/client/protocols/bidi/bidi.ts';
import { AcpServer } from '../../support/servers/acp-server.ts';
import { BidiServer, type BidiServerOptions } from '../../support/servers/bidi-server.ts';
import { afterCancel, during, USUAL } from './cast.ts';
import { Page, until } from './page.ts';
import { protocolContract } from './suite.ts';

protocolContract<BidiServer>({
  ...USUAL,
  protocol: bidiProtocol,
  server: () => new BidiServer({ token: 'right' }),
  other: () => new AcpServer(),
  has: { cancel: true, approve: true, liveness: true, list: false },
  afterDrop: 'lost',
  dropVerdict: 'lost',
  strays: [
    {
      what: 'a token of a text that nobody began',
      why: 'unknown_request',
      provoke: during({ orphans: true }),
    },
    {
      what: 'a second [DONE]',
      why: 'duplicate_final',
      provoke: during({ duplicateFinal: true }),
    },
    {
      what: 'a token between cancel and abort',
      why: 'late',
      provoke: afterCancel({ tokensBeforeAbort: true }),
    },
    {
      what: 'a token after the abort',
      why: 'late',
      provoke: afterCancel({ lateTokens: true }),
    },
    {
      what: 'a tool’s output without its call',
      why: 'missing_scope',
      provoke: async (page, server) => {
        await page.begin('SLOW');
        server.say({ type: 'tool-output-available', output: 'leak' });
      },
    },
  ],
});

describe('bidi: its own ways', () => {
  let server: BidiServer;
  let page: Page;

  const connected = async (options: BidiServerOptions = {}): Promise<void> => {
    server = await new BidiServer(options).start();
    page = new Page({ protocol: bidiProtocol, url: server.url });
    await page.connect();
  };
  afterEach(async () => {
    page.link?.close();
    await server.stop();
    expect(page.violations).toEqual([]);
  });

  it('[R44] a late [DONE] does not end the turn that follows', async () => {
    await connected({ slowDone: true });
    await page.ask('one');
    expect(await page.begin('SLOW two')).toBe(page.keys[1]);
    // The first answer's `[DONE]` has passed when this is over.
    await until('the stream goes on', () => page.said('assistant').includes(' 20'));
    expect(page.ends).toHaveLength(1);
    expect(page.ignored).toEqual([]);
  });

  it('every prompt carries the conversation; nothing of another connection', async () => {
    await connected();
    await page.ask('one');
    await page.ask('two');
    const { messages } = server.frames.at(-1) as { messages: { role: string }[] };
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
  });

  it('[R39] a turn that the server begins is shown, and takes no key', async () => {
    await connected();
    server.speakUp('unasked');
    await until('the end', () => page.ends.length === 1);
    expect(page.said('assistant')).toBe('You said: unasked.');
    expect(page.said('user')).toBe('');
  });

  it('thoughts and tools are told from what is said', async () => {
    await connected();
    page.prompt('THINK about PERMISSION');
    await until('it is asked', () => page.pending.size === 1);
    const [asked] = page.of('permission');
    expect(asked).toMatchObject({ tool: { toolCallId: 'call-1', title: 'remove' } });
    page.link!.approve!.answer('a1', asked!.id, 'deny');
    await until('the end', () => page.ends.length === 1);
    expect(page.said('thought')).toBe('Let me see.');
    expect(page.of('tool').map(({ call }) => call.status)).toEqual([
      'pending',
      'in_progress',
      'failed',
    ]);
    expect(server.frames.at(-1)).toMatchObject({
      type: 'tool_result',
      toolCallId: 'call-1',
      approvalId: 'approval-1',
      result: { approved: false },
    });
  });

  it('[R58] a stream that ends to wait for an answer goes on with it', async () => {
    await connected({ pausesForApproval: true });
    page.prompt('PERMISSION please');
    await until('it is asked', () => page.pending.size === 1);
    page.link!.approve!.answer('a1', page.of('permission')[0]!.id, 'approve');
    await until('the end', () => page.ends.length === 1);
    expect(page.said('assistant')).toBe('You said: PERMISSION please.');
  });

  it.each([{ rawPong: true }, { bare: true }])('[R19] reads %j', async (quirk) => {
    await connected(quirk);
    page.link!.liveness!.ping(7);
    await until('the pong', () => page.heard('pong').length === 1);
    expect(page.heard('pong')).toMatchObject([{ token: 7 }]);
    expect(await page.ask('hello')).toBe('end_turn');
  });

  it('[R30] a flood of approvals is cut off', async () => {
    await connected();
    await page.begin('SLOW');
    for (let id = 1; id <= 120; id++) {
      server.say({ type: 'tool-approval-request', approvalId: `a${id}`, toolCallId: `c${id}` });
    }
    await until('the rest is dropped', () => page.ignored.length === 20);
    expect(page.pending.size).toBe(100);
  });

  it('[R47] an error is shown with its words, whether the socket closes after it or not', async () => {
    await connected();
    expect(await page.ask('FAIL')).toBe('error');
    expect(page.of('error')).toMatchObject([{ error: { message: 'the model is not available' } }]);
    server.misbehave.errorThenClose = true;
    expect(await page.ask('again')).toBe('error');
    expect((await page.lost()).verdict).toBe('lost');
    expect(page.ends).toHaveLength(2);
  });

  it('[R64] another driver takes over: the older one is closed for good', async () => {
    await connected({ exclusive: true });
    await page.begin('SLOW');
    const other = new Page({ protocol: bidiProtocol, url: server.url });
    await other.connect();
    expect(await page.lost()).toMatchObject({ verdict: 'fatal', code: 'replaced' });
    expect(page.ends).toMatchObject([{ stopReason: 'interrupted' }]);
    other.link!.close();
  });

  it('before anything was said nothing is lost: the connection may be dialled again', async () => {
    await connected();
    server.dropAll();
    expect(await page.lost()).toMatchObject({ verdict: 'retry' });
    await page.connect();
    expect(await page.ask('hello')).toBe('end_turn');
  });

  it('what it does not know of is kept', async () => {
    await connected();
    server.say({ type: 'data-weather', data: { sun: true } });
    await until('it is kept', () => page.of('raw').length === 1);
    expect(page.of('raw')).toMatchObject([{ method: 'data-weather' }]);
  });
});

describe('bidi: close codes', () => {
  it.each([
    [1000, 'done'],
    [1001, 'lost'],
    [1006, 'lost'],
    [1008, 'fatal'],
    [1011, 'lost'],
    [1012, 'lost'],
    [4401, 'fatal'],
    [4409, 'fatal'],
    [4500, 'lost'],
  ])('[R10] %d is %s', (code, verdict) => {
    expect(bidiProtocol.classifyClose(code, '').verdict).toBe(verdict);
  });
});
