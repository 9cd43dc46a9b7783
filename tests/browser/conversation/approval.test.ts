import { afterEach, describe, expect, it } from 'vitest';
import type { SessionEvent, ToolPatch } from '../../../src/core/session/event.ts';
import { FakeSession, mount, type Mounted } from './fake.ts';

afterEach(() => {
  document.body.replaceChildren();
});

const OPTIONS = [
  { optionId: 'once', name: 'Allow once', kind: 'allow_once' as const },
  { optionId: 'ever', name: 'Always allow `npm`', kind: 'allow_always' as const },
  { optionId: 'no', name: 'Reject', kind: 'reject_once' as const },
];

function ask(tool: Partial<ToolPatch> = {}, id = 'r1', options = OPTIONS): SessionEvent {
  const call = { toolCallId: 't', title: 'Run npm test', kind: 'execute' as const, ...tool };
  return { type: 'permission', id, tool: call, options };
}

const card = (view: Mounted, id = 'r1'): HTMLElement =>
  view.log.querySelector<HTMLElement>(`[data-request-id="${id}"]`)!;
const buttons = (view: Mounted, id = 'r1'): HTMLButtonElement[] => [
  ...card(view, id).querySelectorAll<HTMLButtonElement>('.approval-options button'),
];
const outcome = (view: Mounted, id = 'r1'): string =>
  card(view, id).querySelector('.approval-outcome')!.textContent!.replaceAll(/\s+/g, ' ').trim();
const over = (id: string, by?: string): SessionEvent => ({
  type: 'resolved',
  id,
  outcome: 'selected',
  optionId: 'once',
  by,
});
const call = (toolCallId: string): SessionEvent => ({
  type: 'tool',
  call: { toolCallId, title: 'Run npm test', kind: 'execute' },
});
const names = (view: Mounted): string[] => buttons(view).map((b) => b.textContent!.trim());
const press = (target: Element, key: string): boolean =>
  target.dispatchEvent(
    new KeyboardEvent('keydown', { key, bubbles: true, composed: true, cancelable: true }),
  );

