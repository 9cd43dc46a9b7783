import { afterEach, describe, expect, it, vi } from 'vitest';
import { Highlighter } from '../../../src/app/ui/conversation/highlight/highlighter.ts';
import type { HighlightOrder } from '../../../src/app/ui/conversation/highlight/kinds.ts';
import { codeText } from '../../../src/app/ui/conversation/markdown/growing-block.ts';
import { FakeSession, frames, mount, type Mounted } from './fake.ts';
import { atEnd, scrollTo } from './scrolling.ts';

afterEach(() => {
  document.body.replaceChildren();
  sessionStorage.clear();
});

const CODE = 'const answer: number = 42; // all of it\nreturn "words";';
const block = (code: string, language = 'ts'): string => `\`\`\`${language}\n${code}\n\`\`\`\n`;

const codeOf = ({ log }: Mounted): HTMLElement => log.querySelector('code')!;
const painted = (view: Mounted, kind: string): string[] =>
  [...view.log.querySelectorAll(`.hl-${kind}`)].map((each) => each.textContent);

/** The first one fetches the worker. */
const SOON = { timeout: 10_000 };

/** Long enough for what would be painted to have been. */
const aWhile = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 900));

async function said(text: string): Promise<{ view: Mounted; fake: FakeSession }> {
  const fake = new FakeSession();
  const view = await mount(fake);
  fake.prompt('go');
  fake.say(text);
  await view.settled();
  return { view, fake };
}

describe('code', () => {
  it('has colours once its block is finished, and is the same text in the same place', async () => {
    const { view, fake } = await said(`\`\`\`ts\n${CODE}`);
    await aWhile();
    expect(painted(view, 'keyword')).toEqual([]);
    const height = codeOf(view).offsetHeight;
    fake.say('\n```\nAnd more.');
    await vi.waitFor(() => expect(painted(view, 'keyword')).toEqual(['const', 'return']), SOON);
    expect(painted(view, 'number')).toEqual(['42']);
    expect(painted(view, 'string')).toEqual(['"words"']);
    expect(painted(view, 'comment')).toEqual(['// all of it']);
    expect(codeText(codeOf(view))).toBe(CODE);
    expect(codeOf(view).offsetHeight).toBe(height);
    const tokens = { '--ap-accent': 'purple', '--ap-green': 'green', '--ap-amber': 'brown' };
    for (const [name, value] of Object.entries(tokens)) view.host.style.setProperty(name, value);
    view.host.style.setProperty('--ap-text-faint', 'gray');
    const colour = (kind: string): string =>
      getComputedStyle(view.log.querySelector(`.hl-${kind}`)!).color;
    expect(new Set(['keyword', 'number', 'string', 'comment'].map(colour)).size).toBe(4);
  });

  it('[R68] is nothing but text in elements of its kinds, whatever it says', async () => {
    const hostile = '<img src=x onerror="alert(1)">\n<script>alert(2)</script> &lt;b&gt;';
    const { view } = await said(block(hostile, 'html'));
    await vi.waitFor(() => expect(painted(view, 'keyword').length).toBeGreaterThan(0), SOON);
    expect(codeText(codeOf(view))).toBe(hostile);
    for (const each of codeOf(view).querySelectorAll('*')) {
      expect(each.localName).toBe('span');
      expect(each.getAttributeNames()).toEqual(['class']);
      expect(each.className).toMatch(/^hl-\w+$/);
    }
  });

  it('is not looked for while blocks keep coming: each that is costs something in every frame', async () => {
    const looked = vi.spyOn(IntersectionObserver.prototype, 'observe');
    const { view, fake } = await said(block(CODE));
    for (let i = 0; i < 8; i++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      fake.say(block(CODE));
    }
    expect(looked).not.toHaveBeenCalled();
    await vi.waitFor(() => expect(painted(view, 'keyword').length).toBeGreaterThan(0), SOON);
    expect(looked).toHaveBeenCalledTimes(9);
    looked.mockRestore();
  });

  it('of a language that nobody knows, of none and of great length has none', async () => {
    const { view } = await said(
      block(CODE, 'no-such-language') + block(CODE, '') + block(`${CODE}\n`.repeat(1_500)),
    );
    await aWhile();
    expect(view.log.querySelector('[class^="hl-"]')).toBeNull();
  });

  it('of several parts has them in each, and across their borders', async () => {
    const long = `/* ${'all of this is a comment\n'.repeat(700)} */\nconst after = 1;`;
    const { view } = await said(block(long));
    expect(view.log.querySelectorAll('code .part').length).toBeGreaterThan(0);
    await vi.waitFor(() => expect(painted(view, 'keyword')).toEqual(['const']), SOON);
    expect(codeText(codeOf(view))).toBe(long);
    const parts = [...view.log.querySelectorAll('code .part')];
    expect(parts.every((part) => part.querySelector(':scope > .hl-comment'))).toBe(true);
  });

  it('has none in a line so long that painting it would hold up a frame, and has them after it', async () => {
    const line = `f(${'1, '.repeat(12_000)});`;
    const { view } = await said(block(`${line}\nconst after = 1;`));
    await vi.waitFor(() => expect(painted(view, 'keyword')).toEqual(['const']), SOON);
    expect(painted(view, 'number')).toEqual(['1']);
  });

  it('that somebody selects from keeps the selection, and has colours after it', async () => {
    const { view, fake } = await said(`\`\`\`ts\n${CODE}`);
    const text = codeOf(view).firstChild!;
    getSelection()!.setBaseAndExtent(text, 0, text, 5);
    fake.say('\n```\nAnd more.');
    await aWhile();
    expect(painted(view, 'keyword')).toEqual([]);
    expect(getSelection()!.toString()).toBe('const');
    getSelection()!.removeAllRanges();
    await vi.waitFor(() => expect(painted(view, 'keyword')).toEqual(['const', 'return']), SOON);
  });

  it('that is out of sight waits until it is near', async () => {
    const { view, fake } = await said(block(CODE) + 'A line.\n\n'.repeat(200));
    fake.finish();
    await view.settled();
    expect(atEnd(view)).toBe(0);
    await aWhile();
    expect(painted(view, 'keyword')).toEqual([]);
    await scrollTo(view, 0);
    await vi.waitFor(() => expect(painted(view, 'keyword')).toEqual(['const', 'return']), SOON);
  });
});

