import { describe, expect, it } from 'vitest';
import type { SessionEvent, ToolPatch } from '../../../src/core/session/event.ts';
import { applyEvent, noChange } from '../../../src/core/session/reduce.ts';
import { emptyTranscript, type NoticeItem } from '../../../src/core/session/transcript.ts';

function run(...events: SessionEvent[]) {
  const state = emptyTranscript();
  for (const [index, event] of events.entries()) {
    applyEvent(state, { n: index + 1, at: index, event }, noChange());
  }
  return state.items;
}
const notes = (...events: SessionEvent[]): string[] =>
  run(...events)
    .filter((item): item is NoticeItem => item.kind === 'notice')
    .map(({ text }) => text);

const file = (op: 'read' | 'write', path: string, error?: string): SessionEvent => ({
  type: 'file',
  path,
  detail: { op, path, ...(error === undefined ? { bytes: 1 } : { error }) },
});
const wrote = (path: string): SessionEvent => file('write', path);
const tool = (call: Partial<ToolPatch>): SessionEvent => ({
  type: 'tool',
  call: { toolCallId: 't', ...call },
});
const say = (text: string): SessionEvent => ({
  type: 'chunk',
  role: 'assistant',
  content: { type: 'text', text },
});

describe('files that the agent uses through the gateway', () => {
  it('are told in one line when they were written, and not when they were read', () => {
    expect(notes(file('read', '/p/a.ts'), wrote('/p/src/b.ts'))).toEqual(['Wrote /p/src/b.ts']);
  });

  it('share a line when one follows the other, each once', () => {
    const paths = ['/p/a', '/p/b', '/p/a', '/p/c', '/p/d', '/p/e'];
    expect(notes(...paths.map(wrote))).toEqual(['Wrote a, b, c and 2 more']);
    expect(notes(wrote('/p/a'), say('now the other'), wrote('/p/b'))).toHaveLength(2);
  });

  it('[R30] share it however many they are', () => {
    const many = Array.from({ length: 5_000 }, (_, i) => wrote(`/p/f${i}`));
    const items = run(...many);
    expect(items).toHaveLength(1);
    expect((items[0] as NoticeItem).files!.size).toBe(1_000);
  });

  it('are left to the tool call that names them', () => {
    const diff = { type: 'diff', path: '/p/a', oldText: '', newText: 'x' } as const;
    expect(notes(tool({ locations: [{ path: '/p/a' }] }), wrote('/p/a'))).toEqual([]);
    expect(notes(tool({ content: [diff] }), wrote('/p/a'))).toEqual([]);
    expect(notes(tool({ content: [diff] }), wrote('/p/b'))).toHaveLength(1);
  });

  it('[R47] that could not be written say why', () => {
    const [item] = run(file('write', '/etc/x', 'It is outside.')) as NoticeItem[];
    expect(item).toMatchObject({
      level: 'warning',
      text: '/etc/x could not be written: It is outside.',
    });
  });

  it('stand where they were written: what is said after them is another message', () => {
    const kinds = run(say('one'), wrote('/p/a'), say('two')).map(({ kind }) => kind);
    expect(kinds).toEqual(['message', 'notice', 'message']);
  });
});
