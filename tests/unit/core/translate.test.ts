import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LoggedMessage } from '../../../src/core/log/entry.ts';
import { GatewayMethod } from '../../../src/core/log/entry.ts';
import { applyEvent, noChange } from '../../../src/core/session/reduce.ts';
import { emptyTranscript } from '../../../src/core/session/transcript.ts';
import { translate } from '../../../src/core/session/translate.ts';

const update = (body: Record<string, unknown>): LoggedMessage => ({
  method: 'session/update',
  params: { sessionId: 'agent-1', update: body },
});

const KINDS = [
  'user_message_chunk',
  'agent_message_chunk',
  'agent_thought_chunk',
  'tool_call',
  'tool_call_update',
  'plan',
  'available_commands_update',
  'usage_update',
  'session_info_update',
  'current_mode_update',
  'state_update',
];

describe('translate: what it knows', () => {
  it('[R52] makes chunks of the three roles, with the ids that are there', () => {
    const content = { type: 'text', text: 'hi' };
    expect(translate(update({ sessionUpdate: 'agent_message_chunk', content }))).toEqual({
      type: 'chunk',
      role: 'assistant',
      content,
      messageId: undefined,
      key: undefined,
      by: undefined,
    });
    expect(
      translate(
        update({
          sessionUpdate: 'user_message_chunk',
          content,
          messageId: 'm1',
          _meta: { aperture: { key: 'k1', by: 'tab-1' } },
        }),
      ),
    ).toMatchObject({ role: 'user', messageId: 'm1', key: 'k1', by: 'tab-1' });
    expect(translate(update({ sessionUpdate: 'agent_thought_chunk', content }))).toMatchObject({
      role: 'thought',
    });
  });

  it('leaves out what a tool update does not say, so that nothing known is erased', () => {
    expect(translate(update({ sessionUpdate: 'tool_call_update', toolCallId: 't1' }))).toEqual({
      type: 'tool',
      call: { toolCallId: 't1' },
    });
    expect(
      translate(
        update({ sessionUpdate: 'tool_call', toolCallId: 't1', status: 'sideways', title: 3 }),
      ),
    ).toEqual({ type: 'tool', call: { toolCallId: 't1' } });
  });

  it('[R57] needs the gateway’s id for a permission, and drops options without id or name', () => {
    const params = {
      toolCall: { toolCallId: 't1', title: 'rm' },
      options: [
        { optionId: 'a', name: 'Allow', kind: 'allow_once' },
        { optionId: 'b' },
        { name: 'no id' },
        'text',
        null,
      ],
    };
    expect(translate({ method: 'session/request_permission', id: 'r0', params })).toEqual({
      type: 'permission',
      id: 'r0',
      tool: { toolCallId: 't1', title: 'rm' },
      options: [{ optionId: 'a', name: 'Allow', kind: 'allow_once' }],
    });
    expect(translate({ method: 'session/request_permission', params }).type).toBe('raw');
  });

  it('reads the turn’s state and why it stopped, also by a reason that is new to it', () => {
    expect(
      translate(update({ sessionUpdate: 'state_update', state: 'idle', stopReason: 'moonrise' })),
    ).toMatchObject({ type: 'turn', state: 'idle', stopReason: 'moonrise' });
    expect(translate(update({ sessionUpdate: 'state_update', state: 'napping' })).type).toBe('raw');
  });

  it('reads what the gateway did for the agent, and the agent’s options; none of it is raw', () => {
    const read = { op: 'read', path: '/p/a.txt', bytes: 3 };
    expect(translate({ method: GatewayMethod.file, params: read })).toEqual({
      type: 'file',
      path: '/p/a.txt',
      detail: read,
    });
    const output = { id: 'term-1', state: 'output', text: 'ok' };
    expect(translate({ method: GatewayMethod.terminal, params: output })).toEqual({
      type: 'terminal',
      id: 'term-1',
      detail: output,
    });
    const configOptions = [{ id: 'model', type: 'select', currentValue: 'a' }];
    expect(translate(update({ sessionUpdate: 'config_option_update', configOptions }))).toEqual({
      type: 'options',
      options: configOptions,
    });
    expect(translate({ method: GatewayMethod.file, params: {} }).type).toBe('raw');
  });

  it('reads what the gateway itself notes', () => {
    expect(
      translate({ method: GatewayMethod.agent, params: { state: 'failed', message: 'gone' } }),
    ).toEqual({ type: 'agent', state: 'failed', message: 'gone' });
    expect(translate({ method: GatewayMethod.ended, params: { by: 'tab' } })).toEqual({
      type: 'ended',
      by: 'tab',
    });
    expect(translate({ method: GatewayMethod.renamed, params: { title: 'T' } })).toEqual({
      type: 'title',
      title: 'T',
    });
    expect(translate({ method: GatewayMethod.error, params: { error: {} } })).toEqual({
      type: 'error',
      key: undefined,
      error: { code: 'unknown', message: 'The request failed.', retryable: false },
    });
    expect(
      translate({
        method: GatewayMethod.requestResolved,
        params: { id: 'r', outcome: 'cancelled' },
      }),
    ).toMatchObject({ type: 'resolved', id: 'r', outcome: 'cancelled' });
  });
});

describe('translate: what it does not know', () => {
  it('keeps an unknown kind whole, as raw', () => {
    const message = update({ sessionUpdate: 'hologram', beam: { a: 1 } });
    expect(translate(message)).toEqual({
      type: 'raw',
      method: 'session/update',
      payload: message.params,
    });
  });

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty', ''])(
    'takes the kind %j for unknown, though every object has one by that name',
    (kind) => {
      const content = { type: 'text', text: 'x' };
      expect(translate(update({ sessionUpdate: kind, content })).type).toBe('raw');
    },
  );

  it('never throws on garbage, and the reducer takes whatever comes out', () => {
    const anything = fc.anything({ maxDepth: 3, withNullPrototype: true });
    const field = fc.constantFrom(
      'content',
      'toolCallId',
      'title',
      'status',
      'entries',
      'availableCommands',
      'used',
      'size',
      'cost',
      'state',
      'stopReason',
      'currentModeId',
      'locations',
      'rawInput',
      'messageId',
      '_meta',
      'id',
      'outcome',
      'error',
      'toolCall',
      'options',
      'kind',
    );
    const body = fc
      .tuple(fc.constantFrom(...KINDS), fc.dictionary(field, anything))
      .map(([sessionUpdate, rest]) => ({ ...rest, sessionUpdate }));
    const message = fc.oneof(
      fc.record({
        method: fc.constantFrom('session/request_permission', ...Object.values(GatewayMethod)),
        id: fc.option(anything, { nil: undefined }),
        params: fc.oneof(fc.dictionary(field, anything), anything),
      }),
      fc.record({ method: fc.constant('session/update'), params: fc.record({ update: body }) }),
      fc.record({ method: anything, params: anything }),
    );
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), (messages) => {
        const state = emptyTranscript();
        messages.forEach((each, index) => {
          const event = translate(each as unknown as LoggedMessage);
          applyEvent(state, { n: index + 1, at: 0, event }, noChange());
        });
        expect(state.lastN).toBeLessThanOrEqual(messages.length);
      }),
      { numRuns: 2_000 },
    );
  });
});
