import type { AgentInfo } from '../../core/wire/rest.ts';
import type { AgentRegistry } from '../agents/types.ts';

type Listed = AgentInfo & { version?: string };

/** What `aperture agents` prints; programs are asked for their versions side by side, and not for long. */
export async function agentsText(registry: AgentRegistry, json: boolean): Promise<string> {
  const agents = await Promise.all(
    registry.list().map(async (info): Promise<Listed> => {
      const version = info.available ? await registry.version?.(info.name) : undefined;
      return version === undefined ? info : { ...info, version };
    }),
  );
  return json ? `${JSON.stringify({ agents }, null, 2)}\n` : agentTable(agents);
}

/** A further line of an agent, if there is one. */
const more = (what: string | undefined): string[][] =>
  what === undefined || what === '' ? [] : [['', '', '', '', what]];

/** The agents as a table for the terminal. */
function agentTable(agents: readonly Listed[]): string {
  const rows = agents.flatMap((agent) => {
    const { available, name, title, version = '' } = agent;
    const row = (what: string): string[] => [available ? '●' : '○', name, title, version, what];
    if (!available) {
      return [
        row(agent.install ?? 'not installed'),
        ...more(agent.needs && `Needs: ${agent.needs}`),
      ];
    }
    const [first = '', ...rest] = [agent.description, agent.account?.text].filter(
      Boolean,
    ) as string[];
    return [row(first), ...rest.flatMap(more)];
  });
  const widths = [0, 1, 2, 3].map((at) => Math.max(0, ...rows.map((row) => row[at]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n\n● can be started   ○ not installed here\n`;
}
