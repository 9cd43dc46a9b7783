import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ToolPatch } from '../../../src/core/session/event.ts';
import { FakeSession, frames, mount, type Mounted } from './fake.ts';

afterEach(() => {
  document.body.replaceChildren();
});

const card = (view: Mounted): HTMLElement => view.log.querySelector<HTMLElement>('.tool')!;
const head = (view: Mounted): HTMLButtonElement => card(view).querySelector('.tool-head')!;
const output = (text: string): ToolPatch['content'] => [
  { type: 'content', content: { type: 'text', text } },
];

const lines = (count: number): string =>
  Array.from({ length: count }, (_, i) => `\u001b[32mline ${i}\u001b[0m\n`).join('');

describe('tool call', () => {
  it('is one line with its title, place and status, and unfolds on a click', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.feed({
      type: 'tool',
      call: {
        toolCallId: 'a',
        title: 'Read the file',
        kind: 'read',
        status: 'completed',
        locations: [{ path: '/p/src/main.ts', line: 7 }],
        content: output('```ts\nlet a;\n```'),
        rawInput: { path: '/p/src/main.ts' },
      },
    });
    expect(head(view).textContent!.replace(/\s+/g, ' ')).toMatch(/Read the file main.ts:7 .*Done/);
    expect(card(view).querySelector('.tool-body')).toBeNull();
    head(view).click();
    expect(head(view).ariaExpanded).toBe('true');
    expect(card(view).querySelector('.output pre')!.textContent).toBe('let a;');
    const raw = card(view).querySelector('details')!;
    raw.open = true;
    await frames();
    expect(raw.querySelector('pre')!.textContent).toContain('"path": "/p/src/main.ts"');
    head(view).click();
    expect(card(view).querySelector<HTMLElement>('.tool-body')!.hidden).toBe(true);
  });

  it('follows the output of a running command, and appends only what is new', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    const update = (count: number): void =>
      fake.feed({
        type: 'tool',
        call: {
          toolCallId: 'a',
          title: '`npm test`',
          kind: 'execute',
          status: 'in_progress',
          content: output(lines(count)),
        },
      });
    update(50);
    await view.settled();
    const pre = card(view).querySelector<HTMLElement>('.output pre')!;
    expect(pre.textContent).not.toContain('\u001b');
    expect(pre.scrollHeight).toBeGreaterThan(pre.clientHeight);
    update(80);
    await view.settled();
    expect(pre.textContent).toContain('line 79');
    expect(pre.scrollHeight - pre.scrollTop - pre.clientHeight).toBeLessThan(2);
    pre.scrollTop = 0;
    update(90);
    expect(pre.scrollTop).toBe(0);
  });

  it('[R30] shows very long output by its end, and says so', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    const text = `${'x'.repeat(100_000)}THE END`;
    fake.feed({
      type: 'tool',
      call: { toolCallId: 'a', title: 'cat', status: 'failed', content: output(text) },
    });
    const pre = card(view).querySelector('.output pre')!;
    expect(pre.textContent!.length).toBeLessThan(70_000);
    expect(pre.textContent).toContain('THE END');
    expect(card(view).querySelector('.output-cut')!.textContent).toMatch(/40.007 characters/);
  });

  it('shows a diff with line numbers, counts and folded lines', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    const old = Array.from({ length: 40 }, (_, i) => `line ${i + 1}`);
    const next = old.with(19, 'changed <b>20</b>');
    next.push('added');
    fake.feed({
      type: 'tool',
      call: {
        toolCallId: 'a',
        title: 'Edit x.ts',
        kind: 'edit',
        status: 'completed',
        content: [
          {
            type: 'diff',
            path: 'x.ts',
            oldText: `${old.join('\n')}\n`,
            newText: `${next.join('\n')}\n`,
          },
        ],
      },
    });
    await vi.waitFor(() => expect(card(view).querySelector('.diff')).not.toBeNull());
    const rows = (kind: string): string[] =>
      [...card(view).querySelectorAll(`.diff-row.${kind}`)].map((row) => row.textContent!);
    expect(rows('add')).toEqual(['20+changed <b>20</b>', '41+added']);
    expect(rows('del')).toEqual(['20−line 20']);
    expect(head(view).textContent).toMatch(/\+2\s+−1/);
    const folds = [...card(view).querySelectorAll<HTMLElement>('.diff-fold')];
    expect(folds.map((fold) => fold.textContent)).toEqual([
      '16 unchanged lines',
      '14 unchanged lines',
    ]);
    folds[0]!.click();
    expect(rows('same')[0]).toBe('11 line 1');
  });

  it('draws a diff of any size in pages', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.feed({
      type: 'tool',
      call: {
        toolCallId: 'a',
        title: 'Write big.txt',
        kind: 'edit',
        content: [{ type: 'diff', path: 'big.txt', newText: 'line\n'.repeat(5_000) }],
      },
    });
    await vi.waitFor(() => expect(card(view).querySelector('.diff')).not.toBeNull());
    expect(card(view).querySelectorAll('.diff-row')).toHaveLength(400);
    card(view).querySelector<HTMLElement>('.diff-fold')!.click();
    expect(card(view).querySelectorAll('.diff-row')).toHaveLength(800);
  });

  it('says that a call was stopped when its turn ended before it', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.prompt('go');
    fake.feed({ type: 'tool', call: { toolCallId: 'a', title: 'Wait', status: 'in_progress' } });
    expect(head(view).textContent).toContain('Running');
    fake.finish('cancelled');
    expect(head(view).textContent).toContain('Stopped');
  });

  it('keeps content that it does not know, folded, as JSON', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.feed({
      type: 'tool',
      call: { toolCallId: 'a', title: 'x', content: [{ type: 'hologram', a: '<i>' } as never] },
    });
    head(view).click();
    const fold = card(view).querySelector('details')!;
    fold.open = true;
    await frames();
    expect(fold.querySelector('pre')!.textContent).toContain('"hologram"');
    expect(card(view).querySelector('i')).toBeNull();
  });
});
