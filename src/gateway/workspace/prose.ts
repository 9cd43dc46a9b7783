/**
 * A long, varied markdown answer that is the same every time: something to look at when no language
 * model is there. The first N blocks of a longer answer are the shorter answer.
 */
export function* proseBlocks(count: number): Generator<string> {
  const random = makeRandom(20_240_229);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const sentence = (): string => {
    const thing = pick(THINGS);
    const other = pick(THINGS.filter((name) => name !== thing));
    return pick(SENTENCES)
      .replace('{thing}', thing)
      .replace('{other}', other)
      .replace('{act}', pick(ACTS))
      .replace('{why}', pick(REASONS));
  };
  const sentences = (from: number, to: number): string =>
    Array.from({ length: from + Math.floor(random() * (to - from + 1)) }, sentence).join(' ');
  const kinds = makeKinds({ random, pick, sentence, sentences });
  for (let index = 0; index < count; index++) {
    const number = Math.floor(index / kinds.length) + 1;
    yield kinds[index % kinds.length]!(number);
  }
}

/** The text in pieces of 1 to 9 UTF-16 units, as a tokenizer cuts: through words and markup, never through a character. */
export function* tokens(blocks: Iterable<string>): Generator<string> {
  const random = makeRandom(7);
  let rest = '';
  for (const block of blocks) {
    rest += `${block}\n\n`;
    // The last few stay, so that a piece may reach into the next block.
    while (rest.length > 16) {
      const length = cutAt(rest, 1 + Math.floor(random() * 5) + Math.floor(random() * 5));
      yield rest.slice(0, length);
      rest = rest.slice(length);
    }
  }
  if (rest) yield rest;
}

function cutAt(text: string, length: number): number {
  return /[\uD800-\uDBFF]/.test(text[length - 1] ?? '') ? length + 1 : length;
}

/** A small generator of numbers in [0, 1) with a fixed start (mulberry32's mixing). */
function makeRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Tools {
  random: () => number;
  pick: <T>(from: readonly T[]) => T;
  sentence: () => string;
  sentences: (from: number, to: number) => string;
}

/** One maker for each kind of block, in the order in which they come round. */
function makeKinds(tools: Tools): readonly ((round: number) => string)[] {
  const { random, pick, sentence, sentences } = tools;
  const percent = (): string => `${(random() * 100).toFixed(1)} %`;
  return [
    (round) => `## ${round}. ${HEADINGS[(round * 3) % HEADINGS.length]!}\n\n${sentences(2, 4)}`,
    () => `${sentences(3, 6)} ${pick(LINKS)}`,
    () => ['The steps, shortest first:', '', ...list(() => sentence(), 3, '- ')].join('\n'),
    (round) => `${sentence()}\n\n${snippet(round * 2)}`,
    () => `> ${sentence()}\n>\n> — *${pick(PEOPLE)}*`,
    () => `### ${pick(HEADINGS)}\n\n${sentences(3, 5)}`,
    () =>
      [
        '| Case | Before | After | Note |',
        '| :--- | ---: | ---: | :---: |',
        ...Array.from(
          { length: 3 + Math.floor(random() * 4) },
          () => `| ${pick(THINGS)} | ${percent()} | **${percent()}** | ${pick(MARKS)} |`,
        ),
      ].join('\n'),
    () =>
      Array.from({ length: 3 }, (_, index) =>
        [`${index + 1}. ${sentence()}`, `   - ${sentence()}`, `     - \`${pick(NAMES)}\``].join(
          '\n',
        ),
      ).join('\n'),
    () =>
      `${sentences(2, 3)} Call \`${pick(NAMES)}\` first, ***then*** look at the rest; ~~not before~~.`,
    () =>
      [`- [x] ${sentence()}`, `- [ ] ${sentence()}`, `- [ ] ${sentence()} ${pick(MARKS)}`].join(
        '\n',
      ),
    () => sentences(4, 7),
    (round) => `${sentence()}\n\n${snippet(round * 2 + 1)}`,
    () => `---\n\n${sentences(1, 3)} ${pick(LINKS)}`,
  ];
}

/** Every language comes round. */
function snippet(number: number): string {
  const { language, source } = SNIPPETS[number % SNIPPETS.length]!;
  return `\`\`\`${language}\n${source}\n\`\`\``;
}

