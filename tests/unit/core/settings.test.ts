import { describe, expect, it } from 'vitest';
import { readModes, readOptions } from '../../../src/core/session/settings.ts';
import { translate } from '../../../src/core/session/translate.ts';
import { applyEvent, noChange } from '../../../src/core/session/reduce.ts';
import { emptyTranscript } from '../../../src/core/session/transcript.ts';

const model = {
  id: 'model',
  name: 'Model',
  type: 'select',
  category: 'model',
  currentValue: 'a',
  options: [
    { value: 'a', name: 'A', description: 'first' },
    { group: 'g', name: 'Group', options: [{ value: 'b' }] },
  ],
};

describe('modes and options of an agent', () => {
  it('are read flat or in groups', () => {
    expect(readOptions([model, { id: 'fast', currentValue: true }])).toEqual([
      {
        id: 'model',
        name: 'Model',
        category: 'model',
        type: 'select',
        value: 'a',
        choices: [
          { id: 'a', name: 'A', description: 'first' },
          { id: 'b', name: 'b', group: 'Group' },
        ],
      },
      { id: 'fast', name: 'fast', type: 'boolean', value: true },
    ]);
  });

  it('[R71] whatever has another shape is left out', () => {
    const odd = [{}, { id: 7 }, { id: 'x', currentValue: 7 }, { ...model, type: 'slider' }];
    expect(readOptions(odd)).toEqual([]);
    expect(readModes([null, 7, {}, { id: 'a' }])).toEqual([{ id: 'a', name: 'a' }]);
  });

  it('[R30] are bounded', () => {
    const many = Array.from({ length: 2_000 }, (_, i) => ({ id: `${i}`, currentValue: true }));
    expect(readOptions(many)).toHaveLength(32);
    expect(readModes(many)).toHaveLength(512);
  });

  it('come with the agent, change by updates with the key of their frame, and outlive a restart that says nothing', () => {
    const state = emptyTranscript();
    let n = 0;
    const log = (method: string, params: object): void => {
      const event = translate({ method, params: { ...params } });
      applyEvent(state, { n: ++n, at: n, event }, noChange());
    };
    log('_aperture/agent', {
      state: 'ready',
      modes: { currentModeId: 'ask', availableModes: [{ id: 'ask' }, { id: 'code' }] },
      configOptions: [model],
    });
    expect(state).toMatchObject({ modeId: 'ask', options: [{ value: 'a' }] });
    expect(state.modes.map(({ id }) => id)).toEqual(['ask', 'code']);
    const update = {
      sessionUpdate: 'current_mode_update',
      currentModeId: 'code',
      _meta: { aperture: { key: 'k' } },
    };
    expect(translate({ method: 'session/update', params: { update } })).toEqual({
      type: 'mode',
      modeId: 'code',
      key: 'k',
    });
    log('session/update', { update });
    log('session/update', {
      update: {
        sessionUpdate: 'config_option_update',
        configOptions: [{ ...model, currentValue: 'b' }],
      },
    });
    log('_aperture/agent', { state: 'exited' });
    log('_aperture/agent', { state: 'ready' });
    expect(state).toMatchObject({ modeId: 'code', options: [{ value: 'b' }] });
    expect(state.modes).toHaveLength(2);
  });
});
