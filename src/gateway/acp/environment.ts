import type { AgentSpec } from '../agents/types.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What every agent may see of the gateway's own environment (R70); `*` at the end is a wildcard. */
const COMMON = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LANGUAGE',
  'LC_*',
  'TERM',
  'COLORTERM',
  'TZ',
  'TMPDIR',
  'XDG_*',
  // A Windows program does not start without these.
  'SYSTEMROOT',
  'SYSTEMDRIVE',
  'WINDIR',
  'COMSPEC',
  'PATHEXT',
  'TEMP',
  'TMP',
  'USERPROFILE',
  'HOMEDRIVE',
  'HOMEPATH',
  'APPDATA',
  'LOCALAPPDATA',
  'PROGRAMDATA',
  'PROGRAMFILES',
  'USERNAME',
];

/** The environment of one agent: the common allow-list, what its spec passes on, and what its spec sets. */
export function agentEnvironment(
  spec: Pick<AgentSpec, 'env' | 'passEnv'>,
  own: Environment,
): Record<string, string> {
  const allowed = [...COMMON, ...spec.passEnv];
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(own)) {
    // What is the gateway's own, its token among it, goes by its exact name only: a wildcard was not meant for it.
    if (/^APERTURE_/i.test(name) && !allowed.includes(name)) continue;
    if (value !== undefined && allowed.some((pattern) => matches(pattern, name))) {
      passed[name] = value;
    }
  }
  return { ...passed, ...spec.env };
}

function matches(pattern: string, name: string): boolean {
  const upper = name.toUpperCase();
  const wanted = pattern.toUpperCase();
  return wanted.endsWith('*') ? upper.startsWith(wanted.slice(0, -1)) : upper === wanted;
}
