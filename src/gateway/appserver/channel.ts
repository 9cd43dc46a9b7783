import { AgentProcess, type ProcessHost } from '../acp/agent-process.ts';
import type { AgentSpec } from '../agents/types.ts';
import { AgentSocket } from './agent-socket.ts';

/** Where messages go to and come from: a process of our own, or a server that runs already. */
export type AgentChannel = Pick<
  AgentProcess,
  'pid' | 'write' | 'pauseOutput' | 'resumeOutput' | 'stderrTail' | 'killForFlooding' | 'stop'
>;

/** The way that the spec names. */
export const openChannel = (spec: AgentSpec, cwd: string, host: ProcessHost): AgentChannel =>
  spec.server ? new AgentSocket(spec.server, host) : new AgentProcess(spec, cwd, host);
