import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bidiProtocol } from '../../../src/app/client/protocols/bidi/bidi.ts';
import type { Protocol } from '../../../src/app/client/protocols/port.ts';
import { BidiServer } from '../../support/servers/bidi-server.ts';
import { broken, isEnd } from './broken.ts';
import { Page, until } from './page.ts';

describe('the suite finds an adapter that', () => {
  let server: BidiServer;
  let page: Page;

  beforeEach(async () => {
    server = await new BidiServer().start();
  });
  afterEach(async () => {
    page.link?.close();
    await server.stop();
  });
  const connect = async (protocol: Protocol): Promise<void> => {
    page = new Page({ protocol, url: server.url });
    await page.connect();
  };

  it('(negative control) is as it should be: nothing is found', async () => {
    await connect(broken((message, tell) => tell(message)));
    await page.ask('hello');
    server.dropAll();
    await page.lost();
    expect(page.violations).toEqual([]);
  });

  it('[R44] ends a turn twice', async () => {
    await connect(
      broken((message, tell) => {
        tell(message);
        if (isEnd(message)) tell(message);
      }),
    );
    await page.ask('hello');
    expect(page.violations).toContain('a turn ended twice');
  });

  it('[R43] leaves a turn open when its connection is gone', async () => {
    await connect(
      broken((message, tell) => {
        if (!isEnd(message)) tell(message);
      }),
    );
    await page.begin('SLOW');
    server.dropAll();
    await page.lost();
    expect(page.violations).toContain('closed with something unsettled');
  });

  it('[R21] loses an event', async () => {
    let count = 0;
    page = new Page({
      url: server.url,
      protocol: {
        ...bidiProtocol,
        open: (request) =>
          bidiProtocol.open({
            ...request,
            sink: {
              ...request.sink,
              incoming: (message) => {
                if (message.kind !== 'event' || ++count !== 4) request.sink.incoming(message);
              },
            },
          }),
      },
    });
    await page.connect();
    await page.ask('hello');
    expect(page.violations).toEqual(['number 5 instead of 4']);
  });

  it('[R12] speaks after it was closed', async () => {
    let last: (() => void) | undefined;
    await connect(
      broken((message, tell) => {
        tell(message);
        last = () => tell(message);
      }),
    );
    await page.ask('hello');
    page.link!.close();
    last!();
    expect(page.violations[0]).toContain('after the end');
  });

  it('[R57] asks twice', async () => {
    await connect(
      broken((message, tell) => {
        tell(message);
        if (message.kind === 'event' && message.event.event.type === 'permission') tell(message);
      }),
    );
    page.prompt('PERMISSION please');
    await until('it is asked', () => page.pending.size === 1);
    expect(page.violations).toContain('a request was told twice');
  });
});
