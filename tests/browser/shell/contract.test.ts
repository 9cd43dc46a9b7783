import { afterEach, describe, expect, it, vi } from 'vitest';
import { formatElapsed, shortPath } from '../../../src/app/ui/time.ts';
import { FakeStore, tenSessions, type FakeRecord } from './fake-store.ts';
import { button, deep, item, items, mount, one, painted, unmount } from './support.ts';

afterEach(unmount);

const of = (id: string) => {
  const row = item(id);
  return Object.fromEntries(
    ['data-status', 'data-streaming', 'data-unread', 'data-attention', 'aria-current'].flatMap(
      (name) => (row.hasAttribute(name) ? [[name, row.getAttribute(name)]] : []),
    ),
  );
};

const name = (id: string) => one('.open', item(id).shadowRoot!).getAttribute('aria-label');

const retries = (id: string) =>
  deep('.act', item(id).shadowRoot!).map((each) => each.textContent?.trim());

const shown = () =>
  items()
    .filter((each) => !each.hidden)
    .map((each) => each.record.id);

const search = async (query: string) => {
  const input = one<HTMLInputElement>('[aria-label="Search sessions"]');
  input.value = query;
  input.dispatchEvent(new Event('input'));
  await painted();
};

const text = (root: ParentNode): string =>
  deep('*', root)
    .filter((element) => !/^(style|script)$/.test(element.localName))
    .flatMap((element) => [...element.childNodes])
    .filter((node) => node.nodeType === Node.TEXT_NODE)
    .map((node) => node.textContent)
    .join(' ')
    .replace(/\s+/g, ' ');

describe('[R33] a row', () => {
  it('carries the attributes of the contract, and none that do not hold', async () => {
    await mount(tenSessions());
    expect(of('s1')).toEqual({ 'data-status': 'connected', 'data-streaming': '' });
    expect(of('s2')).toEqual({
      'data-status': 'connected',
      'data-unread': '2',
      'data-attention': 'approval',
    });
    expect(of('s3')).toEqual({
      'data-status': 'connected',
      'data-unread': '3',
      'data-attention': 'done',
    });
    expect(of('s4')).toEqual({ 'data-status': 'reconnecting' });
    expect(of('s6')).toEqual({ 'data-status': 'disconnected' });
    expect(of('s7')).toEqual({ 'data-status': 'error', 'data-attention': 'error' });
    expect(of('s9')).toEqual({
      'data-status': 'connected',
      'data-streaming': '',
      'aria-current': 'true',
    });
  });

  it('follows the signals, and takes attributes away again', async () => {
    const fake = tenSessions();
    await mount(fake);
    const record = fake.sessions.value[0]!;
    record.unread.value = 4;
    record.connection.value = { status: 'connecting', since: 0 };
    record.attention.value = 'done';
    await painted();
    expect(item('s1').dataset).toMatchObject({
      unread: '4',
      status: 'connecting',
      attention: 'done',
    });
    record.unread.value = 0;
    record.attention.value = undefined;
    record.feed({ type: 'turn', state: 'idle', stopReason: 'end_turn' });
    await painted();
    const { unread, attention, streaming } = item('s1').dataset;
    expect([unread, attention, streaming]).toEqual([undefined, undefined, undefined]);
  });

  it('says its state in words and shape, not in colour alone; the star hides nothing', async () => {
    await mount(tenSessions());
    expect(name('s1')).toBe('Resume after a drop, Working');
    expect(name('s2')).toBe('Flaky login test, Waiting for you, Needs you, 2 unread');
    expect(name('s4')).toBe('Search index rebuild, Reconnecting (3)');
    expect(name('s6')).toBe('Dark theme contrast, Disconnected, unsent draft');
    const shapes = ['s1', 's3', 's4', 's6', 's7'].map(
      (id) => one('.glyph', item(id).shadowRoot!).innerHTML,
    );
    expect(new Set(shapes).size).toBe(5);
    const viewed = item('s9').shadowRoot!;
    expect(deep('.star', viewed)).toHaveLength(1);
    expect(one('.glyph', viewed).innerHTML).toBe(shapes[0]);
    expect(deep('.star', item('s1').shadowRoot!)).toHaveLength(0);
  });

  it('shows agent, activity or preview, trouble, and what can be done about it', async () => {
    const fake = tenSessions();
    await mount(fake);
    expect(text(item('s5').shadowRoot!)).toContain('Claude Code Reading vite.config.ts');
    expect(text(item('s3').shadowRoot!)).toContain('Three of them need your wording.');
    expect(text(item('s7').shadowRoot!)).toContain('exit code 1');
    button('Retry now', item('s4').shadowRoot!).click();
    expect(fake.called('retryNow')).toEqual([['s4']]);
    expect(fake.activeSessionId.value).toBe('s9');
  });

  it('[R9] what has given up can be tried again from its row; another failure has no such button', async () => {
    const fake = tenSessions();
    await mount(fake);
    expect(retries('s7')).toEqual([]);
    (fake.record('s4') as unknown as FakeRecord).connection.value = {
      status: 'error',
      error: { code: 'gave_up', message: 'It dropped. 3 attempts failed.', retryable: true },
    };
    await item('s4').updateComplete;
    expect(retries('s4')).toEqual(['Retry']);
    button('Retry', item('s4').shadowRoot!).click();
    expect(fake.called('retryNow')).toEqual([['s4']]);
  });
});

