import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ContentBlock } from '../../../src/core/acp.ts';
import type { SessionAbilities } from '../../../src/core/session/abilities.ts';
import { KEPT } from '../../../src/app/ui/conversation/composer/attached.ts';
import { recall, remember } from '../../../src/app/ui/controllers/remembered.ts';
import { FakeSession, mount, type Mounted } from './fake.ts';

afterEach(() => {
  document.body.replaceChildren();
  localStorage.clear();
});

/** For pictures that are drawn anew, on a machine with other things to do; ms. */
const PATIENCE = 20_000;
const ALL = { image: true, embeddedContext: true };

/** A session whose agent said what it takes. */
function session(takes: Record<string, boolean> | 'unsaid' = ALL, id = 's1'): FakeSession {
  const fake = new FakeSession(id);
  fake.feed({ type: 'agent', state: 'ready', ...(takes !== 'unsaid' && { takes }) });
  return fake;
}

async function png(width: number, height: number, noisy = false): Promise<Blob> {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d')!;
  if (noisy) {
    const pixels = context.createImageData(width, height);
    const words = new Uint32Array(pixels.data.buffer);
    let seed = 1;
    for (let at = 0; at < words.length; at++) {
      seed = (seed * 1_664_525 + 1_013_904_223) >>> 0;
      words[at] = seed | 0xff000000;
    }
    context.putImageData(pixels, 0, 0);
  } else context.fillRect(0, 0, width, height);
  return canvas.convertToBlob({ type: 'image/png' });
}
const picture = async (name = 'shot.png'): Promise<File> =>
  new File([await png(40, 20)], name, { type: 'image/png' });
const notes = (name = 'notes.md', text = '# Notes'): File =>
  new File([text], name, { type: 'text/markdown' });

const composer = (view: Mounted): ShadowRoot => view.area.getRootNode() as ShadowRoot;
const strip = (view: Mounted): ShadowRoot | undefined =>
  composer(view).querySelector('ap-attachments')?.shadowRoot ?? undefined;
const shown = (view: Mounted): string[] =>
  [...(strip(view)?.querySelectorAll('li') ?? [])].map(({ title }) => title);
const send = (view: Mounted): HTMLButtonElement => composer(view).querySelector('.send')!;
const button = (view: Mounted): Element | null => composer(view).querySelector('input[type=file]');
const toasts = (view: Mounted): string[] =>
  view.calls.filter(([name]) => name === 'showToast').map((call) => (call[1] as Toast).text);
interface Toast {
  text: string;
}
const sent = (view: Mounted): unknown[] =>
  view.calls.filter(([name]) => name === 'sendPrompt').map((call) => call.slice(2));

function transfer(files: readonly File[], text?: string): DataTransfer {
  const data = new DataTransfer();
  for (const file of files) data.items.add(file);
  if (text !== undefined) data.setData('text/plain', text);
  return data;
}
const init = { bubbles: true, composed: true, cancelable: true };

/** @returns whether the browser would have done with it what it does by itself. */
const paste = (view: Mounted, files: readonly File[], text?: string): boolean =>
  view.area.dispatchEvent(
    new ClipboardEvent('paste', { ...init, clipboardData: transfer(files, text) }),
  );
const drop = (target: EventTarget, files: readonly File[]): boolean =>
  target.dispatchEvent(new DragEvent('drop', { ...init, dataTransfer: transfer(files) }));

async function choose(view: Mounted, ...files: File[]): Promise<void> {
  const input = composer(view).querySelector<HTMLInputElement>('input[type=file]')!;
  input.files = transfer(files).files;
  input.dispatchEvent(new Event('change', { bubbles: true }));
  await vi.waitFor(() => expect(send(view).disabled).toBe(false), PATIENCE);
}

async function type(view: Mounted, text: string): Promise<void> {
  view.area.value = text;
  view.area.dispatchEvent(new InputEvent('input', init));
  await view.settled();
}

