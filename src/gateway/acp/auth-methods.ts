import { isObject, type JsonObject } from '../../core/json.ts';
import { oneLine } from '../../core/text/sanitise.ts';
import type { AgentSpec } from '../agents/types.ts';
import { agentEnvironment } from './environment.ts';

/** More is not shown (R30). */
const MAX_METHODS = 32;
const MAX_VARIABLES = 16;

/** A way to sign in, as the page shows it; the agent's words, cut and on one line. */
export interface AuthMethod {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  /** `agent`: it does it by itself. `env_var`: it wants variables. `terminal`: a command for the user. */
  readonly type: 'agent' | 'env_var' | 'terminal';
  /** Of `env_var`; `set`: the agent has it. Values never leave the gateway. */
  readonly variables?: readonly { name: string; optional: boolean; set: boolean }[];
  /** Of `env_var`: where such a key can be had. */
  readonly link?: string;
  /** Of `terminal`: to be run where the gateway runs. */
  readonly command?: string;
}

/**
 * What of an agent's `authMethods` can be offered. Kinds that are not known are left out: their meaning is not. Those
 * of `env_var` are no part of ACP version 1 any more, but agents still have them.
 */
export function readAuthMethods(methods: unknown, spec: AgentSpec): AuthMethod[] {
  if (!Array.isArray(methods)) return [];
  const read = methods.flatMap((method: unknown) => readMethod(method, spec) ?? []);
  return read.slice(0, MAX_METHODS);
}

/** Whether `authenticate` may be called with it now. */
export const isReady = ({ type, variables = [] }: AuthMethod): boolean =>
  type === 'agent' ||
  (type === 'env_var' && variables.every(({ optional, set }) => optional || set));

function readMethod(method: unknown, spec: AgentSpec): AuthMethod | undefined {
  if (!isObject(method)) return undefined;
  const { id, name, description, type = 'agent', link } = method;
  if (typeof id !== 'string' || id === '' || id.length > 256) return undefined;
  const base = {
    id,
    name: typeof name === 'string' && name !== '' ? oneLine(name, 200) : id,
    ...(typeof description === 'string' && { description: oneLine(description, 1_000) }),
  };
  switch (type) {
    case 'agent':
      return { ...base, type };
    case 'terminal':
      return { ...base, type, command: commandLine(method, spec) };
    case 'env_var':
      return {
        ...base,
        type,
        variables: variablesOf(method, spec),
        ...(typeof link === 'string' && link.startsWith('https://') && { link }),
      };
    default:
      return undefined;
  }
}

function variablesOf(
  { vars, varName }: JsonObject,
  spec: AgentSpec,
): NonNullable<AuthMethod['variables']> {
  const has = agentEnvironment(spec, process.env);
  const list: unknown[] = Array.isArray(vars) ? vars : [{ name: varName }];
  return list.slice(0, MAX_VARIABLES).flatMap((entry) => {
    const name = isObject(entry) ? entry['name'] : undefined;
    if (typeof name !== 'string' || !/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name)) return [];
    const optional = isObject(entry) && entry['optional'] === true;
    return [{ name, optional, set: Object.hasOwn(has, name) && has[name] !== '' }];
  });
}

/** The agent's own command with what the method adds; its configured variables may be secret and are not in it. */
function commandLine({ args, env }: JsonObject, spec: AgentSpec): string {
  const set = isObject(env) ? Object.entries(env) : [];
  const more = Array.isArray(args) ? args : [];
  return [
    ...set.flatMap(([name, value]) =>
      /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? [`${name}=${quoted(String(value))}`] : [],
    ),
    quoted(spec.command),
    ...spec.args.map(quoted),
    ...more.map((arg) => quoted(String(arg))),
  ].join(' ');
}

/** For a POSIX shell. What a terminal could be fooled with is not in it. */
function quoted(word: string): string {
  const plain = oneLine(word, 2_000);
  return /^[\w@%+=:,./-]+$/.test(plain) ? plain : `'${plain.replaceAll("'", "'\\''")}'`;
}
