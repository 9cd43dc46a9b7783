import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acpProtocol } from '../../../src/app/client/protocols/acp/acp.ts';
import { bidiProtocol } from '../../../src/app/client/protocols/bidi/bidi.ts';
import { legacyProtocol } from '../../../src/app/client/protocols/legacy/legacy.ts';
import type {
  Protocol,
  Socket,
  SocketEvent,
  SocketFactory,
} from '../../../src/app/client/protocols/port.ts';
import { newId } from '../../../src/core/ids.ts';
import { broken, isEnd } from './broken.ts';
import { Page } from './page.ts';

// Whatever a server says, in whatever order, the page's promises hold: numbers without holes, every turn and request
// settled once, nothing after the end. The far end of the socket is the test here, so that every order can happen.

interface Sent {
  id?: number;
  method?: string;
}

class FarEnd implements Socket {
  readyState = 0;
  readonly sent: Sent[] = [];
  readonly #listeners: { type: string; tell: (event: SocketEvent) => void; of?: AbortSignal }[] =
    [];

  addEventListener(
    type: string,
    tell: (event: SocketEvent) => void,
    options?: { signal: AbortSignal },
  ): void {
    this.#listeners.push({ type, tell, of: options?.signal });
  }

  send(data: string): void {
    this.sent.push(JSON.parse(data) as Sent);
  }

  close(): void {
    this.readyState = 3;
  }

  open(): void {
    this.readyState = 1;
    this.#tell('open', {});
  }

  say(text: string): void {
    if (this.readyState === 1) this.#tell('message', { data: text });
  }

  drop(code: number): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.#tell('close', { code, reason: '' });
  }

  #tell(type: string, event: SocketEvent): void {
    for (const listener of this.#listeners) {
      if (listener.type === type && !listener.of?.aborted) listener.tell(event);
    }
  }
}

type Step =
  | { do: 'say'; text: string }
  | { do: 'prompt' }
  | { do: 'cancel' }
  | { do: 'answer' }
  | { do: 'drop'; code: number }
  | { do: 'reload' };

const json = fc.jsonValue({ maxDepth: 2 });
const id = fc.constantFrom('1', '2', 'x');
const words = fc.constantFrom('a', 'b ', '');
/** A frame as it should be, or with one field that is not. */
const mostly = (frame: fc.Arbitrary<object>): fc.Arbitrary<object> =>
  fc.oneof(
    { weight: 5, arbitrary: frame },
    {
      weight: 1,
      arbitrary: fc
        .tuple(frame, fc.nat(), json)
        .map(([whole, which, value]) =>
          Object.fromEntries(
            Object.entries(whole).map(([name, old], index, all) => [
              name,
              index === which % all.length ? value : old,
            ]),
          ),
        ),
    },
  );

const update = fc.oneof(
  fc.record({
    sessionUpdate: fc.constantFrom(
      'agent_message_chunk',
      'agent_thought_chunk',
      'user_message_chunk',
    ),
    content: fc.record({ type: fc.constant('text'), text: words }),
  }),
  fc.record({
    sessionUpdate: fc.constantFrom('tool_call', 'tool_call_update'),
    toolCallId: id,
    status: fc.constantFrom('pending', 'completed'),
  }),
  fc.record({
    sessionUpdate: fc.constantFrom('plan', 'state_update', 'turn_end', 'mystery'),
    state: fc.constantFrom('idle', 'running'),
  }),
);
const session = fc.constantFrom('s1', 's1', 's1', 'other', undefined);
const ask = fc.record({
  id: fc.constantFrom<unknown>(0, 'q', null),
  method: fc.constantFrom('session/request_permission', 'fs/read_text_file'),
  params: fc.record({
    sessionId: session,
    toolCall: fc.record({ toolCallId: id }),
    options: fc.constant([{ optionId: 'yes', name: 'Yes', kind: 'allow_once' }]),
  }),
});
const notify = fc.record({
  method: fc.constant('session/update'),
  params: mostly(fc.record({ sessionId: session, update: mostly(update) })),
});
const respond = fc.record({
  id: fc.integer({ min: 1, max: 8 }),
  result: fc.constantFrom({ stopReason: 'end_turn' }, { stopReason: 'cancelled' }, {}),
});
const fail = fc.record({ id: fc.integer({ min: 1, max: 8 }), error: fc.constant({ code: -1 }) });

const FRAMES: Record<'acp' | 'legacy' | 'bidi', fc.Arbitrary<string>> = {
  acp: mostly(fc.oneof(notify, notify, notify, ask, respond, respond, fail)).map((frame) =>
    JSON.stringify({ jsonrpc: '2.0', ...frame }),
  ),
  legacy: mostly(fc.oneof(notify, notify, notify, ask, respond, fail)).map((frame) =>
    JSON.stringify(frame),
  ),
  bidi: fc.oneof(
    {
      weight: 8,
      arbitrary: mostly(
        fc.record({
          type: fc.constantFrom(
            'start',
            'text-start',
            'text-delta',
            'text-delta',
            'text-end',
            'reasoning-start',
            'reasoning-delta',
            'tool-input-start',
            'tool-input-available',
            'tool-output-available',
            'tool-approval-request',
            'finish',
            'abort',
            'error',
            'data-x',
            'pong',
          ),
          id,
          delta: words,
          messageId: id,
          toolCallId: id,
          approvalId: id,
        }),
      ).map((part) => `data: ${JSON.stringify(part)}\n\n`),
    },
    { weight: 1, arbitrary: fc.constantFrom('data: [DONE]', 'pong', ': alive') },
  ),
};

