import { isObject, type JsonObject } from '../../../core/json.ts';

/** Options of an agent of version 2, as version 1 has them: their ids have other names there. */
export function optionsFrom2(options: unknown): JsonObject[] {
  return (Array.isArray(options) ? options : []).filter(isObject).map((option) => {
    const { configId, options: choices, ...rest } = option;
    return {
      ...rest,
      id: configId,
      ...(Array.isArray(choices) && { options: choices.map(groupFrom2) }),
    };
  });
}

function groupFrom2(choice: unknown): unknown {
  if (!isObject(choice) || !('groupId' in choice)) return choice;
  const { groupId, ...rest } = choice;
  return { ...rest, group: groupId };
}

/** `session/set_config_option` of version 1, as version 2 has it. */
export const settingOf2 = ({ type, ...params }: JsonObject): JsonObject => ({
  ...params,
  type: type === 'boolean' ? 'boolean' : 'id',
});