const list = (make: () => string, count: number, bullet: string): string[] =>
  Array.from({ length: count }, () => `${bullet}${make()}`);

const SENTENCES = [
  'The {thing} holds its own state, so {act} costs the {other} nothing.',
  'Before {act}, check that the {thing} has settled, *{why}*.',
  'When the {thing} goes away, the {other} keeps what it has and says so.',
  'Every {thing} has **one owner**, {why}.',
  'A slow {thing} must not hold up the {other}; it is told to wait instead.',
  'Measure the {thing} with and without {act}: the difference is what you pay.',
  'Nothing here depends on the {thing}, {why}.',
  'If {act} fails twice, the {thing} is left alone and the {other} is shown as stale.',
  'It is tempting to share the {thing} with the {other}; resist, {why}.',
  'The {thing} is small — about a dozen lines — and {act} needs no more than that.',
];
const THINGS = [
  'queue',
  'session',
  'journal',
  'connection',
  'reducer',
  'snapshot',
  'cache',
  'worker',
  'transcript',
  'scheduler',
  'index',
  'lease',
];
const ACTS = [
  'replaying the log',
  'trimming old entries',
  'switching to another session',
  'retrying with a longer pause',
  'closing the socket',
  'merging two histories',
  'dropping a late event',
];
const REASONS = [
  'because two writers never agree',
  'since a clock can jump in both directions',
  'as the tests with a cut connection show',
  'or the order is lost under load',
  'which keeps the rest simple',
];
const HEADINGS = [
  'What stays the same',
  'Where the time goes',
  'One owner for each thing',
  'When the connection drops',
  'Numbers instead of guesses',
  'What to try next',
  'Naïve first, then measured',
  'Grenzfälle und 边界情况',
];
const LINKS = [
  'See [the protocol](https://agentclientprotocol.com/) for the words.',
  'The [CommonMark specification](https://spec.commonmark.org/) has the details.',
  'More at <https://developer.mozilla.org/docs/Web/API/WebSocket>.',
  'Compare [RFC 6455](https://www.rfc-editor.org/rfc/rfc6455 "The WebSocket protocol").',
];
const PEOPLE = ['an old rule of thumb', 'the person on call', 'notes from the last review'];
const MARKS = ['✓', '–', '⚠️', '🚀', 'n/a'];
const NAMES = [
  'journal.append()',
  'session.resume',
  'retry.next(attempt)',
  'npm run bench',
  'lease++',
];

const SNIPPETS = [
  {
    language: 'ts',
    source: [
      'export function nextDelay(attempt: number, random = Math.random): number {',
      '  const ceiling = Math.min(30_000, 500 * 2 ** attempt);',
      '  return Math.floor(random() * ceiling); // full jitter',
      '}',
    ].join('\n'),
  },
  {
    language: 'python',
    source: [
      'def replay(log, since):',
      '    """Yield every entry after `since`, in order."""',
      '    for entry in log:',
      '        if entry.n > since:',
      '            yield entry',
    ].join('\n'),
  },
  {
    language: 'rust',
    source: [
      'fn low_water(acknowledged: &[u64]) -> u64 {',
      '    acknowledged.iter().copied().min().unwrap_or(0)',
      '}',
    ].join('\n'),
  },
  { language: 'sh', source: ['set -eu', 'npm ci', 'npm test -- --reporter=dot'].join('\n') },
  {
    language: 'json',
    source: ['{', '  "agents": { "mine": { "command": "my-agent", "args": ["acp"] } }', '}'].join(
      '\n',
    ),
  },
  {
    language: 'sql',
    source: [
      'SELECT session, max(n) AS head, count(*) AS entries',
      'FROM journal',
      "WHERE written_at > now() - interval '1 hour'",
      'GROUP BY session;',
    ].join('\n'),
  },
  {
    language: 'diff',
    source: [
      '-  if (socket.open) retries = 0;',
      '+  if (acknowledged && uptime > 5_000) retries = 0;',
    ].join('\n'),
  },
  {
    language: 'html',
    source: [
      '<section role="log" aria-label="Transcript">',
      '  <p>Hello &amp; welcome</p>',
      '</section>',
    ].join('\n'),
  },
] as const;