/** A worker of the test's: what it was asked, and its answers. */
class TestWorker extends EventTarget {
  readonly asked: HighlightOrder[] = [];
  ended = false;
  postMessage(order: HighlightOrder): void {
    this.asked.push(order);
  }
  terminate(): void {
    this.ended = true;
  }
  answers(id: number, ...runs: number[]): void {
    this.dispatchEvent(new MessageEvent('message', { data: { id, runs: Uint32Array.from(runs) } }));
  }
}

function blocks(...texts: string[]): HTMLElement[] {
  const host = document.createElement('div');
  const root = host.attachShadow({ mode: 'open' });
  document.body.append(host);
  return texts.map((text) => {
    const code = document.createElement('code');
    code.dataset['language'] = 'ts';
    code.append(text);
    root.append(code);
    return code;
  });
}

/** A highlighter with a worker that answers when the test says so. */
function withWorker(): { highlighter: Highlighter; worker: TestWorker } {
  const worker = new TestWorker();
  return { highlighter: new Highlighter(() => worker as unknown as Worker), worker };
}

const marked = (code: HTMLElement): string | undefined =>
  code.querySelector('.hl-keyword')?.textContent;

it('code that has gone from sight before it was painted has colours when it comes back', async () => {
  const { highlighter, worker } = withWorker();
  const [code] = blocks('const');
  const host = (code!.getRootNode() as ShadowRoot).host as HTMLElement;
  highlighter.watch(code!);
  await vi.waitFor(() => expect(worker.asked).toHaveLength(1), SOON);
  host.style.cssText = 'position: absolute; top: 5000px';
  worker.answers(1, 0, 5, 1);
  await aWhile();
  expect(marked(code!)).toBeUndefined();
  expect(worker.asked).toHaveLength(1);
  host.style.cssText = '';
  await vi.waitFor(() => expect(worker.asked).toHaveLength(2), SOON);
  worker.answers(2, 0, 5, 1);
  await vi.waitFor(() => expect(marked(code!)).toBe('const'), SOON);
});

it('code that is answered while more blocks come is painted when no more do', async () => {
  const { highlighter, worker } = withWorker();
  const [first, ...more] = blocks('const', ...Array.from({ length: 6 }, () => 'more'));
  highlighter.watch(first!);
  await vi.waitFor(() => expect(worker.asked).toHaveLength(1), SOON);
  for (const [i, each] of more.entries()) {
    highlighter.watch(each);
    if (i === 0) worker.answers(1, 0, 5, 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(marked(first!)).toBeUndefined();
  }
  await vi.waitFor(() => expect(marked(first!)).toBe('const'), SOON);
});

it('code that takes for ever holds up no other', async () => {
  const workers: TestWorker[] = [];
  const start = (): Worker => {
    workers.push(new TestWorker());
    return workers.at(-1) as unknown as Worker;
  };
  const highlighter = new Highlighter(start, 50);
  const [stuck, good] = blocks('endless', 'good');
  highlighter.watch(stuck!);
  highlighter.watch(good!);
  await vi.waitFor(() => expect(workers).toHaveLength(2));
  expect(workers[0]!.ended).toBe(true);
  expect(workers[1]!.asked.map(({ text }) => text)).toEqual(['good']);
  workers[1]!.answers(workers[1]!.asked[0]!.id, 0, 4, 1);
  await vi.waitFor(() => expect(good!.querySelector('.hl-keyword')?.textContent).toBe('good'));
  expect(stuck!.textContent).toBe('endless');
  await frames();
  expect(workers).toHaveLength(2);
});

it('where no worker may be had code stays as it is', async () => {
  const forbidden = vi.fn((): Worker => {
    throw new Error('forbidden');
  });
  const highlighter = new Highlighter(forbidden);
  const [code] = blocks('const');
  highlighter.watch(code!);
  await vi.waitFor(() => expect(forbidden).toHaveBeenCalled(), SOON);
  expect(code!.innerHTML).toBe('const');
});
