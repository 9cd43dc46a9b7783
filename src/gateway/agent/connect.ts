import { AgentLink } from '../acp/agent-link.ts';
import { AppServerLink } from '../appserver/app-server-link.ts';
import type { AgentHost, AgentOptions, AgentPort } from './port.ts';

/** Starts an agent of the kind that its spec names; ACP unless it names one. */
export function connectAgent(options: AgentOptions, host: AgentHost): AgentPort {
  const { kind = 'acp' } = options.spec;
  return kind === 'codex-app-server'
    ? new AppServerLink(options, host)
    : new AgentLink(options, host);
}
