import { afterEach, describe, expect, it, vi } from 'vitest';
import { FakeSession, box, frames, mount, say, think, user } from './fake.ts';
import { atEnd, firstInSight, scrollTo, topOf } from './scrolling.ts';

afterEach(() => {
  document.body.replaceChildren();
  sessionStorage.clear();
});

const entry = (content: string, status: 'pending' | 'in_progress' | 'completed') =>
  ({ content, status, priority: 'medium' }) as const;

/** The nodes that change under the given roots from now on, once for every change. */
function watch(...roots: Node[]): Node[] {
  const targets: Node[] = [];
  const observer = new MutationObserver((records) => {
    targets.push(...records.map((record) => record.target));
  });
  const options = { subtree: true, childList: true, characterData: true, attributes: true };
  for (const root of roots) observer.observe(root, options);
  return targets;
}

describe('the contract for automation', () => {
  it('gives messages their id, role and, while they grow, data-live', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.prompt('hello');
    fake.feed(think('hm'));
    fake.say('answer');
    const rows = [...view.log.querySelectorAll<HTMLElement>('[data-message-id]')];
    expect(rows.map((row) => row.dataset['role'])).toEqual(['user', 'thought', 'assistant']);
    expect(new Set(rows.map((row) => row.dataset['messageId'])).size).toBe(3);
    expect(rows.map((row) => row.hasAttribute('data-live'))).toEqual([false, false, true]);
    fake.finish();
    expect(rows.some((row) => row.hasAttribute('data-live'))).toBe(false);
  });

  it('is a log with the title as its name, and follows a new title', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    expect(view.log.getAttribute('role')).toBe('log');
    expect(view.log.ariaLabel).toBe('Fix the parser');
    fake.title.value = 'Renamed';
    expect(view.log.ariaLabel).toBe('Renamed');
  });

  it('gives tool calls their id and status, through all of its changes', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.prompt('go');
    fake.feed({ type: 'tool', call: { toolCallId: 'c1', title: 'Read a.ts', kind: 'read' } });
    const card = view.log.querySelector<HTMLElement>('[data-tool-call-id="c1"]')!;
    const seen = [card.dataset['toolStatus']];
    for (const status of ['in_progress', 'completed'] as const) {
      fake.feed({ type: 'tool', call: { toolCallId: 'c1', status } });
      seen.push(card.dataset['toolStatus']);
    }
    expect(seen).toEqual(['pending', 'in_progress', 'completed']);
    expect(view.log.querySelectorAll('[data-tool-call-id]')).toHaveLength(1);
  });
});

describe('streaming', () => {
  it('writes only what is new, whatever the history is', async () => {
    const counts: number[] = [];
    for (const turns of [2, 500]) {
      const fake = new FakeSession();
      fake.history(turns);
      const view = await mount(fake);
      fake.prompt('go');
      fake.say('The first words of the answer ');
      await view.settled();
      const changes = watch(view.element.renderRoot, view.log.getRootNode());
      fake.say('and one more token ');
      await view.settled();
      counts.push(changes.length);
      view.host.remove();
    }
    expect(counts[0]).toBeGreaterThan(0);
    expect(counts[0]).toBe(counts[1]);
  });

  it('touches no other item (the same count catches one that does)', async () => {
    const fake = new FakeSession();
    fake.history(10);
    const view = await mount(fake);
    fake.prompt('go');
    fake.say('Hello');
    await view.settled();
    const live = view.log.querySelector('[data-live]')!;
    const targets = watch(view.log);
    fake.say(' world');
    await view.settled();
    expect(targets.length).toBeGreaterThan(0);
    expect(targets.every((target) => live.contains(target))).toBe(true);
    expect(live.querySelector('.markdown')!.textContent).toBe('Hello world');
    // Negative control: the observer does see a foreign change.
    view.log.firstElementChild!.setAttribute('data-probe', '');
    await view.settled();
    expect(targets.every((target) => live.contains(target))).toBe(false);
  });

  it('[R68] shows what an agent sends as text', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.prompt('<b>me</b>');
    for (const piece of ['<img src=x oner', 'ror=alert(1)> \u001b[3', '1mred\u001b', '[0m'])
      fake.say(piece);
    fake.finish();
    expect(view.log.querySelector('img, b')).toBeNull();
    const texts = [...view.log.querySelectorAll('.plain, .markdown')].map((e) => e.textContent);
    expect(texts).toEqual(['<b>me</b>', '<img src=x onerror=alert(1)> red']);
  });
});

