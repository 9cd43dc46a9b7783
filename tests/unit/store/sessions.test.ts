import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApertureClient } from '../../../src/app/client/aperture-client.ts';
import {
  displayStatus,
  isStreaming,
  nextNeedingAttention,
} from '../../../src/app/store/selectors.ts';
import { OutboxKeeper } from '../../../src/app/store/outbox-keeper.ts';
import { TabLock } from '../../../src/app/store/tab-lock.ts';
import { settle, summary, text, turn } from '../client/kit.ts';
import { EndpointEntry } from '../../../src/app/store/endpoint-entry.ts';
import { ABILITIES, ENDPOINT, GATEWAY, makeParts, permission, type Parts } from './kit.ts';

let parts: Parts;
beforeEach(() => (parts = makeParts()));
afterEach(() => parts.dispose());

const record = (id: string) => parts.state.record(id)!;
const turnOf = (...words: string[]) => [
  turn('running'),
  ...words.map((word) => text(word)),
  turn('idle'),
];

const list = (...ids: string[]) => ids.map((id) => summary(id));
const saved = (id: string, endpoint?: string) => ({
  id,
  ...(endpoint && { endpoint }),
  summary: summary(id),
  readN: 0,
  unread: 0,
  preview: '',
  draft: '',
  gone: false,
});

describe('unread and attention', () => {
  it('[R25] a background session keeps its content and counts messages, not chunks', () => {
    parts.live('a');
    parts.live('b');
    parts.sessions.view('a');
    parts.say('b', ...turnOf('one ', 'two ', 'three'));
    parts.frames.drawAll();
    expect(record('b').unread.value).toBe(1);
    expect(record('b').transcript().items).toMatchObject([
      { kind: 'message', text: 'one two three' },
      { kind: 'turn-end' },
    ]);
    expect(record('b').preview.value).toBe('one two three');
    expect(record('a').unread.value).toBe(0);
  });

  it('[R25] cleared on view, and what comes while it is viewed does not count', () => {
    parts.live('a');
    parts.live('b');
    parts.sessions.view('a');
    parts.say('b', ...turnOf('one'));
    parts.frames.drawAll();
    expect([record('b').unread.value, record('b').attention.value]).toEqual([1, 'done']);
    const before = parts.state.entry('b')!.readN;
    parts.sessions.view('b');
    expect([record('b').unread.value, record('b').attention.value]).toEqual([0, undefined]);
    expect(record('b').readMark.value).toBe(before);
    parts.say('b', ...turnOf('two'));
    parts.frames.drawAll();
    expect([record('b').unread.value, record('b').attention.value]).toEqual([0, undefined]);
  });

  it('[R25] a hidden page reads nothing: the viewed session collects too, until it is shown', () => {
    parts.live('a');
    parts.sessions.view('a');
    parts.environment.tell('hidden');
    parts.say('a', ...turnOf('while you were away'));
    parts.frames.drawAll();
    expect([record('a').unread.value, record('a').attention.value]).toEqual([1, 'done']);
    parts.environment.isVisible = true;
    parts.sessions.shown();
    expect([record('a').unread.value, record('a').attention.value]).toEqual([0, undefined]);
    expect(record('a').readMark.value).toBe(0);
  });

  it('viewing does not settle a request, and does settle an error', () => {
    parts.live('a');
    parts.live('b');
    parts.say('a', turn('running'), permission('r0'));
    parts.say('b', { type: 'error', error: { code: 'x', message: 'y', retryable: false } });
    parts.frames.drawAll();
    expect([record('a').attention.value, record('b').attention.value]).toEqual([
      'approval',
      'error',
    ]);
    parts.sessions.view('a');
    parts.sessions.view('b');
    expect([record('a').attention.value, record('b').attention.value]).toEqual([
      'approval',
      undefined,
    ]);
    parts.say('a', { type: 'resolved', id: 'r0', outcome: 'selected', optionId: 'once' });
    parts.frames.drawAll();
    expect(record('a').attention.value).toBeUndefined();
  });

  it('what the reader stopped is not news; what a session is waiting for while hibernated is', () => {
    parts.live('a');
    parts.live('b');
    parts.sessions.view('b');
    parts.say('a', turn('running'), { type: 'turn', state: 'idle', stopReason: 'cancelled' });
    parts.frames.drawAll();
    expect(record('a').attention.value).toBeUndefined();
    parts.host.connectionChanged('a', { status: 'disconnected', reason: 'hibernated' });
    parts.sessions.merge(
      [summary('a', { head: 9, turn: 'requires_action', pending: ['r1'] }), summary('b')],
      GATEWAY,
      new Set(['a', 'b']),
      false,
    );
    expect(record('a').attention.value).toBe('approval');
  });

  it('marked as unread by hand it stays so until it is looked at again', () => {
    parts.live('a');
    parts.live('b');
    parts.sessions.view('a');
    parts.say('a', ...turnOf('one'));
    parts.frames.drawAll();
    parts.sessions.markUnread(parts.state.entry('a')!);
    parts.say('a', turn('running'));
    parts.frames.drawAll();
    expect(record('a').unread.value).toBe(1);
    parts.sessions.view('b');
    parts.sessions.view('a');
    expect(record('a').unread.value).toBe(0);
  });

  it('the ladder: approval before error before done, going round from here', () => {
    for (const id of ['a', 'b', 'c', 'd']) parts.live(id);
    parts.sessions.view('b');
    parts.say('a', turn('running'), permission('r'));
    parts.say('c', ...turnOf('x'));
    parts.say('d', { type: 'error', error: { code: 'x', message: 'y', retryable: false } });
    parts.frames.drawAll();
    const next = (from: string) => nextNeedingAttention(parts.state, from)?.id;
    expect([next('b'), next('a')]).toEqual(['a', 'd']);
    parts.state.remove('d');
    expect(next('a')).toBe('c');
  });
});

