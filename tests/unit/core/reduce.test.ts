import { describe, expect, it } from 'vitest';
import type { SessionEvent, ToolPatch } from '../../../src/core/session/event.ts';
import { previewIn } from '../../../src/core/session/messages.ts';
import { applyEvent, noChange, type Change } from '../../../src/core/session/reduce.ts';
import type {
  ApprovalItem,
  MessageItem,
  ToolItem,
  Transcript,
} from '../../../src/core/session/transcript.ts';
import { emptyTranscript } from '../../../src/core/session/transcript.ts';

/** Applies events one after the other, a second apart, numbered from 1. */
class Script {
  readonly state: Transcript = emptyTranscript();
  change: Change = noChange();

  run(...events: SessionEvent[]): this {
    this.change = noChange();
    for (const event of events) {
      const n = this.state.lastN + 1;
      applyEvent(this.state, { n, at: n * 1_000, event }, this.change);
    }
    return this;
  }

  get kinds(): string[] {
    return this.state.items.map((item) => item.kind);
  }

  get texts(): string[] {
    return this.state.items
      .filter((item) => item.kind === 'message')
      .map((item) => `${item.role}: ${item.text}`);
  }

  last<T>(): T {
    return this.state.items.at(-1) as T;
  }
}

const say = (text: string, messageId?: string): SessionEvent => ({
  type: 'chunk',
  role: 'assistant',
  content: { type: 'text', text },
  messageId,
});
const think = (text: string): SessionEvent => ({
  type: 'chunk',
  role: 'thought',
  content: { type: 'text', text },
});
const user = (text: string, key: string): SessionEvent => ({
  type: 'chunk',
  role: 'user',
  content: { type: 'text', text },
  key,
});
const tool = (call: ToolPatch): SessionEvent => ({ type: 'tool', call });
const running: SessionEvent = { type: 'turn', state: 'running' };
const idle: SessionEvent = { type: 'turn', state: 'idle', stopReason: 'end_turn' };
const ask = (id: string, toolCallId = 't1'): SessionEvent => ({
  type: 'permission',
  id,
  tool: { toolCallId, title: 'Run it' },
  options: [{ optionId: 'yes', name: 'Allow', kind: 'allow_once' }],
});

const plan = (content: string): SessionEvent => ({
  type: 'plan',
  entries: [{ content, priority: 'medium', status: 'pending' }],
});

describe('messages', () => {
  it('joins chunks without ids until another kind of event comes', () => {
    const script = new Script().run(
      running,
      say('a'),
      say('b'),
      tool({ toolCallId: 't' }),
      say('c'),
    );
    expect(script.texts).toEqual(['assistant: ab', 'assistant: c']);
  });

  it('begins a new message where the id changes, and joins where it is the same', () => {
    const script = new Script().run(running, say('a', 'm1'), say('b', 'm1'), say('c', 'm2'));
    expect(script.texts).toEqual(['assistant: ab', 'assistant: c']);
  });

  it('begins a new message where the role changes', () => {
    const script = new Script().run(running, think('hm'), say('a'), think('hm again'));
    expect(script.texts).toEqual(['thought: hm', 'assistant: a', 'thought: hm again']);
  });

  it('keeps prompts with different keys apart, and from an echo without a key', () => {
    const script = new Script().run(user('one', 'k1'), user('two', 'k2'), {
      type: 'chunk',
      role: 'user',
      content: { type: 'text', text: 'two' },
    });
    expect(script.texts).toEqual(['user: one', 'user: two', 'user: two']);
  });

  it('is live while it grows, and not after', () => {
    const script = new Script().run(running, say('a'));
    expect(script.last<MessageItem>().live).toBe(true);
    script.run(idle);
    expect((script.state.items[0] as MessageItem).live).toBe(false);
  });

  it('keeps blocks that are not text', () => {
    const image = { type: 'image', data: 'AA==', mimeType: 'image/png' } as const;
    const script = new Script().run(running, say('see'), {
      type: 'chunk',
      role: 'assistant',
      content: image,
    });
    expect(script.last<MessageItem>().blocks).toEqual([image]);
  });

  it('[R33] previews the newest words of what has no end', () => {
    const words = Array.from({ length: 100 }, (_, i) => `word${i}`).join(' ');
    const preview = previewIn(new Script().run(running, say(words)).state);
    expect(preview).toMatch(/^word\d+ .*word99$/);
    expect(preview.length).toBeLessThanOrEqual(120);
  });

  it('[R30][R33] previews the same however a text is cut, and keeps only its end for that', () => {
    const text = Array.from({ length: 90 }, (_, i) => `Sentence ${i} of *many*.\n`).join('');
    const whole = new Script().run(running, say(text)).state;
    for (const size of [1, 7, 239, 241, 1_000]) {
      const script = new Script().run(running);
      for (let at = 0; at < text.length; at += size) script.run(say(text.slice(at, at + size)));
      const message = script.state.items.at(-1)!;
      if (message.kind !== 'message') throw new Error('There is no message.');
      expect([message.text, previewIn(script.state)]).toEqual([text, previewIn(whole)]);
      expect(message.tail).toBe(text.slice(-240));
    }
  });

  it('[R33] previews the last sentence, without markdown’s marks', () => {
    const script = new Script().run(
      running,
      say('# Title\n\nFirst. The **second** one is `shown` here.'),
    );
    expect(previewIn(script.state)).toBe('The second one is shown here.');
    // A line that has only begun does not wipe out what was there.
    script.run(say('\n\n- Th'));
    expect(previewIn(script.state)).toBe('The second one is shown here. Th');
    script.run(think('secret thought'));
    expect(previewIn(script.state)).toBe('The second one is shown here. Th');
  });
});