describe('scrolling', () => {
  it('stays at the end while the answer grows', async () => {
    const fake = new FakeSession();
    fake.history(20);
    const view = await mount(fake);
    await view.settled();
    expect(atEnd(view)).toBe(0);
    fake.prompt('go');
    for (let i = 0; i < 30; i++) {
      fake.say(`Paragraph ${i} of the answer.\n\n`);
      await frames(1);
    }
    await view.settled();
    expect(atEnd(view)).toBe(0);
    expect(fake.record.scrollTop).toBeUndefined();
  });

  it('never moves a reader who scrolled up, and says that there is more', async () => {
    const fake = new FakeSession();
    fake.history(20);
    const view = await mount(fake);
    await view.settled();
    await scrollTo(view, view.scroller.scrollTop - 900);
    const row = firstInSight(view);
    const before = topOf(view, row);
    fake.prompt('go');
    for (let i = 0; i < 10; i++) fake.say(`Paragraph ${i}.\n\n`);
    await view.settled();
    expect(Math.abs(topOf(view, row) - before)).toBeLessThanOrEqual(1);
    expect(fake.record.scrollTop).toBeGreaterThan(0);
    const pill = view.log.getRootNode() as ShadowRoot;
    const button = pill.querySelector<HTMLElement>('.pill')!;
    expect(button.ariaLabel).toBe('New messages');
    button.click();
    await view.settled();
    expect(atEnd(view)).toBe(0);
    expect(pill.querySelector('.pill')).toBeNull();
  });

  it('mounts the newest items first and older ones on the way up, without a jump', async () => {
    const fake = new FakeSession();
    fake.history(100);
    const view = await mount(fake);
    await view.settled();
    const total = fake.transcript.items.length;
    expect(view.log.childElementCount).toBeLessThanOrEqual(60);
    let rounds = 0;
    while (view.log.childElementCount < total) {
      expect(++rounds).toBeLessThan(60);
      // The row in sight before the scroll event stays where the scroll put it.
      view.scroller.scrollTop = 200;
      const row = firstInSight(view);
      const before = topOf(view, row);
      await frames();
      expect(Math.abs(topOf(view, row) - before)).toBeLessThanOrEqual(1);
    }
    const first = view.log.querySelector('.plain')!;
    expect(first.textContent).toBe('Question 0');
  });

  it('lets go of far older items again while following', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    for (let i = 0; i < 100; i++) fake.history(1);
    await view.settled();
    expect(fake.transcript.items.length).toBeGreaterThan(300);
    expect(view.log.childElementCount).toBeLessThanOrEqual(181);
    expect(atEnd(view)).toBe(0);
  });

  it('keeps the place of a reader when something above it grows', async () => {
    const fake = new FakeSession();
    fake.prompt('go');
    fake.feed({ type: 'tool', call: { toolCallId: 'grow', title: 'npm test', kind: 'execute' } });
    fake.history(20);
    const view = await mount(fake);
    await view.settled();
    await scrollTo(view, 0);
    await scrollTo(view, 700);
    const row = firstInSight(view);
    const before = topOf(view, row);
    const card = view.log.querySelector('[data-tool-call-id="grow"]')!;
    card.querySelector('button')!.click();
    const text = 'line\n'.repeat(12);
    fake.feed({
      type: 'tool',
      call: {
        toolCallId: 'grow',
        content: [{ type: 'content', content: { type: 'text', text } }],
      },
    });
    await view.settled();
    expect(card.getBoundingClientRect().height).toBeGreaterThan(150);
    expect(Math.abs(topOf(view, row) - before)).toBeLessThanOrEqual(1);
  });

  it('[R37] keeps each session’s place through switching, hidden either way', async () => {
    for (const hide of ['content-visibility: hidden', 'display: none']) {
      const fake = new FakeSession();
      fake.history(20);
      const view = await mount(fake);
      await view.settled();
      await scrollTo(view, view.scroller.scrollTop - 800);
      const row = firstInSight(view);
      const before = topOf(view, row);
      const shown = view.element.style.cssText;
      view.element.active = false;
      view.element.style.cssText = hide;
      await view.settled();
      fake.history(3);
      await view.settled();
      view.element.style.cssText = shown;
      view.element.active = true;
      await view.settled();
      expect(Math.abs(topOf(view, row) - before)).toBeLessThanOrEqual(1);
      view.host.remove();
    }
  });

  it('[R37] stands at the same message when the element is made anew', async () => {
    const fake = new FakeSession();
    fake.history(60);
    const view = await mount(fake);
    await view.settled();
    await scrollTo(view, view.scroller.scrollTop - 1_500);
    const id = firstInSight(view).querySelector('.plain, .markdown')?.textContent;
    view.host.remove();
    const again = await mount(fake);
    await again.settled();
    expect(firstInSight(again).querySelector('.plain, .markdown')?.textContent).toBe(id);
  });
});