describe('files in the composer', () => {
  it('are offered by a button only where the agent takes any', async () => {
    expect(button(await mount(session()))).not.toBeNull();
    expect(button(await mount(session({ embeddedContext: true })))).not.toBeNull();
    // Controls: an agent that takes text only, one that has not said, and a connection that carries text only.
    expect(button(await mount(session({})))).toBeNull();
    expect(button(await mount(session('unsaid')))).toBeNull();
    const poor = session();
    poor.abilities.value = {} as SessionAbilities;
    expect(button(await mount(poor))).toBeNull();
    // Where the connection says it, and not the log.
    const plain = new FakeSession();
    plain.abilities.value = { takes: { image: true } } as unknown as SessionAbilities;
    expect(button(await mount(plain))).not.toBeNull();
  });

  it('come by paste, drop and button, are shown with a name, and go out in order', async () => {
    const view = await mount(session());
    expect(paste(view, [await picture()])).toBe(false);
    await vi.waitFor(() => expect(shown(view)).toEqual(['shot.png']));
    // Anywhere in the conversation: beside the composer it would replace the page.
    expect(drop(view.log, [notes()])).toBe(false);
    await vi.waitFor(() => expect(shown(view)).toEqual(['shot.png', 'notes.md']));
    await choose(view, await picture('two.png'));
    await vi.waitFor(() => expect(shown(view)).toEqual(['shot.png', 'notes.md', 'two.png']));
    expect(strip(view)!.querySelector('img')!.alt).toBe('shot.png');
    await type(view, 'look');
    send(view).click();
    await view.settled();
    const [[text, blocks]] = sent(view) as [[string, ContentBlock[]]];
    expect(text).toBe('look');
    expect(blocks.map((block) => block.type)).toEqual(['image', 'resource', 'image']);
    expect(blocks[0]).toMatchObject({ mimeType: 'image/png', uri: 'attachment:///shot.png' });
    expect(blocks[1]).toMatchObject({
      resource: { text: '# Notes', mimeType: 'text/markdown', uri: 'attachment:///notes.md' },
    });
    expect(shown(view)).toEqual([]);
    // Once and no more.
    send(view).click();
    expect(sent(view)).toHaveLength(1);
  });

  it('go without a word, too; text that is pasted stays text', async () => {
    const view = await mount(session());
    expect(paste(view, [], 'words')).toBe(true);
    // A word processor's copy: words, and a picture of them.
    expect(paste(view, [await picture('image.png')], 'words')).toBe(true);
    expect(drop(view.log, [])).toBe(true);
    expect(send(view).disabled).toBe(true);
    await choose(view, await picture());
    expect(send(view).disabled).toBe(false);
    send(view).click();
    expect(sent(view)).toMatchObject([['', [{ type: 'image' }]]]);
  });

  it('are taken off by their buttons, and the focus goes on', async () => {
    const view = await mount(session());
    await choose(view, notes('a.txt'), notes('b.txt'), notes('c.txt'));
    await vi.waitFor(() => expect(shown(view)).toEqual(['a.txt', 'b.txt', 'c.txt']));
    const remove = (name: string): HTMLButtonElement =>
      strip(view)!.querySelector<HTMLButtonElement>(`button[aria-label="Remove ${name}"]`)!;
    remove('b.txt').click();
    await vi.waitFor(() => expect(shown(view)).toEqual(['a.txt', 'c.txt']));
    expect(strip(view)!.activeElement).toBe(remove('c.txt'));
    remove('c.txt').click();
    await vi.waitFor(() => expect(strip(view)!.activeElement).toBe(remove('a.txt')));
    remove('a.txt').click();
    await vi.waitFor(() => expect(strip(view)).toBeUndefined());
    expect(send(view).disabled).toBe(true);
  });

  it('are not sent without one that is still being read', async () => {
    const view = await mount(session());
    await type(view, 'look');
    paste(view, [await picture()]);
    await composer(view).host.getRootNode();
    view.area.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', ...init }));
    expect(sent(view)).toEqual([]);
    await vi.waitFor(() => expect(send(view).disabled).toBe(false));
    view.area.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', ...init }));
    expect(sent(view)).toMatchObject([['look', [{ type: 'image' }]]]);
  });

  it('stay with words that were refused', async () => {
    const fake = session();
    const view = await mount(fake);
    await choose(view, notes());
    await type(view, 'look');
    view.host.addEventListener('ap-intent', (event) => {
      const { result } = event as Event & { result: unknown };
      if (view.calls.at(-1)?.[0] === 'sendPrompt' && result === undefined)
        Object.assign(event, { result: false });
    });
    send(view).click();
    await view.settled();
    expect(shown(view)).toEqual(['notes.md']);
    expect(view.area.value).toBe('look');
  });
});