describe('status', () => {
  it('a session whose agent failed is in error, however well its socket does', () => {
    parts.live('a');
    expect(displayStatus(record('a'))).toBe('connected');
    parts.say('a', { type: 'agent', state: 'failed', message: 'It broke.' });
    parts.frames.drawAll();
    expect([displayStatus(record('a')), record('a').attention.value]).toEqual(['error', 'error']);
  });

  it('streams while it works, not while it waits for the reader, and not when it is over', () => {
    parts.live('a');
    parts.say('a', turn('running'));
    parts.frames.drawAll();
    expect(isStreaming(record('a'))).toBe(true);
    parts.say('a', permission('r'), { type: 'turn', state: 'requires_action' });
    parts.frames.drawAll();
    expect(isStreaming(record('a'))).toBe(false);
    parts.host.connectionChanged('a', { status: 'ended', gone: true });
    expect(record('a').turn.value.state).toBe('idle');
  });

  it('a turn began at the same moment by either clock', () => {
    parts.setNow(1_000_000 + 3_600_000);
    parts.live('a');
    parts.say('a', turn('running'));
    parts.frames.drawAll();
    expect(record('a').turn.value.startedAt).toBe(1_000_000 + 3_600_000);
  });
});

describe('history and what arrives', () => {
  it('[R24] an update of a session that was removed does nothing', async () => {
    parts.live('a');
    parts.say('a', text('x'));
    await parts.sessions.remove('a');
    parts.host.events('a', [{ n: 2, at: 0, event: text('late') }]);
    parts.host.connectionChanged('a', { status: 'connected', since: 0 });
    parts.host.attached(
      'a',
      { epoch: 'z', mode: 'full', low: 1, head: 0, session: summary('a') },
      ABILITIES,
    );
    parts.host.outboxChanged('a', []);
    parts.frames.drawAll();
    expect(parts.state.sessions.value).toEqual([]);
  });

  it('[R29] removing cancels what was not written, and nothing of it is written later', async () => {
    parts.live('a');
    parts.say('a', text('x'));
    await parts.sessions.remove('a');
    const at = parts.storage.calls.indexOf('remove a');
    await parts.writer.flush('strict');
    await parts.saver.flush();
    expect([parts.storage.appended, parts.asked.includes('forget a')]).toEqual([[], true]);
    expect(parts.storage.calls.slice(at + 1)).toEqual([]);
  });

  it('[R28] the cached log comes first, and live events that arrive while it is read come after it', async () => {
    let read!: () => void;
    parts.storage.reading = new Promise((resolve) => (read = resolve));
    const entry = parts.sessions.add(summary('a'), ENDPOINT, 0);
    parts.storage.logs.set('a', {
      epoch: 'e1',
      last: 2,
      events: [
        { n: 1, at: 0, event: text('cached ') },
        { n: 2, at: 0, event: text('words ') },
      ],
    });
    const loading = parts.sessions.load(entry);
    expect(entry.record.loading.value).toBe(true);
    read();
    await loading;
    expect(parts.host.resumePoint('a')).toEqual({ epoch: 'e1', since: 2 });
    parts.host.attached(
      'a',
      {
        epoch: 'e1',
        mode: 'resume',
        low: 1,
        head: 3,
        session: summary('a'),
      },
      ABILITIES,
    );
    parts.say('a', text('and live'));
    parts.frames.drawAll();
    expect(entry.record.transcript().items).toMatchObject([{ text: 'cached words and live' }]);
    expect(entry.record.loading.value).toBe(false);
  });

  it('[R28] another log that was begun meanwhile is not overwritten by what was on disk', async () => {
    let read!: () => void;
    parts.storage.reading = new Promise((resolve) => (read = resolve));
    const entry = parts.sessions.add(summary('a'), ENDPOINT, 0);
    parts.storage.logs.set('a', {
      epoch: 'old',
      last: 1,
      events: [{ n: 1, at: 0, event: text('old') }],
    });
    const loading = parts.sessions.load(entry);
    parts.host.attached(
      'a',
      {
        epoch: 'new',
        mode: 'full',
        low: 1,
        head: 1,
        session: summary('a'),
      },
      ABILITIES,
    );
    parts.say('a', text('new'));
    read();
    await loading;
    parts.frames.drawAll();
    expect(entry.record.transcript().items).toMatchObject([{ text: 'new' }]);
    expect(parts.host.resumePoint('a')).toEqual({ epoch: 'new', since: 1 });
  });

  it('[R40] what was withdrawn or sent while the cached log is read does not come back with it', async () => {
    let read!: () => void;
    parts.storage.reading = new Promise((resolve) => (read = resolve));
    const entry = parts.sessions.add(summary('a'), ENDPOINT, 0);
    parts.host.outboxChanged('a', [
      { key: 'k', prompt: [], createdAt: 1, delivery: { state: 'queued' } },
    ]);
    const loading = parts.sessions.load(entry);
    parts.host.outboxChanged('a', []);
    read();
    await loading;
    expect(parts.asked.filter((what) => what.startsWith('outbox'))).toEqual([]);
  });

  it('[R21] what cannot be had any more is shown as a gap, and kept', async () => {
    parts.live('a');
    parts.say('a', text('one'));
    parts.host.attached(
      'a',
      { epoch: 'e1', mode: 'gap', low: 5, head: 5, session: summary('a') },
      ABILITIES,
    );
    parts.host.events('a', [{ n: 5, at: 0, event: text('five') }]);
    parts.frames.drawAll();
    expect(record('a').transcript().items).toMatchObject([
      { text: 'one' },
      { kind: 'gap', from: 2, to: 4 },
      { text: 'five' },
    ]);
    await parts.writer.flush('strict');
    expect(parts.storage.appended[0]!.batches[0]!.events).toHaveLength(3);
  });

  it('[R21] a log that begins in the middle says so', () => {
    parts.sessions.add(summary('a'), ENDPOINT, 0);
    parts.host.attached(
      'a',
      { epoch: 'e', mode: 'full', low: 8, head: 8, session: summary('a') },
      ABILITIES,
    );
    parts.host.events('a', [{ n: 8, at: 0, event: text('x') }]);
    parts.frames.drawAll();
    expect(record('a').transcript().items[0]).toMatchObject({ kind: 'gap', from: 1, to: 7 });
  });
});