describe('a session that is not viewed', () => {
  it('costs no change in the document, and shows the present when it is viewed again', async () => {
    const fake = new FakeSession();
    fake.history(5);
    const view = await mount(fake);
    fake.prompt('go');
    fake.say('Before. ');
    view.element.active = false;
    await view.settled();
    const changes = watch(view.log);
    fake.say('Meanwhile. ');
    fake.feed({ type: 'tool', call: { toolCallId: 'x', title: 'Read', status: 'completed' } });
    await frames();
    expect(changes).toEqual([]);
    view.element.active = true;
    await view.element.updateComplete;
    // No frame has passed: switching shows the present at once.
    expect(view.log.textContent).toContain('Before. Meanwhile.');
    expect(view.log.querySelector('[data-tool-call-id="x"]')).not.toBeNull();
    await view.settled();
    expect(atEnd(view)).toBe(0);
  });

  it('marks where the reader had stopped', async () => {
    const fake = new FakeSession();
    fake.history(2);
    const view = await mount(fake);
    view.element.active = false;
    await view.settled();
    const seen = fake.n;
    fake.feed({ type: 'turn', state: 'running' }, say('News'));
    fake.readMark.value = seen;
    view.element.active = true;
    await view.settled();
    const divider = view.log.querySelector('.new-divider')!;
    expect(divider.nextElementSibling!.textContent).toContain('News');
    // What streams while it is being read is not marked anew.
    fake.say(' more');
    await view.settled();
    expect(view.log.querySelectorAll('.new-divider')).toHaveLength(1);
  });

  it('marks nothing when there is nothing new, or all of it is', async () => {
    const fake = new FakeSession();
    fake.history(2);
    fake.readMark.value = fake.n;
    const view = await mount(fake);
    await view.settled();
    expect(view.log.querySelector('.new-divider')).toBeNull();
    fake.readMark.value = 0;
    expect(view.log.querySelector('.new-divider')).toBeNull();
  });

  it('does nothing after it was removed', async () => {
    const fake = new FakeSession();
    fake.history(2);
    const view = await mount(fake);
    view.host.remove();
    const before = view.log.childElementCount;
    fake.say('late');
    expect(view.log.childElementCount).toBe(before);
    document.body.append(view.host);
    await view.settled();
    expect(view.log.textContent).toContain('late');
  });
});

