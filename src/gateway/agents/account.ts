import { existsSync } from 'node:fs';
import path from 'node:path';
import type { AgentAccount } from '../../core/wire/rest.ts';
import { agentEnvironment } from '../acp/environment.ts';
import type { AgentSpec } from './types.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** How an agent can be paid for; facts only, looked up in each project's documentation. */
export interface AccountFacts {
  /** Variables with a key that it takes by itself. */
  readonly keys: readonly string[];
  readonly login?: {
    /** What to type to log in. */
    readonly how: string;
    /** What a login leaves behind: looked for, never read. `~` is the home directory, `$NAME/` a directory by variable. */
    readonly files: readonly string[];
  };
  /** A key is documented to be used rather than a login. */
  readonly keyWins?: true;
}

/** Names that are no secrets themselves, of variables that usually hold one. */
const SECRET = /(^|_)(KEY|TOKEN|SECRET|PASSWORD)$/;

/**
 * Who pays, as far as can be told from the names of what the agent is given, and from whether a login left its file.
 *
 * @param facts undefined for an agent that only the config file knows.
 */
export function accountOf(
  facts: AccountFacts | undefined,
  spec: Pick<AgentSpec, 'env' | 'passEnv'>,
  own: Environment,
  exists: (file: string) => boolean = existsSync,
): AgentAccount {
  const given = agentEnvironment(spec, own);
  const isKey = (name: string): boolean => (facts ? facts.keys.includes(name) : SECRET.test(name));
  const keys = Object.keys(given).filter((name) => given[name] !== '' && isKey(name));
  const source = keys.every((name) => Object.hasOwn(spec.env, name))
    ? 'the config file'
    : 'the gateway’s environment';
  const key = `${keys.join(' or ')} from ${source}`;
  const login = facts?.login;
  const loggedIn = login?.files.some((file) => {
    const place = expand(file, given);
    return place !== undefined && exists(place);
  });
  if (keys.length > 0 && loggedIn) {
    return facts?.keyWins
      ? { from: 'key', text: `Uses ${key}, not the login of “${login!.how}”.` }
      : {
          from: 'key_or_login',
          text: `Uses ${key}, or the login of “${login!.how}”: the agent decides.`,
        };
  }
  if (keys.length > 0) return { from: 'key', text: `Uses ${key}.` };
  if (loggedIn) return { from: 'login', text: `Uses the login of “${login!.how}”.` };
  if (!facts) {
    return {
      from: 'unknown',
      text: 'Unknown: it is given no key, and may have an account of its own.',
    };
  }
  const wanted = facts.keys.length > 0 ? `no ${facts.keys[0]} is passed on` : '';
  const missing = login ? 'no login was found where it usually is' : '';
  const why = [wanted, missing].filter(Boolean).join(', and ');
  return { from: 'unknown', text: `Unknown: ${why}. It may still have an account of its own.` };
}

function expand(file: string, env: Environment): string | undefined {
  const home = env['HOME'] ?? env['USERPROFILE'];
  const [first = '', ...rest] = file.split('/');
  const base = first === '~' ? home : first.startsWith('$') ? env[first.slice(1)] : undefined;
  return base ? path.join(base, ...rest) : undefined;
}