const steps = (frame: fc.Arbitrary<string>): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      {
        weight: 12,
        arbitrary: frame.map((text): Step => ({ do: 'say', text })),
      },
      { weight: 4, arbitrary: fc.constant<Step>({ do: 'prompt' }) },
      { weight: 2, arbitrary: fc.constantFrom<Step>({ do: 'cancel' }, { do: 'answer' }) },
      {
        weight: 1,
        arbitrary: fc.constantFrom<Step>(
          { do: 'drop', code: 1006 },
          { do: 'drop', code: 1000 },
          { do: 'reload' },
        ),
      },
      {
        weight: 1,
        arbitrary: fc.string({ maxLength: 5 }).map((text): Step => ({ do: 'say', text })),
      },
    ),
    { minLength: 20, maxLength: 80, size: 'max' },
  );

/** Lets promises and what they lead to run. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function run(protocol: Protocol, script: readonly Step[]): Promise<Page> {
  const ends: FarEnd[] = [];
  const sockets: SocketFactory = () => {
    const end = new FarEnd();
    ends.push(end);
    return end;
  };
  const options = {
    protocol,
    url: 'http://x.test',
    sockets,
    fetch: async (url: string, { method }: RequestInit) =>
      Response.json(
        method === 'POST' ? { id: 's1' } : url.endsWith('messages') ? [] : [{ id: 's1' }],
      ),
  };
  let page = new Page(options);
  const connect = async (): Promise<void> => {
    page.open();
    await settle();
    const end = ends.at(-1);
    if (end?.readyState === 0) end.open();
    for (let turn = 0; turn < 3; turn++) {
      await settle();
      greet(end);
    }
  };
  await connect();
  for (const step of script) {
    if (!page.link) await connect();
    const end = ends.at(-1)!;
    if (step.do === 'say') end.say(step.text);
    else if (step.do === 'drop') end.drop(step.code);
    else if (step.do === 'reload') {
      const next = page.reload();
      page.link?.close();
      next.violations.push(...page.violations);
      next.reasons.push(...page.reasons);
      page = next;
    } else if (page.link && page.heard('attached').length > 0) act(page, step.do);
  }
  await settle();
  if (!page.link) await connect();
  ends.at(-1)!.drop(1006);
  await settle();
  page.link?.close();
  return page;
}

function act(page: Page, what: 'prompt' | 'cancel' | 'answer'): void {
  if (what === 'prompt') page.prompt('hi');
  else if (what === 'cancel') page.link!.cancel!.send(newId());
  else {
    for (const request of page.pending) page.link!.approve!.answer(newId(), request, undefined);
  }
}

/** The handshake of ACP, as far as it has come. */
function greet(end: FarEnd | undefined): void {
  const last = end?.sent.at(-1);
  const agentCapabilities = { sessionCapabilities: { resume: {} } };
  const result =
    last?.method === 'initialize' ? { protocolVersion: 1, agentCapabilities } : { sessionId: 's1' };
  if (
    last?.id !== undefined &&
    /^(?:initialize|session\/(?:new|resume))$/.test(last.method ?? '')
  ) {
    end!.say(JSON.stringify({ id: last.id, result }));
  }
}

const MISTAKE = /Cannot read|is not a function|not iterable|undefined|Invalid/;

describe('whatever a server says', () => {
  it.each([
    ['acp', acpProtocol],
    ['legacy', legacyProtocol],
    ['bidi', bidiProtocol],
  ] as const)(
    '[R21][R43][R44][R71] %s keeps its promises',
    async (name, protocol) => {
      let events = 0;
      let turns = 0;
      await fc.assert(
        fc.asyncProperty(steps(FRAMES[name]), async (script) => {
          const page = await run(protocol, script);
          events += page.log.length;
          turns += page.ends.length;
          expect(page.violations).toEqual([]);
          expect([page.turn, page.pending.size]).toEqual(['idle', 0]);
          // A socket may be given up for what came over it, never for a mistake of our own.
          expect(page.reasons.filter((reason) => MISTAKE.test(reason))).toEqual([]);
        }),
        { numRuns: 60 },
      );
      // Control: the scripts get past the handshake, and into turns.
      expect(events).toBeGreaterThan(200);
      expect(turns).toBeGreaterThan(30);
    },
    60_000,
  );

  it('[R44] negative control: an adapter that ends its turns twice does not', async () => {
    const twice = broken((message, tell) => {
      tell(message);
      if (isEnd(message)) tell(message);
    });
    const tried = fc.asyncProperty(steps(FRAMES.bidi), async (script) => {
      expect((await run(twice, script)).violations).toEqual([]);
    });
    expect((await fc.check(tried, { numRuns: 50, endOnFailure: true })).failed).toBe(true);
  });
});