describe('the gateway’s list', () => {
  it('sessions from elsewhere appear, at the end; those that were there never move', () => {
    parts.live('a');
    parts.sessions.merge(list('b', 'a', 'c'), GATEWAY, new Set(['a']), false);
    expect(parts.state.sessions.value.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(parts.storage.meta.get('order')).toEqual(['a', 'b', 'c']);
  });

  it('[R17] what is gone there ends here, is told once, and the copy stays until the user decides', async () => {
    for (const id of ['a', 'b', 'c']) parts.live(id);
    const known = new Set(['a', 'b', 'c']);
    parts.sessions.merge(list('a'), GATEWAY, known, false);
    parts.sessions.merge(list('a'), GATEWAY, known, false);
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(parts.state.toasts.value).toMatchObject([
      { text: expect.stringMatching(/^2 sessions/) },
    ]);
    expect(record('b').connection.value).toEqual({ status: 'ended', gone: true });
    expect(record('a').connection.value.status).toBe('connected');
    parts.state.toasts.value[0]!.action!.run();
    await settle();
    expect(parts.state.sessions.value.map(({ id }) => id)).toEqual(['a']);
  });

  it('[R17] negative control: one that came while the list was asked for, or lives elsewhere, is not gone', () => {
    parts.live('new');
    parts.sessions.add(summary('other'), 'http://other.test', 0);
    parts.sessions.merge([], GATEWAY, new Set(['other']), false);
    expect(parts.asked.filter((what) => what.startsWith('gone'))).toEqual([]);
  });

  it('[R29] a list that was asked for before a session was removed does not bring it back', async () => {
    parts.live('a');
    const asked = new Set(['a']);
    await parts.sessions.remove('a');
    parts.sessions.merge(list('a'), GATEWAY, asked, false);
    expect(parts.state.sessions.value).toEqual([]);
    // Negative control: in a later list it is news.
    parts.sessions.merge(list('a'), GATEWAY, new Set(), false);
    expect(parts.state.sessions.value.map(({ id }) => id)).toEqual(['a']);
  });

  it('[R17] nobody is told of a session that they ended themselves', async () => {
    parts.live('a').ending = true;
    parts.host.connectionChanged('a', { status: 'ended', gone: false });
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(parts.state.toasts.value).toEqual([]);
  });

  it('one that is there again can be used again', () => {
    parts.live('a');
    parts.host.connectionChanged('a', { status: 'ended', gone: true });
    parts.sessions.merge(list('a'), GATEWAY, new Set(['a']), false);
    expect(record('a').connection.value).toEqual({ status: 'disconnected', reason: 'never' });
  });

  it('[R28] a summary from the list does not overtake a live socket', () => {
    parts.live('a');
    parts.say('a', turn('running'));
    parts.frames.drawAll();
    parts.sessions.merge([summary('a', { turn: 'idle', head: 1 })], GATEWAY, new Set(['a']), false);
    expect(record('a').turn.value.state).toBe('running');
  });

  it('what is there when the page is opened for the first time is not news', () => {
    parts.sessions.merge([summary('a', { head: 7 })], GATEWAY, new Set(), true);
    parts.sessions.merge([summary('a'), summary('b', { head: 7 })], GATEWAY, new Set(['a']), false);
    expect([parts.state.entry('a')!.readN, parts.state.entry('b')!.readN]).toEqual([7, 0]);
  });
});

describe('restoring', () => {
  it('[R22][R25][R37] a reload brings back order, unread, draft, outbox and what was viewed', async () => {
    for (const id of ['a', 'b', 'c']) parts.live(id);
    parts.state.move('c', 0);
    parts.sessions.saveOrder();
    parts.say('b', ...turnOf('one'));
    parts.state.entry('a')!.record.draft.value = 'half a thought';
    parts.host.outboxChanged('a', [
      { key: 'k', prompt: [], createdAt: 1, delivery: { state: 'queued' } },
    ]);
    parts.frames.drawAll();
    await parts.saver.flush();

    const next = makeParts();
    const order = parts.storage.meta.get('order') as string[];
    next.sessions.restore(parts.storage.saved, order);
    next.storage.outbox = parts.storage.outbox;
    const { state, storage, host } = next;
    const client = { restoreOutbox: host.outboxChanged.bind(host) } as unknown as ApertureClient;
    const tab = new TabLock(undefined);
    await new OutboxKeeper({ state, storage, tab, noted: [], client: () => client }).takeUp();
    expect(next.state.sessions.value.map(({ id }) => id)).toEqual(['c', 'a', 'b']);
    expect(next.state.record('b')!.unread.value).toBe(1);
    expect(next.state.record('a')!.draft.value).toBe('half a thought');
    expect(next.state.record('a')!.outbox.value).toHaveLength(1);
    next.dispose();
  });

  it('shows what is kept of every endpoint’s sessions', () => {
    parts.sessions.restore(
      [saved('here', ENDPOINT), saved('there', 'http://other.test'), saved('old')],
      [],
    );
    expect(parts.state.sessions.value.map(({ id }) => id)).toEqual(['here', 'there', 'old']);
  });

  it('[R26] a session that two endpoints list is shown once, by the first, and that is told once', () => {
    const list = [summary('a')];
    const other = new EndpointEntry({ ...GATEWAY.toSaved(), url: 'http://other.test' });
    parts.endpoints.push(other);
    other.become({ status: 'ready', url: other.url });
    other.token = 'x';
    parts.sessions.merge(list, other, new Set(), false);
    parts.sessions.merge(list, GATEWAY, new Set(['a']), false);
    parts.sessions.merge(list, GATEWAY, new Set(['a']), false);
    expect(parts.state.sessions.value).toHaveLength(1);
    expect(parts.state.record('a')!.endpoint.value).toBe('http://other.test');
    expect(parts.state.toasts.value).toHaveLength(1);
    // Gone from the second one's list: that says nothing of the first one's session.
    parts.sessions.merge([], GATEWAY, new Set(['a']), false);
    expect(parts.asked).not.toContain('gone a');
    // Negative control: gone from its own.
    parts.sessions.merge([], other, new Set(['a']), false);
    expect(parts.asked).toContain('gone a');
  });

  it('[R26] a session whose endpoint nobody uses any more moves to the one that lists it', () => {
    const { open: _, ...row } = GATEWAY.toSaved();
    const old = new EndpointEntry({ ...row, url: 'http://other.test' });
    parts.endpoints.push(old);
    parts.sessions.add(summary('a'), old.id, 0);
    parts.sessions.merge([summary('a')], GATEWAY, new Set(['a']), false);
    expect(parts.state.record('a')!.endpoint.value).toBe(ENDPOINT);
    expect(parts.state.toasts.value).toEqual([]);
  });
});
