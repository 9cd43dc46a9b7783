import * as fc from 'fast-check';
import { ApertureClient } from '../../../src/app/client/aperture-client.ts';
import type { Attached, ClientHost } from '../../../src/app/client/ports.ts';
import type { LoggedMessage } from '../../../src/core/log/entry.ts';
import type { NumberedEvent } from '../../../src/core/session/event.ts';
import { applyEvent, noChange } from '../../../src/core/session/reduce.ts';
import { emptyTranscript, type Transcript } from '../../../src/core/session/transcript.ts';
import { translate } from '../../../src/core/session/translate.ts';
import { ManualClock, ManualEnvironment, placeAt, summary } from '../../unit/client/kit.ts';
import { FakeSocket } from '../lib/fake-socket.ts';
import type { Random } from '../lib/random.ts';
import type { Context, Outcome, Scenario } from '../lib/scenario.ts';
import { stable } from '../lib/strand.ts';

/** Events of one session in one round; a round has its own client. */
const PER_SESSION = 1_000;
/** Stands for the session in every text; nothing else in an event tells whose it is. */
const MARK = '§';

// Few ids, the same in every session, and the sessions' own names among them: whoever went by any of
// these instead of by the connection would mix sessions up.
const id = fc.constantFrom('a', 'b', 'c', 's0', 's1');
const words = fc.constantFrom(`x${MARK}`, `yy${MARK} `, `\n${MARK}`, `# z${MARK}`);
const option = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });

const update = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      sessionUpdate: fc.constantFrom(
        'agent_message_chunk',
        'agent_message_chunk',
        'agent_thought_chunk',
        'user_message_chunk',
      ),
      content: words.map((text) => ({ type: 'text', text })),
      messageId: option(id),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      sessionUpdate: fc.constantFrom('tool_call', 'tool_call_update'),
      toolCallId: id,
      title: words,
      status: fc.constantFrom('pending', 'in_progress', 'completed', 'failed'),
      content: option(words.map((text) => [{ type: 'content', content: { type: 'text', text } }])),
    }),
  },
  fc.record({
    sessionUpdate: fc.constant('plan'),
    entries: fc.array(
      words.map((content) => ({ content, priority: 'low', status: 'pending' })),
      {
        maxLength: 3,
      },
    ),
  }),
  {
    weight: 2,
    arbitrary: fc.record({
      sessionUpdate: fc.constant('state_update'),
      state: fc.constantFrom('idle', 'running', 'requires_action'),
    }),
  },
  fc.record({ sessionUpdate: fc.constant('session_info_update'), title: words }),
  fc.record({ sessionUpdate: fc.constant('novelty'), detail: words }),
);

const message: fc.Arbitrary<LoggedMessage> = fc.oneof(
  {
    weight: 16,
    arbitrary: fc.record({
      method: fc.constant('session/update'),
      params: fc.record({ sessionId: id, update }),
    }),
  },
  fc.record({
    method: fc.constant('session/request_permission'),
    id,
    params: fc.record({
      sessionId: id,
      toolCall: fc.record({ toolCallId: id, title: words }),
      options: fc.constant([{ optionId: 'once', name: 'Allow once', kind: 'allow_once' }]),
    }),
  }),
  fc.record({
    method: fc.constant('_aperture/request_resolved'),
    params: fc.record({ id, outcome: fc.constant('cancelled'), by: words }),
  }),
  fc.record({
    method: fc.constant('_aperture/notice'),
    params: fc.record({ level: fc.constant('info'), text: words }),
  }),
) as fc.Arbitrary<LoggedMessage>;

/** The store's part in short: a transcript for each session, found by the id that the client names. */
class Host implements ClientHost {
  readonly transcripts = new Map<string, Transcript>();
  readonly #epochs = new Map<string, string>();

  resumePoint = (of: string) => ({
    epoch: this.#epochs.get(of),
    since: this.transcripts.get(of)?.lastN ?? 0,
  });
  evictionHints = () => ({ viewed: false, busy: false });
  connectionChanged = (): void => {};
  summaryChanged = (): void => {};
  outboxChanged = (): void => {};
  remoteChanged = (): void => {};

  attached(of: string, { mode, epoch }: Attached): void {
    if (mode === 'full') this.transcripts.set(of, emptyTranscript());
    this.#epochs.set(of, epoch);
  }

  events(of: string, events: NumberedEvent[]): void {
    for (const event of events) applyEvent(this.transcripts.get(of)!, event, noChange());
  }
}

export interface Tally {
  events: number;
  repeats: number;
  stale: number;
  reconnects: number;
  leaks: number;
  failures: string[];
}

