import { afterEach, describe, expect, it } from 'vitest';
import { MountedList } from '../../../src/app/ui/controllers/mounted.ts';
import { FakeStore, tenSessions } from './fake-store.ts';
import { deep, item, items, mount, one, painted, unmount } from './support.ts';

afterEach(unmount);

const title = () => one('h1', one('ap-session-header').shadowRoot!).textContent;

const all = () => true;

/** What changes below these roots, shadow roots included, from now on. */
function changes(...roots: Node[]): Node[] {
  const seen: Node[] = [];
  const observer = new MutationObserver((records) => {
    seen.push(...records.map((record) => record.target));
  });
  const options = { subtree: true, childList: true, characterData: true, attributes: true };
  for (const root of roots) {
    observer.observe(root, options);
    if (!(root instanceof Element || root instanceof ShadowRoot)) continue;
    const inside = root instanceof Element && root.shadowRoot ? [root.shadowRoot] : [];
    for (const shadow of [...inside, ...deep('*', root).map((each) => each.shadowRoot)])
      if (shadow) observer.observe(shadow, options);
  }
  return seen;
}

/** Its own opacity or that of what it is in, and whether that is painted. */
const isSeen = (element: Element): boolean => element.checkVisibility({ opacityProperty: true });

const pane = (id: string) => one(`.pane[data-session-id="${id}"]`);

describe('[R34] switching', () => {
  it('shows the other conversation and destroys none', async () => {
    const fake = tenSessions();
    await mount(fake);
    fake.actions.activate('s1');
    await painted();
    const first = one('ap-conversation', pane('s1'));
    const log = one('[role="log"]', first.shadowRoot!);
    fake.actions.activate('s9');
    await painted();
    expect(one('ap-conversation', pane('s1'))).toBe(first);
    expect(log.isConnected).toBe(true);
    expect(isSeen(pane('s1'))).toBe(false);
    expect(pane('s1').getAttribute('aria-hidden')).toBe('true');
    expect(isSeen(pane('s9'))).toBe(true);
    expect(pane('s9').inert).toBe(false);
    expect(pane('s9').hasAttribute('aria-hidden')).toBe(false);
    expect(deep('.pane.shown')).toHaveLength(1);
    fake.actions.activate('s1');
    await painted();
    expect(one('[role="log"]', one('ap-conversation', pane('s1')).shadowRoot!)).toBe(log);
    expect(isSeen(log)).toBe(true);
  });

  it('a hidden conversation keeps its size, so that it needs no new layout', async () => {
    const fake = tenSessions();
    await mount(fake);
    fake.actions.activate('s1');
    await painted();
    const [shown, hidden] = [pane('s1'), pane('s9')].map((each) => each.getBoundingClientRect());
    expect(hidden!.width).toBe(shown!.width);
    expect(hidden!.height).toBe(shown!.height);
  });

  it('swaps the header', async () => {
    const fake = tenSessions();
    await mount(fake);
    expect(title()).toBe('Retry with jitter');
    fake.actions.activate('s4');
    await painted();
    expect(title()).toBe('Search index rebuild');
  });

  it('the session that is gone leaves the stage; the others’ elements stay', async () => {
    const fake = tenSessions();
    await mount(fake);
    fake.actions.activate('s1');
    await painted();
    const kept = one('ap-conversation', pane('s9'));
    fake.remove('s1');
    await painted();
    expect(deep('.pane').map((each) => each.dataset['sessionId'])).not.toContain('s1');
    expect(one('ap-conversation', pane('s9'))).toBe(kept);
  });
});

describe('[R25] a background stream', () => {
  it('touches its own row and nothing else', async () => {
    const fake = tenSessions();
    await mount(fake);
    fake.actions.activate('s1');
    await painted();
    const others = items().filter((each) => each.record.id !== 's8');
    const elsewhere = changes(
      ...others,
      one('ap-session-header'),
      pane('s1'),
      one('ap-banners'),
      one('ap-toasts'),
    );
    const own = changes(item('s8'));
    fake.sessions.value[7]!.says(' it goes on and on');
    await painted();
    expect(own.length).toBeGreaterThan(0);
    // The running times tick meanwhile; nothing else may move.
    const moved = elsewhere.filter((node) => {
      const root = node.getRootNode();
      return !(root instanceof ShadowRoot && root.host.localName === 'ap-elapsed');
    });
    expect(moved).toEqual([]);
  });

  it('of a visited session writes nothing into its hidden conversation', async () => {
    const fake = tenSessions();
    await mount(fake);
    fake.actions.activate('s8');
    await painted();
    fake.actions.activate('s1');
    await painted();
    const hidden = changes(one('ap-transcript', one('ap-conversation', pane('s8')).shadowRoot!));
    fake.sessions.value[7]!.says(' it goes on and on');
    await painted();
    expect(hidden).toEqual([]);
    // The negative control: the same stream on the stage is seen by the same observer.
    fake.actions.activate('s8');
    await painted();
    expect(hidden.length).toBeGreaterThan(0);
  });
});

describe('[R30] mounted conversations', () => {
  it('are at most ten; the one that was viewed longest ago goes first', async () => {
    const fake = new FakeStore();
    for (let index = 1; index <= 12; index++) fake.add({ title: `Session ${index}` });
    await mount(fake);
    for (let index = 1; index <= 10; index++) {
      fake.actions.activate(`s${index}`);
      await painted();
    }
    fake.actions.activate('s1');
    await painted();
    fake.actions.activate('s11');
    await painted();
    const ids = deep('.pane').map((each) => each.dataset['sessionId']);
    expect(ids).toHaveLength(10);
    expect(ids).not.toContain('s2');
    expect(ids).toContain('s1');
  });

  it('keep their places: viewing again moves nothing', () => {
    const list = new MountedList<string>(3);
    list.update('a', all);
    list.update('b', all);
    expect(list.update('a', all)).toEqual(['a', 'b']);
    list.update('c', all);
    expect(list.update('d', all)).toEqual(['a', 'c', 'd']);
    expect(list.update(undefined, (id) => id !== 'c')).toEqual(['a', 'd']);
  });

  it('one that was not viewed yet has the last claim to a place', () => {
    const list = new MountedList<string>(3);
    list.update('a', all);
    expect([list.add('b'), list.add('b')]).toEqual([true, false]);
    expect(list.update('c', all)).toEqual(['a', 'b', 'c']);
    // In the place of one that was not viewed either.
    expect(list.add('d')).toBe(true);
    expect(list.update('a', all)).toEqual(['a', 'c', 'd']);
    list.update('d', all);
    expect(list.add('e')).toBe(false);
    expect(list.update('e', all)).toEqual(['a', 'd', 'e']);
  });
});
