import { form, link, signIn } from '../ask-scenes.ts';
import { say, think, user, type FakeSession } from '../fake.ts';

const OLD = `export function parse(line: string) {
  const parts = line.split(',');
  return parts;
}

export const version = 1;

function unused() {
  return null;
}

export function format(parts: string[]) {
  return parts.join(',');
}

export const last = true;
`;
const NEW = OLD.replace("line.split(',')", 'splitQuoted(line)')
  .replace('return parts;', 'return parts.map((part) => part.trim());')
  .replace('export const last = true;', 'export const last = true;\nexport const quoted = true;');

const ANSWER = `## What was wrong

The parser split on **every** comma, also inside quotes. I replaced \`String.split\` with a small
scanner and kept the signature:

1. \`splitQuoted\` walks the line once
2. Quotes are removed, doubled quotes become one
   - that is what RFC 4180 asks for
   - see [the text](https://www.rfc-editor.org/rfc/rfc4180)

| Input | Before | After |
|:------|-------:|------:|
| \`a,"b,c"\` | 3 | 2 |
| \`"x""y",z\` | 2 | 2 |

\`\`\`ts
export function splitQuoted(line: string): string[] {
  const parts: string[] = [];
  let quoted = false; // inside quotes, commas are text and a very long comment shows that this scrolls sideways
  return parts;
}
\`\`\`

- [x] tests for quotes
- [ ] tests for line ends

> The old behaviour stays behind \`legacy: true\`.

![coverage](https://img.example.org/coverage.svg)
`;