describe('what an agent cannot take', () => {
  it('is refused with what to do: images, binaries, what is too large', async () => {
    const view = await mount(session({ embeddedContext: true }));
    paste(view, [await picture()]);
    await vi.waitFor(() => expect(toasts(view)[0]).toMatch(/Workspace takes no images.*shot\.png/));
    drop(view.log, [
      new File([new Uint8Array([0, 1, 2])], 'a.bin'),
      new File(['x'.repeat(1024 * 1024 + 1)], 'long.txt'),
    ]);
    await vi.waitFor(() => expect(toasts(view)).toHaveLength(3));
    expect(toasts(view)[1]).toMatch(/“a\.bin” is no text/);
    expect(toasts(view)[2]).toMatch(/“long\.txt” has more than 1 MB/);
    expect(shown(view)).toEqual([]);
  });

  it('waits until the agent has said it, where that is not known', async () => {
    const view = await mount(session('unsaid'));
    paste(view, [await picture()]);
    await vi.waitFor(() => expect(toasts(view)[0]).toMatch(/has not said yet/));
  });

  it('goes as a part of the message where it is text, with a word on that', async () => {
    const view = await mount(session({}));
    drop(view.log, [notes('a.md', 'one ``` two')]);
    await vi.waitFor(() => expect(shown(view)).toEqual(['a.md']));
    expect(toasts(view)[0]).toMatch(/does not take files, so “a\.md” goes as a part/);
    send(view).click();
    const [[, [block]]] = sent(view) as [[string, ContentBlock[]]];
    expect(block).toEqual({
      type: 'text',
      text: '\n\na.md:\n\n````\none ``` two\n````',
      _meta: { 'aperture/file': 'a.md' },
    });
  });

  it('is drawn anew where it is a picture that is too large, or of another kind', async () => {
    const view = await mount(session());
    const large = new File([await png(1_400, 1_000, true)], 'large.png', { type: 'image/png' });
    expect(large.size).toBeGreaterThan(3_750_000);
    const odd = new File([await png(10, 10)], 'odd.bmp', { type: 'image/bmp' });
    await choose(view, large, odd);
    await vi.waitFor(() => expect(shown(view)).toEqual(['large.png', 'odd.bmp']), PATIENCE);
    expect(toasts(view)[0]).toMatch(/“large\.png” goes as \d+ × \d+ pixels: .*3\.75 MB/);
    send(view).click();
    const [[, blocks]] = sent(view) as [[string, (ContentBlock & { type: 'image' })[]]];
    for (const { mimeType, data } of blocks) {
      expect(mimeType).toMatch(/^image\/(webp|jpeg)$/);
      expect(data.length).toBeLessThanOrEqual(5_000_000);
    }
    // Control: what is no picture at all is none, whatever it is called.
    paste(view, [new File(['no picture'], 'x.heic', { type: 'image/heic' })]);
    await vi.waitFor(() => expect(toasts(view).at(-1)).toMatch(/no picture that this browser/));
  });

  it('has bounds for a message as a whole', async () => {
    const view = await mount(session());
    const files = Array.from({ length: 9 }, (_, at) => notes(`${at}.txt`, 'x'.repeat(1_000_000)));
    await choose(view, ...files);
    await vi.waitFor(() => expect(toasts(view).length).toBeGreaterThan(0));
    expect(toasts(view)[0]).toMatch(/is too much for this message/);
    expect(shown(view).length).toBeGreaterThan(6);
  });
});