export const noTally = (): Tally => ({
  events: 0,
  repeats: 0,
  stale: 0,
  reconnects: 0,
  leaks: 0,
  failures: [],
});

/**
 * Ten sessions, their events interleaved at random, some told twice, some on a socket that was given up.
 * @param astray share of the events that come on another's socket, for the negative control.
 */
export async function round(
  random: Random,
  sessions: number,
  tally: Tally,
  astray = 0,
): Promise<void> {
  const clock = new ManualClock();
  const host = new Host();
  const current = new Map<string, FakeSocket>();
  const ids = Array.from({ length: sessions }, (_, index) => `s${index}`);
  const sample = fc.sample(message, {
    seed: random.between(0, 2 ** 31 - 1),
    numRuns: PER_SESSION * sessions,
  });
  const logs = ids.map((_, index) =>
    sample
      .slice(index * PER_SESSION, (index + 1) * PER_SESSION)
      .map(
        (each) => JSON.parse(JSON.stringify(each).replaceAll(MARK, `·${index}·`)) as LoggedMessage,
      ),
  );
  const frame = (index: number, n: number): string =>
    JSON.stringify({ t: 'm', n, at: n, m: logs[index]![n - 1] });

  const client = new ApertureClient({
    host,
    clock,
    random: random.next,
    environment: new ManualEnvironment(),
    place: placeAt('http://127.0.0.1:1'),
    check: () => Promise.resolve({ status: 'there' }),
    client: 'chaos',
    sockets: (url) => {
      const socket = new FakeSocket(url);
      current.set(url.split('/')[5]!, socket);
      return socket;
    },
  });
  const attach = (index: number): void => {
    const socket = current.get(ids[index]!)!;
    socket.opened();
    const { since } = JSON.parse(socket.sent[0]!) as { since: number };
    socket.says(
      JSON.stringify({
        t: 'attached',
        epoch: 'e',
        mode: 'resume',
        low: 1,
        head: since,
        session: summary(ids[index]!),
        pending: [],
      }),
    );
  };
  for (const of of ids) client.connectSession(of).catch(() => {});
  await clock.advance(1_000);
  ids.forEach((_, index) => attach(index));

  const done = ids.map(() => 0);
  const open = ids.map((_, index) => index);
  while (open.length > 0) {
    const place = random.between(0, open.length - 1);
    const index = open[place]!;
    const chance = random.next();
    if (chance < 0.03 && done[index]! > 0) {
      tally.repeats++;
      current.get(ids[index]!)!.says(frame(index, random.between(1, done[index]!)));
    } else if (chance < 0.0305) {
      tally.reconnects++;
      const old = current.get(ids[index]!)!;
      old.drops(1006);
      while (current.get(ids[index]!) === old) await clock.advance(500);
      attach(index);
      // The old socket has something in its buffers still, even the next number.
      tally.stale++;
      old.says(frame((index + 1) % sessions, done[index]! + 1));
    }
    const n = ++done[index]!;
    const from = astray > 0 && random.next() < astray ? (index + 1) % sessions : index;
    current.get(ids[index]!)!.says(frame(from, n));
    tally.events++;
    if (done[index] === PER_SESSION) open.splice(place, 1);
  }

  ids.forEach((of, index) => {
    const alone = emptyTranscript();
    logs[index]!.forEach((m, at) =>
      applyEvent(alone, { n: at + 1, at: at + 1, event: translate(m) }, noChange()),
    );
    const transcript = host.transcripts.get(of)!;
    const text = stable([transcript, [...transcript.tools], [...transcript.pending]]);
    const foreign = [...text.matchAll(/·(\d+)·/g)].filter(([, mark]) => Number(mark) !== index);
    tally.leaks += foreign.length;
    if (foreign.length > 0) tally.failures.push(`${of} holds ${foreign.length} of others`);
    if (text !== stable([alone, [...alone.tools], [...alone.pending]]))
      tally.failures.push(`${of} is not what it would be alone`);
  });
  client.dispose();
  if (clock.pending > 0) tally.failures.push(`${clock.pending} timers are left`);
}

export const isolation: Scenario = {
  name: 'isolation',
  title:
    '[R12, R50, R51, R52, R53] generated events with colliding ids reach their own session, once',
  browser: false,

  async run({ options, random, say }: Context): Promise<Outcome> {
    const tally = noTally();
    while (tally.events < options.events && tally.failures.length < 10) {
      await round(random, options.sessions, tally);
      if (tally.events % 200_000 === 0) say(`${tally.events} events`);
    }
    const { failures, ...figures } = tally;
    return { figures: { sessions: options.sessions, ...figures }, failures };
  },
};