export const scenes: Record<string, (fake: FakeSession) => void> = {
  'question: form': (fake) => fake.feed(form()),
  'question: link': (fake) => fake.feed(link(), link('http://plain.example/', 'r2')),
  'question: sign-in': (fake) => fake.feed(signIn({ failed: 'The key is wrong' })),
  empty(fake) {
    fake.feed({
      type: 'commands',
      commands: [
        { name: 'list', description: 'List the files of the working directory' },
        { name: 'search', description: 'Search text in files', input: { hint: 'text' } },
        { name: 'run', description: 'Run a command, after asking' },
        { name: 'stream', description: 'Stream a long markdown answer' },
      ],
    });
  },
  loading(fake) {
    fake.loading.value = true;
  },
  work(fake) {
    fake.feed({
      type: 'usage',
      used: 68_400,
      size: 200_000,
      cost: { amount: 0.42, currency: 'USD' },
    });
    fake.prompt(
      'The CSV import breaks on quoted commas. Can you fix parse() and add tests?\n\nKeep the signature.',
    );
    fake.feed(
      think('The user wants the parser fixed. Let me look at the file first and find the callers.'),
      say('I will look at the parser and its tests first.'),
      {
        type: 'plan',
        entries: [
          { content: 'Read the parser and its callers', status: 'completed', priority: 'high' },
          {
            content: 'Split on commas outside of quotes only',
            status: 'in_progress',
            priority: 'high',
          },
          { content: 'Add tests for quotes and line ends', status: 'pending', priority: 'medium' },
        ],
      },
      {
        type: 'tool',
        call: {
          toolCallId: 't1',
          title: 'Read src/csv/parse.ts',
          kind: 'read',
          status: 'completed',
          locations: [{ path: '/home/ada/project/src/csv/parse.ts', line: 1 }],
          content: [{ type: 'content', content: { type: 'text', text: OLD } }],
        },
      },
      {
        type: 'tool',
        call: {
          toolCallId: 't2',
          title: 'Search "parse(" in src',
          kind: 'search',
          status: 'completed',
        },
      },
      {
        type: 'tool',
        call: {
          toolCallId: 't3',
          title: 'Fetch https://www.rfc-editor.org/rfc/rfc4180',
          kind: 'fetch',
          status: 'failed',
          content: [
            {
              type: 'content',
              content: { type: 'text', text: 'getaddrinfo ENOTFOUND www.rfc-editor.org' },
            },
          ],
        },
      },
      {
        type: 'tool',
        call: {
          toolCallId: 't4',
          title: 'Edit parse.ts',
          kind: 'edit',
          status: 'completed',
          locations: [{ path: 'src/csv/parse.ts' }],
          content: [{ type: 'diff', path: 'src/csv/parse.ts', oldText: OLD, newText: NEW }],
        },
      },
      {
        type: 'tool',
        call: {
          toolCallId: 't5',
          title: '`npm test -- csv`',
          kind: 'execute',
          status: 'in_progress',
          rawInput: { command: 'npm test -- csv' },
          content: [
            {
              type: 'content',
              content: {
                type: 'text',
                text: '> vitest run csv\n\n \u001b[32m✓\u001b[0m parses plain lines\n \u001b[32m✓\u001b[0m parses quoted commas\n',
              },
            },
          ],
        },
      },
    );
  },
  answer(fake) {
    fake.prompt('What was it?');
    fake.feed(think('Explain.'), say(ANSWER));
    fake.finish();
    fake.prompt('Thanks. Now stop.');
    fake.say('Going on with');
    fake.finish('cancelled');
    fake.feed({ type: 'gap', from: 12, to: 40 });
    fake.feed({
      type: 'error',
      error: {
        code: 'rate_limited',
        message: 'The model is busy. Try again in a minute.',
        retryable: true,
      },
    });
    fake.feed({ type: 'notice', level: 'info', text: 'Workspace was restarted.' });
    fake.feed({ type: 'raw', method: 'vendor/telemetry', payload: { a: 1, b: ['x'] } });
    fake.prompt('And now?');
    fake.feed(think('Let me think about this for a while, there are several ways to go about it'));
  },
  approval(fake) {
    fake.prompt('Clean up the build folder');
    fake.feed(
      {
        type: 'permission',
        id: 'r0',
        tool: {
          toolCallId: 'a',
          title: 'Write README.md',
          kind: 'edit',
          content: [
            { type: 'diff', path: 'README.md', oldText: 'Hello\n', newText: 'Hello world\n' },
          ],
        },
        options: [
          { optionId: 'y', name: 'Allow once', kind: 'allow_once' },
          { optionId: 'n', name: 'Reject', kind: 'reject_once' },
        ],
      },
      { type: 'resolved', id: 'r0', outcome: 'selected', optionId: 'y', by: 'tab-7f' },
      {
        type: 'permission',
        id: 'r1',
        tool: {
          toolCallId: 'b',
          title: 'Run npm run build',
          kind: 'execute',
          rawInput: { command: 'npm run build && cp -r dist /srv/www' },
        },
        options: [
          { optionId: 'y', name: 'Allow once', kind: 'allow_once' },
          { optionId: 'a', name: 'Always allow npm run', kind: 'allow_always' },
          { optionId: 'n', name: 'Reject', kind: 'reject_once' },
        ],
      },
      {
        type: 'permission',
        id: 'r2',
        tool: {
          toolCallId: 'c',
          title: 'Remove the build folder',
          kind: 'execute',
          rawInput: { command: 'rm -rf build dist/\u202egnp.x' },
          locations: [{ path: '/home/ada/project/build' }],
        },
        options: [
          { optionId: 'y', name: 'Allow once', kind: 'allow_once' },
          { optionId: 'n', name: 'Reject and say why', kind: 'reject_once' },
        ],
      },
    );
    fake.answers.value = new Map([
      [
        'r1',
        {
          state: 'failed',
          error: { code: 'offline', message: 'The connection is down.', retryable: true },
        },
      ],
    ]);
    fake.connection.value = {
      status: 'reconnecting',
      attempt: 2,
      max: null,
      reason: 'The connection dropped.',
    };
  },
  outbox(fake) {
    fake.history(3);
    fake.prompt('One more');
    fake.say('Working on it, this is the answer under way');
    fake.outbox.value = [
      {
        key: 'a',
        prompt: [{ type: 'text', text: 'This one is on its way' }],
        createdAt: 0,
        delivery: { state: 'sent' },
      },
      {
        key: 'b',
        prompt: [{ type: 'text', text: 'Was this one received?' }],
        createdAt: 0,
        delivery: { state: 'unconfirmed' },
      },
      {
        key: 'c',
        prompt: [{ type: 'text', text: 'And then run the tests again,\nplease' }],
        createdAt: 0,
        delivery: { state: 'queued' },
      },
      {
        key: 'd',
        prompt: [{ type: 'text', text: 'Too much' }],
        createdAt: 0,
        delivery: {
          state: 'refused',
          error: { code: 'busy', message: 'The queue is full.', retryable: true },
        },
      },
    ];
    fake.connection.value = { status: 'disconnected', reason: 'closed' };
    fake.draft.value = 'A draft that goes over\nseveral lines';
  },
  services(fake) {
    const terminal = (id: string, state: string, more: object): void =>
      fake.feed({ type: 'terminal', id, detail: { id, state, ...more } });
    const run = (toolCallId: string, id: string): void =>
      fake.feed({
        type: 'tool',
        call: {
          toolCallId,
          title: 'Run the tests',
          kind: 'execute',
          status: 'in_progress',
          content: [{ type: 'terminal', terminalId: id }],
        },
      });
    fake.feed({
      type: 'agent',
      state: 'ready',
      modes: { current: 'ask', available: [{ id: 'ask', name: 'Ask' }] },
      options: [{ id: 'fast', name: 'Fast', type: 'boolean', currentValue: true }],
    });
    fake.prompt('Run the tests');
    for (const id of ['done', 'runs']) {
      terminal(id, 'started', { command: 'npm', args: ['test'] });
      run(`call-${id}`, id);
      terminal(id, 'output', { text: 'one\ntwo\n' });
    }
    run('call-gone', 'gone');
    terminal('done', 'exited', { exitCode: 1, signal: null });
    fake.feed({ type: 'file', path: '/p/a.ts', detail: { op: 'write', path: '/p/a.ts' } });
  },
  long(fake) {
    fake.history(60);
    fake.readMark.value = fake.n - 4;
  },
  user(fake) {
    fake.feed(user('hello'));
  },
};
