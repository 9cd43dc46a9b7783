import { toErrorInfo } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { SetFrame } from '../../core/wire/frames.ts';
import type { AgentLife } from './agent-life.ts';
import * as entries from './entries.ts';
import type { SessionRecord } from './record.ts';

/**
 * Passes a change of a mode or an option on to the agent. Whether it took it stands in the log, so that every
 * page sees the same: its own kind of update, or an error with the key.
 *
 * @returns false when there is no agent that could be asked.
 */
export function changeSetting(
  record: SessionRecord,
  agent: Pick<AgentLife, 'set'>,
  frame: SetFrame,
  by: string,
): boolean {
  const { method, params, said } =
    frame.t === 'set_mode' ? modeOf(frame.mode) : optionOf(frame.option, frame.value);
  const asked = agent.set(method, params);
  if (!asked) return false;
  asked
    .then(
      (answer) => record.append(entries.setting(said(answer), frame.k, by)),
      (error: unknown) => {
        record.append(entries.failure(toErrorInfo(error, 'setting_refused'), frame.k));
      },
    )
    // The session was ended meanwhile.
    .catch(() => {});
  return true;
}

interface Change {
  readonly method: string;
  readonly params: JsonObject;
  /** The update that says it. */
  readonly said: (answer: JsonObject) => JsonObject;
}

const modeOf = (modeId: string): Change => ({
  method: 'session/set_mode',
  params: { modeId },
  said: () => ({ sessionUpdate: 'current_mode_update', currentModeId: modeId }),
});

const optionOf = (configId: string, value: string | boolean): Change => ({
  method: 'session/set_config_option',
  params: { configId, value, ...(typeof value === 'boolean' && { type: 'boolean' }) },
  // One option may change others, so the agent answers with all of them.
  said: ({ configOptions }) => ({
    sessionUpdate: 'config_option_update',
    configOptions: Array.isArray(configOptions) ? configOptions : [],
  }),
});