describe('other items', () => {
  it('[R28] starts again when the transcript is replaced', async () => {
    const fake = new FakeSession();
    fake.history(3);
    const view = await mount(fake);
    fake.replace();
    fake.feed(user('fresh'));
    await view.settled();
    expect(view.log.childElementCount).toBe(1);
    expect(view.log.textContent).toContain('fresh');
  });

  it('[R21] shows a gap, [R47] an error with its code and whether to try again', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.feed(
      { type: 'gap', from: 12, to: 40 },
      { type: 'error', error: { code: 'busy', message: 'Too many requests.', retryable: true } },
      { type: 'error', error: { code: 'no_key', message: 'No key.', retryable: false } },
      { type: 'raw', method: 'vendor/x', payload: { secret: '<b>' } },
    );
    const [gap, busy, key, raw] = [...view.log.children];
    expect(gap!.textContent).toContain('Messages 12–40');
    expect(busy!.textContent).toMatch(/Too many requests.*busy.*may work/s);
    expect(key!.textContent).toMatch(/No key.*no_key.*will not help/s);
    expect(raw!.querySelector('details')!.open).toBe(false);
  });

  it.each([
    ['end_turn', /^Done in/],
    ['cancelled', /^Stopped/],
    ['max_tokens', /length limit/],
    ['refusal', /refused/],
    ['something_new', /something new/],
  ])('says in words how a turn ended: %s', async (reason, words) => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.prompt('go');
    fake.finish(reason);
    expect(view.log.lastElementChild!.textContent!.trim()).toMatch(words);
  });

  it('shows a plan with its progress, in place', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.prompt('go');
    fake.feed({ type: 'plan', entries: [entry('a', 'in_progress'), entry('b', 'pending')] });
    fake.feed({ type: 'plan', entries: [entry('a', 'completed'), entry('b', 'in_progress')] });
    expect(view.log.querySelectorAll('.plan')).toHaveLength(1);
    expect(view.log.querySelector('.plan-head')!.textContent).toContain('1 of 2 done');
  });

  it('folds a thought, and draws it when it is opened', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.prompt('go');
    fake.feed(think('A **long** thought'));
    const thought = view.log.querySelector('.thought')!;
    expect(thought.querySelector('.thought-body')!.childElementCount).toBe(0);
    fake.feed(think(' that goes on'));
    expect(thought.querySelector('.thought-tail')!.textContent).toContain('goes on');
    fake.say('Done');
    expect(thought.querySelector('.thought-label')!.textContent).toBe('Thought for 1.4 s');
    thought.querySelector('button')!.click();
    expect(thought.querySelector('strong')!.textContent).toBe('long');
    expect(thought.querySelector('.thought-body')!.textContent).toBe('A long thought that goes on');
  });

  it('copies a message as it was written', async () => {
    const write = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue();
    const fake = new FakeSession();
    const view = await mount(fake, box());
    fake.prompt('go');
    fake.say('Some **bold** text\n\n```js\nlet a;\n```');
    fake.finish();
    const [code, message] = [...view.log.querySelectorAll<HTMLElement>('.assistant .copy')];
    message!.click();
    code!.click();
    await vi.waitFor(() => expect(write).toHaveBeenCalledTimes(2));
    expect(write.mock.calls.map(([text]) => text)).toEqual([
      'Some **bold** text\n\n```js\nlet a;\n```',
      'let a;',
    ]);
    write.mockRestore();
  });
});

describe('a session that was replaced by another under the same element', () => {
  it('[R50] shows and serves the new one only', async () => {
    const [old, next] = [new FakeSession('old'), new FakeSession('next')];
    old.feed(user('from the old one'));
    next.feed(user('from the next one'));
    old.draft.value = 'old draft';
    const view = await mount(old);
    view.element.record = next.record;
    await view.settled();
    old.feed(say('late'));
    expect(view.log.textContent).toContain('from the next one');
    expect(view.log.textContent).not.toMatch(/old one|late/);
    expect(view.area.value).toBe('');
  });
});
