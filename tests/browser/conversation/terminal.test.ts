import { afterEach, describe, expect, it } from 'vitest';
import type { SessionEvent } from '../../../src/core/session/event.ts';
import { FakeSession, mount, type Mounted } from './fake.ts';

afterEach(() => {
  document.body.replaceChildren();
});

const news = (state: string, detail: object = {}): SessionEvent => ({
  type: 'terminal',
  id: 'term-1',
  detail: { id: 'term-1', state, ...detail },
});
const output = (text: string): SessionEvent => news('output', { text });
const started = news('started', { command: 'npm', args: ['test'], cwd: '/p' });
const call = (title = 'Run the tests'): SessionEvent => ({
  type: 'tool',
  call: {
    toolCallId: 'a',
    title,
    kind: 'execute',
    status: 'in_progress',
    rawInput: { command: 'npm test' },
    content: [{ type: 'terminal', terminalId: 'term-1' }],
  },
});

const part = <T extends HTMLElement = HTMLElement>(view: Mounted, selector: string): T =>
  view.log.querySelector<T>(`.terminal ${selector}`)!;
const pre = (view: Mounted) => part(view, 'pre');
const status = (view: Mounted) => part(view, '.terminal-status').textContent;

describe('terminal of a tool call', () => {
  it('shows its command once, its output as it comes, and its exit code', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.prompt('go');
    fake.feed(started, call(), output('one\n'));
    await view.settled();
    expect(part(view, '.terminal-command').textContent).toBe('npm test');
    expect(view.log.querySelector<HTMLElement>('.command')!.hidden).toBe(true);
    expect(pre(view).textContent).toBe('one\n');
    expect(status(view)).toBe('Running');
    const [first] = pre(view).childNodes;
    fake.feed(output('two\n'));
    await view.settled();
    expect(pre(view).textContent).toBe('one\ntwo\n');
    // Appended, not drawn again.
    expect(pre(view).firstChild).toBe(first);
    fake.feed(news('exited', { exitCode: 1, signal: null }));
    await view.settled();
    expect(status(view)).toBe('Exit code 1');
  });

  it('leaves out the command when it is the title already', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.prompt('go');
    fake.feed(started, call('`npm test`'));
    await view.settled();
    expect(part(view, '.terminal-command').hidden).toBe(true);
  });

  it.each<[string, SessionEvent, string]>([
    ['a signal', news('exited', { exitCode: null, signal: 'SIGKILL' }), 'Ended by SIGKILL'],
    ['no start', news('exited', { exitCode: null, signal: null }), 'Could not be started'],
    ['its agent', { type: 'agent', state: 'exited' }, 'Ended with its agent'],
  ])('[R58] says that it was ended by %s', async (_, end, words) => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.prompt('go');
    fake.feed(started, call(), end);
    await view.settled();
    expect(status(view)).toBe(words);
  });

  it('[R68] is text only: no markup, no escape sequence, also one that came in two pieces', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.prompt('go');
    fake.feed(started, call(), output('<b>bold</b>\u001b[3'));
    await view.settled();
    fake.feed(output('1mred\u001b[0m\u202e <img src=x onerror="globalThis.pwned=1">'));
    await view.settled();
    expect(pre(view).textContent).toBe('<b>bold</b>red <img src=x onerror="globalThis.pwned=1">');
    expect(pre(view).childElementCount).toBe(0);
  });

  it('a progress bar is one line, which is written over as it goes on', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.prompt('go');
    fake.feed(started, call(), output('Fetching\n 10%\r 2'));
    await view.settled();
    expect(pre(view).textContent).toBe('Fetching\n 20%');
    fake.feed(output('5%\r'), output(' 99%\r100%\r\nDone\n'));
    await view.settled();
    expect(pre(view).textContent).toBe('Fetching\n100%\nDone\n');
  });

  it('[R30] shows the end of a flood in a bounded box, follows it, and says what is missing', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.prompt('go');
    fake.feed(started, call(), output('line\n'.repeat(200)));
    await view.settled();
    const box = pre(view);
    expect(box.scrollHeight).toBeGreaterThan(box.clientHeight);
    expect(part(view, '.output-cut').hidden).toBe(true);
    for (let i = 0; i < 20; i++) fake.feed(output('x'.repeat(15 * 1024)));
    fake.feed(output('\nTHE END'), news('truncated'));
    await view.settled();
    expect(box.textContent).toContain('THE END');
    expect(box.textContent!.length).toBeLessThan(130 * 1024);
    expect(part(view, '.output-cut').textContent).toMatch(/^The first [\d.,]+ characters are not/);
    expect(status(view)).toContain('is not in the log');
    expect(box.scrollHeight - box.scrollTop - box.clientHeight).toBeLessThan(2);
  });

  it('of which nothing is known says so', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.prompt('go');
    fake.feed(call());
    await view.settled();
    expect(status(view)).toContain('not kept here');
    fake.feed(started, output('late'));
    await view.settled();
    expect(pre(view).textContent).toBe('late');
  });
});
