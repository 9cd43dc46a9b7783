import { ApertureError } from '../../core/errors.ts';
import type { SessionPool } from '../session/pool.ts';

/**
 * The agent of whoever names none: the one that `--default-agent` says, else the first that can be started.
 *
 * @throws ApertureError `agent_missing`
 */
export function defaultAgent(pool: SessionPool, chosen: string | undefined): string {
  if (chosen !== undefined) return chosen;
  const agent = pool.agents().agents.find(({ available }) => available);
  if (agent) return agent.name;
  throw new ApertureError(
    'agent_missing',
    'This gateway has no agent that it can start. Install one, or name one in the --config file.',
  );
}