describe('[R37] a draft’s attachments', () => {
  it('belong to their session, and are there when it is shown again', async () => {
    const one = session(ALL, 'one');
    const [first, second] = [await mount(one), await mount(session(ALL, 'two'))];
    await choose(first, notes());
    await vi.waitFor(() => expect(shown(first)).toEqual(['notes.md']));
    expect(shown(second)).toEqual([]);
    first.host.remove();
    const again = await mount(one);
    await vi.waitFor(() => expect(shown(again)).toEqual(['notes.md']));
  });

  it('are kept for a reload as they change, and looked for only where there were some', async () => {
    const view = await mount(session());
    await choose(view, notes());
    const kept = (): unknown[] => view.calls.filter(([name]) => name === 'keepFiles');
    await vi.waitFor(() => expect(kept()).toMatchObject([['keepFiles', 's1', [{}]]]));
    expect(recall(KEPT, [])).toEqual(['s1']);
    send(view).click();
    await vi.waitFor(() => expect(kept().at(-1)).toEqual(['keepFiles', 's1', []]));
    expect(recall(KEPT, [])).toEqual([]);
    // Control: nobody asks for what never was.
    const other = await mount(session(ALL, 'other'));
    await other.settled();
    expect(other.calls).toEqual([]);
    remember(KEPT, ['third']);
    const third = await mount(session(ALL, 'third'));
    await vi.waitFor(() => expect(third.calls).toEqual([['keptFiles', 'third']]));
  });
});

const outbox = (view: Mounted): ShadowRoot =>
  view.element.renderRoot.querySelector('ap-outbox')!.shadowRoot!;
async function queue(fake: FakeSession, view: Mounted, prompt: ContentBlock[]): Promise<void> {
  fake.outbox.value = [{ key: 'k', prompt, createdAt: 0, delivery: { state: 'queued' } }];
  await view.settled();
}

const press = (view: Mounted, label: string): void =>
  [...outbox(view).querySelectorAll<HTMLButtonElement>('button')]
    .find((each) => each.textContent === label)!
    .click();

describe('a queued message with attachments', () => {
  const IMAGE: ContentBlock = {
    type: 'image',
    mimeType: 'image/gif',
    data: 'R0lGODlhAQABAAAAACw=',
    uri: 'attachment:///dot.gif',
  };

  it('shows them, and gives them back to an empty draft when it is withdrawn', async () => {
    const fake = session();
    const view = await mount(fake);
    await queue(fake, view, [{ type: 'text', text: 'look' }, IMAGE]);
    expect(outbox(view).querySelector('.text')!.textContent).toBe('look');
    await vi.waitFor(() =>
      expect(
        outbox(view).querySelector('ap-attachments')!.shadowRoot!.querySelector('li')!.title,
      ).toBe('dot.gif'),
    );
    expect(
      outbox(view).querySelector('ap-attachments')!.shadowRoot!.querySelector('button'),
    ).toBeNull();
    press(view, 'Withdraw');
    expect(view.calls.at(-1)).toEqual(['withdrawQueued', 's1', 'k']);
    await vi.waitFor(() => expect(shown(view)).toEqual(['dot.gif']));
  });

  it('leaves a draft that is not empty as it is', async () => {
    const fake = session();
    const view = await mount(fake);
    await choose(view, notes());
    await queue(fake, view, [IMAGE]);
    press(view, 'Withdraw');
    await view.settled();
    expect(shown(view)).toEqual(['notes.md']);
  });

  it('may lose its words and go on; without any it is withdrawn', async () => {
    const fake = session();
    const view = await mount(fake);
    const clear = async (): Promise<void> => {
      press(view, 'Edit');
      await view.settled();
      const area = outbox(view).querySelector('textarea')!;
      area.value = '';
      press(view, 'Save');
      await view.settled();
    };
    await queue(fake, view, [{ type: 'text', text: 'look' }, IMAGE]);
    await clear();
    expect(view.calls.at(-1)).toEqual(['editQueued', 's1', 'k', '']);
    await queue(fake, view, [{ type: 'text', text: 'look' }]);
    await clear();
    expect(view.calls.at(-1)).toEqual(['withdrawQueued', 's1', 'k']);
  });

  it('[R45] is sent again with them', async () => {
    const fake = session();
    const view = await mount(fake);
    fake.feed(
      { type: 'turn', state: 'running' },
      { type: 'chunk', role: 'user', content: IMAGE },
      { type: 'turn', state: 'idle', stopReason: 'error' },
    );
    await view.settled();
    view.element.renderRoot.querySelector<HTMLButtonElement>('.again')!.click();
    expect(sent(view)).toEqual([['', [IMAGE]]]);
  });
});