describe('tool calls', () => {
  it('upserts by toolCallId, in the place where the call began', () => {
    const script = new Script().run(
      running,
      tool({ toolCallId: 't1', title: 'Read', status: 'pending' }),
      say('meanwhile'),
      tool({ toolCallId: 't1', status: 'completed' }),
    );
    expect(script.kinds).toEqual(['tool', 'message']);
    const item = script.state.items[0] as ToolItem;
    expect(item.call).toEqual({ toolCallId: 't1', title: 'Read', status: 'completed' });
    expect(item.endedAt).toBe(4_000);
  });

  it('accepts an update of a call that was never announced', () => {
    const script = new Script().run(running, tool({ toolCallId: 'x', status: 'in_progress' }));
    expect(script.kinds).toEqual(['tool']);
  });

  it('shows a permission that comes before its tool call, and then the call', () => {
    const script = new Script().run(
      running,
      ask('r0', 't9'),
      tool({ toolCallId: 't9', title: 'Go' }),
    );
    expect(script.kinds).toEqual(['approval', 'tool']);
  });

  it('gives a permission what is known of its call', () => {
    const script = new Script().run(
      running,
      tool({ toolCallId: 't1', title: 'Old', rawInput: { command: 'ls' } }),
      ask('r0'),
    );
    expect(script.last<ApprovalItem>().tool).toMatchObject({
      title: 'Run it',
      rawInput: { command: 'ls' },
    });
  });

  it('[R54] does not let an ended call begin again', () => {
    const script = new Script().run(
      running,
      tool({ toolCallId: 't1', status: 'failed' }),
      tool({ toolCallId: 't1', status: 'in_progress', title: 'late' }),
    );
    expect((script.state.items[0] as ToolItem).call).toMatchObject({ status: 'failed' });
    expect(script.state.openTools.size).toBe(0);
  });

  it('ends what was under way with its turn, and only that', () => {
    const script = new Script().run(running, tool({ toolCallId: 't1' }), idle, running);
    const first = script.state.items[0] as ToolItem;
    const { rev } = first;
    expect(first.endedAt).toBe(3_000);
    script.run(tool({ toolCallId: 't2' }), idle);
    expect(first.rev).toBe(rev);
    expect(script.change.touched.has(first.id)).toBe(false);
  });

  it('looks at open calls only when a turn ends, not at the history of calls', () => {
    const script = new Script();
    for (let index = 0; index < 500; index++)
      script.run(running, tool({ toolCallId: `t${index}`, status: 'completed' }), idle);
    const { tools } = script.state;
    let walked = 0;
    tools.values = () => {
      walked++;
      return Map.prototype.values.call(tools) as MapIterator<ToolItem>;
    };
    script.run(running, tool({ toolCallId: 'last' }), idle);
    expect(walked).toBe(0);
    expect(script.change.touched.size).toBe(1);
  });
});

