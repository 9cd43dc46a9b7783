import { afterEach, describe, expect, it } from 'vitest';
import { FakeStore, tenSessions } from './fake-store.ts';
import { button, deep, item, mount, one, painted, press, unmount, until } from './support.ts';

afterEach(unmount);

const visible = (selector: string) =>
  deep(selector).some((each) => each.checkVisibility({ visibilityProperty: true }));

const overflow = () => document.documentElement.scrollWidth - innerWidth;

describe.each([360, 390, 420])('at %i pixels', (width) => {
  it('list and stage are screens of their own, with a way back that counts', async () => {
    const fake = tenSessions();
    await mount(fake, width, 740);
    expect(visible('ap-sidebar')).toBe(true);
    expect(visible('ap-session-header')).toBe(false);
    expect(overflow()).toBe(0);
    one('.open', item('s1').shadowRoot!).click();
    await painted();
    expect(fake.activeSessionId.value).toBe('s1');
    expect(visible('ap-sidebar')).toBe(false);
    expect(one('ap-sidebar').inert).toBe(true);
    expect(visible('ap-session-header')).toBe(true);
    expect(overflow()).toBe(0);
    const back = button(/^All sessions/);
    expect(back.getAttribute('aria-label')).toBe('All sessions, 2 need you');
    const conversation = one('.pane.shown > ap-conversation');
    back.click();
    await painted();
    expect(visible('ap-sidebar')).toBe(true);
    expect(one('.pane.shown > ap-conversation')).toBe(conversation);
  });
});

describe('on a phone', () => {
  it('a viewed session that asks can be answered in the list', async () => {
    const fake = tenSessions();
    fake.activeSessionId.value = 's2';
    await mount(fake, 390, 844);
    expect(deep('[data-request-id="r1"]', item('s2').shadowRoot!)).toHaveLength(1);
  });

  it('opening the session that is viewed already shows it', async () => {
    await mount(tenSessions(), 390, 844);
    one('.open', item('s9').shadowRoot!).click();
    await painted();
    expect(visible('ap-session-header')).toBe(true);
  });

  it('without sessions the first screen says what to do', async () => {
    await mount(new FakeStore(), 390, 844);
    expect(visible('ap-sidebar ap-welcome, ap-welcome')).toBe(true);
    expect(button('New session').checkVisibility({ visibilityProperty: true })).toBe(true);
  });

  it('a reload finds the screen again; after an end, the list', async () => {
    const fake = tenSessions();
    const app = await mount(fake, 390, 844);
    one('.open', item('s9').shadowRoot!).click();
    await painted();
    app.remove();
    await mount(fake, 390, 844);
    expect(visible('ap-session-header')).toBe(true);
    fake.remove('s9');
    await painted();
    expect(visible('ap-sidebar')).toBe(true);
  });

  it('banners are seen on both screens', async () => {
    const fake = tenSessions();
    fake.storage.value = { mode: 'memory', reason: 'The disk is full.' };
    await mount(fake, 390, 844);
    expect(visible('.banner')).toBe(true);
    press('KeyG');
    press('Digit1');
    await until(() => visible('ap-session-header'));
    expect(visible('.banner')).toBe(true);
  });
});

describe('the system’s back', () => {
  it('returns to the list without a navigation; forward shows the session again', async () => {
    await mount(tenSessions(), 390, 844);
    const { href } = location;
    one('.open', item('s1').shadowRoot!).click();
    await until(() => visible('ap-session-header'));
    history.back();
    await until(() => visible('ap-sidebar'));
    expect(location.href).toBe(href);
    history.forward();
    await until(() => visible('ap-session-header'));
    // The page's own way back takes the step back too, so that back from the list leaves the page.
    button(/^All sessions/).click();
    await until(() => visible('ap-sidebar'));
    await until(() => history.state?.apertureStage === undefined);
  });

  it('a wide screen has no such step', async () => {
    await mount(tenSessions(), 1280, 844);
    const before = history.length;
    one('.open', item('s1').shadowRoot!).click();
    await painted();
    expect(history.length).toBe(before);
  });
});

describe('on a wide screen', () => {
  it.each([720, 1280, 1920])('at %i pixels list and stage stand side by side', async (width) => {
    await mount(tenSessions(), width, 900);
    expect(visible('ap-sidebar')).toBe(true);
    expect(visible('ap-session-header')).toBe(true);
    expect(deep('ap-back-button')).toHaveLength(0);
    expect(overflow()).toBe(0);
  });
});