describe('a permission request at its row', () => {
  it('[R55] shows the command and the agent’s own options, and answers the session that asked', async () => {
    const fake = tenSessions();
    await mount(fake);
    const card = one('[data-request-id="r1"]', item('s2').shadowRoot!);
    expect(text(card)).toContain('npm test -- --grep "login" --retries 0');
    expect(deep('.options button', card).map((each) => each.textContent?.trim())).toEqual([
      'Allow once',
      'Always allow',
      'Reject',
    ]);
    button('Always allow', card).click();
    expect(fake.called('answer')).toEqual([['s2', 'r1', 'always']]);
    expect(fake.activeSessionId.value).toBe('s9');
    await painted();
    expect(deep('[data-request-id]', item('s2').shadowRoot!)).toHaveLength(0);
  });

  it('[R55] cuts nothing of what is asked: the whole command, line by line, and whole names', async () => {
    const fake = tenSessions();
    await mount(fake);
    const command = `git status ${'and so on '.repeat(60)}\n\u202e\nrm -rf build`;
    fake.sessions.value[9]!.running(0).asks('r9', command, command);
    await painted();
    const card = one('[data-request-id="r9"]', item('s10').shadowRoot!);
    const shown = one('pre', card);
    expect(shown.textContent).toBe(command.replace('\u202e', '⟨U+202E⟩'));
    expect(shown.scrollHeight).toBeGreaterThan(shown.clientHeight);
    expect(text(card)).toContain('scroll to read all');
    expect(card.className).toContain('destructive');
    // Negative control: a short and harmless one says nothing of the kind.
    const short = one('[data-request-id="r1"]', item('s2').shadowRoot!);
    expect(text(short)).not.toContain('scroll');
    expect(short.className).not.toContain('destructive');
  });

  it('[R56] an answer on its way cannot be given twice; one that failed says so and can', async () => {
    const fake = tenSessions();
    await mount(fake);
    const record = fake.sessions.value[1]!;
    record.answers.value = new Map([['r1', { state: 'sending' }]]);
    await painted();
    expect(button('Allow once', item('s2').shadowRoot!).disabled).toBe(true);
    record.answers.value = new Map([
      [
        'r1',
        { state: 'failed', error: { code: 'offline', message: 'Not sent.', retryable: true } },
      ],
    ]);
    await painted();
    expect(one('[role="alert"]', item('s2').shadowRoot!).textContent).toBe('Not sent.');
    expect(button('Allow once', item('s2').shadowRoot!).disabled).toBe(false);
  });

  it('stands at the row only while another session is on the stage', async () => {
    const fake = tenSessions();
    await mount(fake);
    fake.actions.activate('s2');
    await painted();
    expect(deep('[data-request-id]', item('s2').shadowRoot!)).toHaveLength(0);
    expect(item('s2').dataset['attention']).toBe('approval');
  });
});

