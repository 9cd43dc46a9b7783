import { effect } from '@preact/signals-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { settle, text, turn } from '../client/kit.ts';
import { makeParts, type Parts } from './kit.ts';

let parts: Parts;
beforeEach(() => (parts = makeParts()));
afterEach(() => parts.dispose());

const record = (id: string) => parts.state.record(id)!;

describe('switching', () => {
  it('[R34] is one write, wakes no other session, and touches no socket', () => {
    parts.live('a');
    parts.live('b');
    parts.sessions.view('a');
    const woken: string[] = [];
    const stop = effect(() => {
      void record('a').structure.value;
      void record('a').touched.value;
      woken.push('a');
    });
    const active: unknown[] = [];
    const stopActive = effect(() => void active.push(parts.state.activeSessionId.value));
    const asked = parts.asked.length;
    parts.sessions.view('b');
    stop();
    stopActive();
    expect([woken, active, parts.asked.length]).toEqual([['a'], ['a', 'b'], asked]);
  });

  it('[R34] what is shown is complete in the same instant', () => {
    parts.live('a');
    parts.live('b');
    parts.sessions.view('a');
    parts.say('b', turn('running'), text('not drawn yet'), turn('idle'));
    parts.sessions.view('b');
    expect(record('b').transcript().items[0]).toMatchObject({ text: 'not drawn yet' });
  });

  it('[R34] what is viewed is noted when its frame has been painted; at once when the page may go, or nothing is', async () => {
    for (const id of ['a', 'b']) parts.live(id);
    const { sessions, tabView, frames } = parts;
    sessions.view('a');
    sessions.view('b');
    await settle();
    expect(tabView.last).toBeUndefined();
    frames.drawAll();
    await new Promise((resolve) => setTimeout(resolve));
    await settle();
    expect(tabView.last).toBe('b');
    sessions.view('a');
    sessions.keepViewed();
    expect(tabView.last).toBe('a');
    sessions.view(undefined);
    expect(tabView.last).toBeUndefined();
  });

  it('[R34] what is prepared is neither viewed nor read, and knows where its reader had stopped', () => {
    for (const id of ['a', 'b']) parts.live(id);
    const { sessions, state } = parts;
    sessions.view('b');
    parts.say('b', turn('running'), text('read'), turn('idle'));
    parts.frames.drawAll();
    sessions.view('a');
    parts.say('b', turn('running'), text('not read'), turn('idle'));
    parts.frames.drawAll();
    const [unread, asked] = [record('b').unread.value, parts.asked.length];
    expect(unread).toBeGreaterThan(0);
    sessions.prepare(state.entry('b')!);
    const mark = record('b').readMark.value;
    const after = record('b')
      .transcript()
      .items.filter(({ n }) => n > mark);
    expect(after).toMatchObject([{ text: 'not read' }, { kind: 'turn-end' }]);
    expect([state.activeSessionId.value, record('b').unread.value]).toEqual(['a', unread]);
    expect(parts.asked).toHaveLength(asked);
    sessions.view('b');
    expect([record('b').readMark.value, record('b').unread.value]).toEqual([mark, 0]);
    // The viewed one has nothing to be prepared.
    sessions.prepare(state.entry('b')!);
    expect(record('b').readMark.value).toBe(mark);
  });

  it('[R36] ending the viewed one shows its neighbour, ending another shows nothing else', async () => {
    for (const id of ['a', 'b', 'c']) parts.live(id);
    parts.sessions.view('b');
    await parts.sessions.remove('a');
    expect(parts.state.activeSessionId.value).toBe('b');
    await parts.sessions.remove('b');
    expect(parts.state.activeSessionId.value).toBe('c');
    await parts.sessions.remove('c');
    expect(parts.state.activeSessionId.value).toBeUndefined();
  });
});
