import type { ProtocolName } from './policy.ts';

/** What a new session of a protocol can be given. `chat` names a conversation that exists on the server already. */
export type SessionField = 'agent' | 'cwd' | 'title' | 'chat' | 'world' | 'identity';

/** Required ones first in each list's `required`. */
export const SESSION_FIELDS: Readonly<
  Record<ProtocolName, { required: readonly SessionField[]; optional: readonly SessionField[] }>
> = {
  aperture: { required: ['agent', 'cwd'], optional: ['title'] },
  acp: { required: ['cwd'], optional: ['title'] },
  legacy: { required: [], optional: ['agent', 'cwd', 'title'] },
  thread: { required: [], optional: ['title', 'chat'] },
  single: { required: [], optional: ['title', 'identity'] },
  scoped: { required: ['world'], optional: ['title', 'chat'] },
  bidi: { required: [], optional: ['title'] },
};