describe('approval card', () => {
  it('[R55] answers for the session that asked, with the option that was pressed', async () => {
    const [one, two] = [new FakeSession('s-one'), new FakeSession('s-two')];
    const [first, second] = [await mount(one), await mount(two)];
    // The same request id in both: ids collide across agents.
    one.feed(ask());
    two.feed(ask());
    expect(names(first)).toEqual(['Allow once', 'Always allow `npm`', 'Reject']);
    buttons(second)[2]!.click();
    expect(first.calls).toEqual([]);
    expect(second.calls).toEqual([['answer', 's-two', 'r1', 'no']]);
    buttons(first)[1]!.click();
    expect(first.calls).toEqual([['answer', 's-one', 'r1', 'ever']]);
  });

  it('shows the whole of a long command', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    const command = `node -e "${'x'.repeat(20_000)}"\nrm -rf end`;
    fake.feed(ask({ rawInput: { command } }));
    expect(card(view).querySelector('.command')!.textContent).toBe(command);
  });

  it('shows a shell’s script as the command, once; any other vector whole', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    const shown = (id: string) =>
      [...card(view, id).querySelectorAll('.approval-title, .command')].map((e) => e.textContent);
    const argv = (id: string, command: unknown[], title = 'a && b') =>
      fake.feed(ask({ title, rawInput: { command } }, id));
    argv('r1', ['/bin/bash', '-lc', 'a && b']);
    expect(shown('r1')).toEqual(['a && b']);
    // Negative controls: nothing of these may be left out.
    argv('r2', ['/bin/bash', '-lc', 'a && b', 'c']);
    expect(shown('r2').at(-1)).toBe('/bin/bash -lc a && b c');
    argv('r3', ['/bin/bash', '--rcfile', 'evil']);
    expect(shown('r3').at(-1)).toBe('/bin/bash --rcfile evil');
    argv('r4', ['notbash', '-c', 'a && b']);
    expect(shown('r4').at(-1)).toBe('notbash -c a && b');
  });

  it('[R68] shows what hides or reorders text by its code point, instead of leaving it out', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.feed(
      ask({ title: 'echo hi\u001b]0; rm -rf ~\u0007', rawInput: { cmd: 'a\u202eb\u200b' } }),
    );
    expect(card(view).querySelector('.approval-title')!.textContent).toContain('rm -rf ~');
    expect(card(view).querySelector('.approval-title')!.textContent).toContain('⟨U+001B⟩');
    expect(card(view).querySelector('.command')!.textContent).toBe('a⟨U+202E⟩b⟨U+200B⟩');
  });

  it('marks what may destroy something, and only that', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.feed(
      ask({ rawInput: { command: ['rm', '-rf', 'build'] } }, 'a'),
      ask({ rawInput: { command: 'npm test' } }, 'b'),
      ask({ kind: 'delete', title: 'x.ts' }, 'c'),
    );
    const marked = ['a', 'b', 'c'].map((id) => card(view, id).classList.contains('destructive'));
    expect(marked).toEqual([true, false, true]);
  });

  it('[R68] marks it also where hidden characters stand in it', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    const commands = [
      '\u202erm -rf build',
      '\u200brm -rf build',
      'r\u001b[0mm -rf build',
      'echo\u001b]0; rm -rf build\u0007',
      '\u202enpm test',
    ];
    fake.feed(...commands.map((command, index) => ask({ rawInput: { command } }, `r${index}`)));
    const marked = commands.map((_, index) =>
      card(view, `r${index}`).classList.contains('destructive'),
    );
    expect(marked).toEqual([true, true, true, true, false]);
  });

  it('[R56] stays pending while the answer is sent, and says when it was not', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.feed(ask());
    fake.answers.value = new Map([['r1', { state: 'sending' }]]);
    expect(buttons(view).every((button) => button.disabled)).toBe(true);
    const error = { code: 'offline', message: 'The connection is down.', retryable: true };
    fake.answers.value = new Map([['r1', { state: 'failed', error }]]);
    expect(card(view).textContent).toContain('The connection is down.');
    expect(buttons(view).some((button) => button.disabled)).toBe(false);
    buttons(view)[0]!.click();
    expect(view.calls).toEqual([['answer', 's1', 'r1', 'once']]);
  });

  it('[R57] shows what was chosen and by whom, and takes no answer any more', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.feed(ask());
    fake.feed({ type: 'resolved', id: 'r1', outcome: 'selected', optionId: 'ever', by: 'tab-7f' });
    expect(outcome(view)).toBe('Always allow `npm` in another tab Run npm test');
    expect(buttons(view)).toEqual([]);
    // Folded, and a click away.
    const asked = card(view).querySelector<HTMLElement>('.approval-asked')!;
    expect(asked.hidden).toBe(true);
    card(view).querySelector<HTMLElement>('[aria-label="What was asked"]')!.click();
    expect(asked.hidden).toBe(false);
    press(card(view), 'y');
    expect(view.calls).toEqual([]);
  });

  it('[R57] says who answered only where that is news: not this page, and nobody long ago', async () => {
    const fake = new FakeSession();
    fake.feed(ask({}, 'r0'), over('r0', 'tab-old'));
    const view = await mount(fake);
    fake.feed(ask({}, 'r1'), ask({}, 'r2'), ask({}, 'r3'));
    buttons(view, 'r1')[0]!.click();
    // Or from its row.
    fake.answers.value = new Map([['r2', { state: 'sending' }]]);
    fake.feed(over('r1', 'tab-me'), over('r2', 'tab-me'), over('r3', 'an editor'));
    for (const id of ['r0', 'r1', 'r2']) {
      expect(outcome(view, id)).toBe('Allow once Run npm test');
    }
    expect(outcome(view, 'r3')).toBe('Allow once by an editor Run npm test');
  });

  it('a settled one does not repeat what its call says beside it, whichever came first', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.feed(call('before'), ask({ toolCallId: 'before' }, 'r1'), over('r1'));
    expect(outcome(view)).toBe('Allow once');
    fake.feed(ask({ toolCallId: 'after' }, 'r2'), over('r2'));
    // Control: nothing else tells of it yet.
    expect(outcome(view, 'r2')).toBe('Allow once Run npm test');
    fake.feed(call('after'));
    expect(outcome(view, 'r2')).toBe('Allow once');
  });

  it('[R58] says that a request was cancelled, and why', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.feed(ask());
    fake.feed({
      type: 'resolved',
      id: 'r1',
      outcome: 'cancelled',
      reason: 'The turn was stopped.',
    });
    expect(card(view).textContent).toMatch(/Cancelled\s+The turn was stopped/);
  });

  it('takes y, a and d while it has the focus, and nowhere else', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.feed(ask());
    press(document.body, 'y');
    press(view.area, 'y');
    expect(view.calls).toEqual([]);
    card(view).focus();
    expect((view.log.getRootNode() as ShadowRoot).activeElement).toBe(card(view));
    for (const key of ['y', 'a', 'n', 'd', 'x']) press(card(view), key);
    expect(view.calls.map((call) => call[3])).toEqual(['once', 'ever', 'no']);
  });

  it('lets what it cannot show only be denied', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.feed(ask({ content: [{ type: 'hologram', beam: 1 } as never] }));
    expect(buttons(view).map((button) => button.disabled)).toEqual([true, true, false]);
    press(card(view), 'y');
    expect(view.calls).toEqual([]);
    press(card(view), 'd');
    expect(view.calls).toEqual([['answer', 's1', 'r1', 'no']]);
  });

  it('offers to deny where the agent does not', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.feed(ask({}, 'r1', [OPTIONS[0]!]));
    expect(names(view)).toEqual(['Allow once', 'Deny']);
    buttons(view)[1]!.click();
    expect(view.calls).toEqual([['answer', 's1', 'r1', undefined]]);
  });

  it('survives an option without a kind', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.feed(ask({}, 'r1', [{ optionId: 'q', name: 'Go' } as never]));
    expect(names(view)).toEqual(['Go', 'Deny']);
  });
});