describe('the list', () => {
  it('is searched by title, agent and preview, without making rows anew', async () => {
    await mount(tenSessions());
    const before = items();
    await search('LOGIN');
    expect(shown()).toEqual(['s2']);
    await search('opencode');
    expect(shown()).toEqual(['s4', 's10']);
    await search('12,480');
    expect(shown()).toEqual(['s4']);
    await search('nothing like it');
    expect(shown()).toEqual([]);
    await search('');
    expect(items()).toEqual(before);
    expect(shown()).toHaveLength(10);
  });

  it('is not reordered by streams; a move by the user keeps the elements', async () => {
    const fake = tenSessions();
    await mount(fake);
    const before = items();
    for (const record of fake.sessions.value.toReversed()) record.says('more ');
    await painted();
    expect(items()).toEqual(before);
    fake.actions.moveSession('s9', 0);
    await painted();
    expect(items()).toEqual([before[8], ...before.slice(0, 8), before[9]]);
  });

  it('says what to do when it is empty', async () => {
    await mount(new FakeStore());
    expect(text(document.body)).toContain('No sessions yet');
    expect(button('New session')).toBeTruthy();
  });
});

describe('words for numbers', () => {
  it('a running time is short, and never negative when clocks differ', () => {
    expect([-5_000, 0, 59_999, 60_000, 3_729_000].map(formatElapsed)).toEqual([
      '0s',
      '0s',
      '59s',
      '1:00',
      '1:02:09',
    ]);
  });

  it('a path keeps the end that tells it apart', () => {
    expect(shortPath('/home/ada/code/harbour/api')).toBe('…/harbour/api');
    expect(shortPath('/home/ada')).toBe('/home/ada');
  });
});

describe('page signs', () => {
  it('the title follows the ladder: needs you, working, done, disconnected, idle', async () => {
    const fake = tenSessions();
    await mount(fake);
    expect(document.title).toBe('(2) ● Aperture');
    const rows = fake.sessions.value;
    rows[1]!.feed({ type: 'turn', state: 'idle' });
    fake.actions.answer('s2', 'r1', 'once');
    rows[6]!.attention.value = undefined;
    expect(document.title).toBe('↻ Aperture');
    for (const row of rows) row.feed({ type: 'turn', state: 'idle' });
    expect(document.title).toBe('(2) ✓ Aperture');
    for (const row of rows) {
      row.unread.value = 0;
      row.attention.value = undefined;
    }
    expect(document.title).toBe('○ Aperture');
    for (const row of rows) row.connection.value = { status: 'connected', since: 0 };
    expect(document.title).toBe('Aperture');
  });

  it('the favicon follows a state that lasts, and not those before it', async () => {
    const icon = document.createElement('link');
    icon.rel = 'icon';
    icon.href = 'icon.svg';
    document.head.prepend(icon);
    const seen: string[] = [];
    const observer = new MutationObserver(() => seen.push(icon.href));
    observer.observe(icon, { attributes: true });
    const fake = tenSessions();
    await mount(fake);
    expect(document.title).toBe('(2) ● Aperture');
    fake.actions.answer('s2', 'r1', 'once');
    fake.sessions.value[6]!.attention.value = undefined;
    await vi.waitFor(() => expect(seen).toHaveLength(1));
    expect(seen[0]).toContain(encodeURIComponent('#3d8fe6'));
    observer.disconnect();
    icon.remove();
  });

  it('announces a session that begins to need its reader, and not its text', async () => {
    const fake = tenSessions();
    const app = await mount(fake);
    const said = () => app.shadowRoot!.querySelector('.vh[role="status"]')!.textContent;
    expect(said()).toBe('');
    fake.sessions.value[0]!.says('some words');
    await painted();
    expect(said()).toBe('');
    fake.sessions.value[9]!.running(0).asks('r9', 'Delete a branch');
    await painted();
    expect(said()).toBe('Accessibility of the date picker needs your approval.');
  });
});