describe('approvals', () => {
  it('[R57] shows a request once, though it is told twice', () => {
    const script = new Script().run(running, ask('r0'), ask('r0'));
    expect(script.kinds).toEqual(['approval']);
    expect(script.state.countable).toHaveLength(1);
  });

  it('[R58] settles a request once; the first word stands', () => {
    const script = new Script().run(
      running,
      ask('r0'),
      { type: 'resolved', id: 'r0', outcome: 'selected', optionId: 'yes', by: 'tab-1' },
      { type: 'resolved', id: 'r0', outcome: 'cancelled' },
    );
    expect(script.last<ApprovalItem>().resolution).toMatchObject({ optionId: 'yes', by: 'tab-1' });
    expect([...script.state.pending]).toEqual([]);
  });

  it('[R57] does nothing when an unknown request is settled', () => {
    const script = new Script().run(running, { type: 'resolved', id: '?', outcome: 'cancelled' });
    expect(script.kinds).toEqual([]);
  });

  it('[R58] leaves no request waiting in an ended session', () => {
    const script = new Script().run(running, ask('r0'), ask('r1', 't2'), { type: 'ended' });
    expect([...script.state.pending]).toEqual([]);
    expect((script.state.items[1] as ApprovalItem).resolution?.outcome).toBe('cancelled');
  });

  it('keeps requests in the order in which they came', () => {
    const script = new Script().run(running, ask('b'), ask('a'), ask('c'));
    expect([...script.state.pending]).toEqual(['b', 'a', 'c']);
  });
});

describe('turns', () => {
  it('tells how long a turn took and why it stopped', () => {
    const script = new Script().run(running, say('x'), idle);
    expect(script.last()).toMatchObject({
      kind: 'turn-end',
      stopReason: 'end_turn',
      elapsed: 2_000,
    });
    expect(script.state.lastStop).toBe('end_turn');
  });

  it('[R44] ignores a second end', () => {
    const script = new Script().run(running, idle, idle, { ...idle, stopReason: 'cancelled' });
    expect(script.kinds).toEqual(['turn-end']);
    expect(script.state.lastStop).toBe('end_turn');
  });

  it('[R54] takes late chunks of an ended turn for text, not for work', () => {
    const script = new Script().run(running, say('a'), idle, say('late'), think('late too'));
    expect(script.state.turn).toBe('idle');
    expect(script.state.activity).toBe('');
    expect(script.state.items.some((item) => item.kind === 'message' && item.live)).toBe(false);
  });

  it('[R54] does not make a session busy by a late tool update', () => {
    const script = new Script().run(running, tool({ toolCallId: 't', title: 'Read' }), idle);
    script.run(tool({ toolCallId: 't', status: 'in_progress' }));
    expect(script.state.activity).toBe('');
    expect(script.state.openTools.size).toBe(0);
  });

  it('begins a plan anew with every turn, and updates it within one', () => {
    const script = new Script().run(running, plan('a'), plan('b'), idle, running, plan('c'));
    expect(script.kinds).toEqual(['plan', 'turn-end', 'plan']);
  });

  it('says what the agent is doing', () => {
    const script = new Script().run(running);
    expect(script.state.activity).toBe('Working');
    expect(script.run(think('…')).state.activity).toBe('Thinking');
    expect(script.run(say('…')).state.activity).toBe('Answering');
    expect(script.run(tool({ toolCallId: 't', title: 'Read\nx' })).state.activity).toBe('Read x');
    expect(script.run(ask('r')).state.activity).toBe('Waiting for your approval');
    script.run({ type: 'resolved', id: 'r', outcome: 'cancelled' });
    expect(script.state.activity).toBe('Working');
    expect(script.run(idle).state.activity).toBe('');
  });
});

describe('the rest', () => {
  it('[R13] nothing follows the end of a session', () => {
    const script = new Script().run(running, { type: 'ended' });
    const before = script.state.items.length;
    script.run(say('x'), running, ask('r'));
    expect(script.state.items).toHaveLength(before);
    expect(script.state.turn).toBe('idle');
  });

  it('[R21] shows a gap as one', () => {
    const script = new Script().run(running, say('a'), { type: 'gap', from: 3, to: 9 }, say('b'));
    expect(script.kinds).toEqual(['message', 'gap', 'message']);
  });

  it('tells why the agent has gone', () => {
    const script = new Script().run({ type: 'agent', state: 'failed', message: 'It crashed.' });
    expect(script.last()).toMatchObject({ kind: 'notice', level: 'error', text: 'It crashed.' });
    expect(script.state.agentState).toBe('failed');
  });

  it('[R47] keeps an error’s code and whether it may be tried again', () => {
    const error = { code: 'busy', message: 'Busy.', retryable: true };
    const script = new Script().run({ type: 'error', error });
    expect(script.last()).toMatchObject({ kind: 'notice', level: 'error', error });
  });

  it('keeps what it does not know', () => {
    const script = new Script().run({ type: 'raw', method: 'x/y', payload: { a: 1 } });
    expect(script.last()).toMatchObject({ kind: 'raw', payload: { a: 1 } });
  });

  it('reports additions as structure, changes by id, and details as summary', () => {
    const script = new Script().run(running, say('a'));
    expect(script.change.structure).toBe(true);
    script.run(say('b'));
    expect(script.change.structure).toBe(false);
    expect([...script.change.touched]).toEqual([script.state.items[0]!.id]);
    script.run({ type: 'commands', commands: [] });
    expect(script.change).toMatchObject({ structure: false, summary: true });
  });
});

