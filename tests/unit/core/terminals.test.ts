import { describe, expect, it } from 'vitest';
import type { SessionEvent } from '../../../src/core/session/event.ts';
import { applyEvent, noChange } from '../../../src/core/session/reduce.ts';
import { MAX_TERMINALS, TERMINAL_TEXT } from '../../../src/core/session/terminals.ts';
import { emptyTranscript } from '../../../src/core/session/transcript.ts';

class Script {
  readonly state = emptyTranscript();
  change = noChange();

  run(...events: SessionEvent[]): this {
    this.change = noChange();
    for (const event of events) {
      const n = this.state.lastN + 1;
      applyEvent(this.state, { n, at: n * 1_000, event }, this.change);
    }
    return this;
  }
  of(id: string) {
    return this.state.terminals.get(id);
  }
}

const news = (id: string, state: string, detail: object = {}): SessionEvent => ({
  type: 'terminal',
  id,
  detail: { id, state, ...detail },
});
const output = (id: string, text: string): SessionEvent => news(id, 'output', { text });
const started = (id: string): SessionEvent =>
  news(id, 'started', { command: 'npm', args: ['test', '--all'], cwd: '/p' });
const exited = (id: string, exitCode: number | null = 0, signal: string | null = null) =>
  news(id, 'exited', { exitCode, signal });
const shows = (toolCallId: string, ...ids: string[]): SessionEvent => ({
  type: 'tool',
  call: { toolCallId, content: ids.map((terminalId) => ({ type: 'terminal', terminalId })) },
});

describe('terminals', () => {
  it('are kept by their id, with command, output and end, and are no items', () => {
    const script = new Script().run(started('a'), output('a', 'one '), output('a', 'two'));
    expect(script.of('a')).toEqual({
      command: 'npm test --all',
      text: 'one two',
      dropped: 0,
      cut: false,
      end: undefined,
    });
    script.run(exited('a', 2), news('a', 'released'));
    expect(script.of('a')!.end).toEqual({ exitCode: 2, signal: undefined });
    expect(script.state.items).toEqual([]);
  });

  it('wake the calls that show them, whichever was told first, and no others', () => {
    const script = new Script().run(started('a'), started('b'), shows('one', 'a'), shows('two'));
    const [one] = script.state.items;
    expect([...script.run(output('a', 'x')).change.touched]).toEqual([one!.id]);
    expect([...script.run(output('b', 'x')).change.touched]).toEqual([]);
    expect([...script.run(exited('a')).change.touched]).toEqual([one!.id]);
    script.run(shows('late', 'c'), started('c'));
    expect(script.change.touched).toContain(script.state.items.at(-1)!.id);
  });

  it('[R30] keep the newest output, and say how much was dropped', () => {
    const script = new Script().run(started('a'));
    const piece = 'x'.repeat(16 * 1024);
    for (let i = 0; i < 100; i++) script.run(output('a', piece));
    const { text, dropped } = script.run(output('a', 'THE END')).of('a')!;
    expect(text.endsWith('THE END')).toBe(true);
    expect(text.length).toBeLessThan(2 * TERMINAL_TEXT);
    expect(dropped + text.length).toBe(100 * piece.length + 7);
    expect(script.run(news('a', 'truncated')).of('a')!.cut).toBe(true);
  });

  it('[R30] are bounded in number: the oldest that has ended goes first, and its call hears of it', () => {
    const script = new Script().run(started('t0'), started('t1'), exited('t1'), shows('one', 't1'));
    for (let i = 2; i < MAX_TERMINALS; i++) script.run(started(`t${i}`), exited(`t${i}`));
    expect(script.state.terminals.size).toBe(MAX_TERMINALS);
    script.run(started('more'));
    expect(script.state.terminals.size).toBe(MAX_TERMINALS);
    expect(script.of('t1')).toBeUndefined();
    expect(script.of('t0')).toBeDefined();
    expect(script.change.touched).toContain(script.state.items[0]!.id);
  });

  it.each<[string, SessionEvent]>([
    ['exits', { type: 'agent', state: 'exited' }],
    ['fails', { type: 'agent', state: 'failed' }],
    ['is ended with its session', { type: 'ended' }],
  ])('[R58] end with their agent when it %s; what had ended stays as it was', (_, event) => {
    const script = new Script().run(started('a'), started('b'), exited('b'), event);
    expect(script.of('a')!.end).toMatchObject({ gone: true });
    expect(script.of('b')!.end).toEqual({ exitCode: 0, signal: undefined });
  });

  it('[R71] a shape that nobody knows changes nothing', () => {
    const script = new Script().run(started('a'));
    const before = structuredClone(script.of('a'));
    script.run(news('a', 'output', { text: 7 }), news('a', 'resized'), {
      type: 'tool',
      call: { toolCallId: 'x', content: [{ type: 'terminal' } as never] },
    });
    expect(script.of('a')).toEqual(before);
  });
});