const live = (script: Script): string[] =>
  script.state.items.flatMap((item) => (item.kind === 'message' && item.live ? [item.text] : []));

describe('several requests of one turn', () => {
  it('[R38] an answer goes on in its own place though another came between', () => {
    const script = new Script().run(
      user('one', 'k1'),
      running,
      say('a1 ', 'r1'),
      user('two', 'k2'),
      running,
      say('b1 ', 'r2'),
      say('a2 ', 'r1'),
      say('b2 ', 'r2'),
    );
    expect(script.texts).toEqual([
      'user: one',
      'assistant: a1 a2 ',
      'user: two',
      'assistant: b1 b2 ',
    ]);
    expect(live(script)).toEqual(['a1 a2 ', 'b1 b2 ']);
    script.run(idle, running, say('new', 'r1'));
    expect(script.texts.at(-1)).toBe('assistant: new');
    expect(live(script)).toEqual(['new']);
  });

  it('one after the other, a message still ends where the next begins', () => {
    const script = new Script().run(running, say('first', 'm1'), say('second', 'm2'));
    expect(live(script)).toEqual(['second']);
  });

  it('thoughts and words under one id stay in their order', () => {
    const thought = { ...say('', 'm1'), role: 'thought' } as Extract<
      SessionEvent,
      { type: 'chunk' }
    >;
    const thinks = (text: string): SessionEvent => ({
      ...thought,
      content: { type: 'text', text },
    });
    const script = new Script().run(
      running,
      thinks('hm'),
      say('a', 'm1'),
      thinks('well'),
      say('b', 'm1'),
    );
    expect(script.texts).toEqual(['thought: hm', 'assistant: a', 'thought: well', 'assistant: b']);
    expect(live(script)).toEqual(['b']);
  });

  it('what came after a tool call stands after it', () => {
    const script = new Script().run(
      running,
      say('a', 'r1'),
      say('b', 'r2'),
      say('a', 'r1'),
      tool({ toolCallId: 't' }),
      say('c', 'r1'),
    );
    expect(script.texts).toEqual(['assistant: aa', 'assistant: b', 'assistant: c']);
  });

  it('[R42] the end or failure of one request leaves the other growing', () => {
    const script = new Script().run(
      running,
      say('a', 'r1'),
      say('b', 'r2'),
      say('a', 'r1'),
      { type: 'finished', messageId: 'r1' },
      say('b', 'r2'),
    );
    expect(live(script)).toEqual(['bb']);
    const failed = { code: 'x', message: 'It failed.', retryable: true };
    script.run({ type: 'error', error: failed, key: 'r9' }, say('b', 'r2'));
    expect(live(script)).toEqual(['bbb']);
    script.run({ type: 'error', error: failed, key: 'r2' });
    expect(live(script)).toEqual([]);
  });

  it('[R45] what is taken back is empty, marked, not counted, and not in the preview', () => {
    const script = new Script().run(
      user('ask', 'k1'),
      running,
      say('partial', 'r1'),
      say('other', 'r2'),
      { type: 'retract', messageId: 'r1' },
    );
    const [, first, second] = script.state.items as MessageItem[];
    expect(first).toMatchObject({ text: '', retracted: true, live: false });
    expect(second).toMatchObject({ text: 'other', live: true });
    expect(script.state.countable).toEqual([second!.n]);
    script.run({ type: 'retract', messageId: 'r2' });
    expect(previewIn(script.state)).toBe('ask');
    script.run(say('again', 'r1'));
    expect(script.texts.at(-1)).toBe('assistant: again');
    expect(first!.text).toBe('');
  });
});
