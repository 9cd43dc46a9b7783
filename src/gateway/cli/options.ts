import { parseArgs, type ParseArgsConfig } from 'node:util';
import { ApertureError } from '../../core/errors.ts';
import { normalOrigin } from '../access/admission.ts';

export const MIN_TOKEN_LENGTH = 16;

export interface ServeOptions {
  readonly port: number;
  readonly host: string;
  readonly token: string | undefined;
  readonly dataDir: string | undefined;
  readonly config: string | undefined;
  readonly open: boolean;
  readonly allowOrigins: readonly string[];
  readonly allowHosts: readonly string[];
  /** As given; not yet resolved. */
  readonly roots: readonly string[];
  readonly maxSessions: number;
  /** For clients that cannot choose. */
  readonly defaultAgent: string | undefined;
  /** Tokens are also taken from the address of a socket. */
  readonly queryToken: boolean;
  /** For agents that are slow to start, ms; only as APERTURE_INIT_TIMEOUT_MS. */
  readonly initTimeoutMs: number | undefined;
}

export type Command =
  | { name: 'help' }
  | { name: 'version' }
  | { name: 'agents'; config: string | undefined; json: boolean }
  | { name: 'agent'; agent: string }
  | { name: 'serve'; options: ServeOptions };

const FLAGS = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
  port: { type: 'string' },
  host: { type: 'string' },
  token: { type: 'string' },
  'data-dir': { type: 'string' },
  config: { type: 'string' },
  'no-open': { type: 'boolean' },
  'allow-origin': { type: 'string', multiple: true },
  'allow-host': { type: 'string', multiple: true },
  root: { type: 'string', multiple: true },
  'max-sessions': { type: 'string' },
  'default-agent': { type: 'string' },
  'query-token': { type: 'boolean' },
  json: { type: 'boolean' },
} as const satisfies ParseArgsConfig['options'];

type Flag = keyof typeof FLAGS;
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What the command line asks for; a flag wins over its environment variable.
 *
 * @throws ApertureError `usage`: what is wrong and what to write instead.
 */
export function parseCommand(argv: readonly string[], env: Environment): Command {
  // The built-in agent's arguments are its own.
  if (argv[0] === 'agent') return { name: 'agent', agent: argv[1] ?? '' };
  const { values, positionals } = readArgs(argv);
  if (values.help || positionals[0] === 'help') return { name: 'help' };
  if (values.version) return { name: 'version' };

  const text = (flag: Flag): string | undefined => {
    const value = values[flag] ?? env[variableOf(flag)];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const list = (flag: 'allow-origin' | 'allow-host' | 'root'): string[] =>
    (values[flag] ?? [env[variableOf(flag)] ?? ''])
      .flatMap((value) => value.split(','))
      .map((value) => value.trim())
      .filter((value) => value !== '');

  if (positionals[0] === 'agents' && positionals.length === 1) {
    return { name: 'agents', config: text('config'), json: values.json === true };
  }
  if (values.json) throw usage('--json goes with “aperture agents”.');
  if (positionals.length > 0) {
    throw usage(`There is no command “${positionals.join(' ')}”.`);
  }
  const initTimeout = env['APERTURE_INIT_TIMEOUT_MS'];
  return {
    name: 'serve',
    options: {
      port: integer('--port', text('port'), 0, 65_535) ?? 4800,
      host: checkHost(text('host')) ?? '127.0.0.1',
      token: checkToken(text('token')),
      dataDir: text('data-dir'),
      config: text('config'),
      open: !(values['no-open'] ?? isOn(env['APERTURE_NO_OPEN'])),
      allowOrigins: list('allow-origin').map(checkOrigin),
      allowHosts: list('allow-host').map(checkAllowedHost),
      roots: list('root'),
      maxSessions: integer('--max-sessions', text('max-sessions'), 1, 1_000) ?? 50,
      defaultAgent: text('default-agent'),
      queryToken: values['query-token'] ?? isOn(env['APERTURE_QUERY_TOKEN']),
      initTimeoutMs: integer('APERTURE_INIT_TIMEOUT_MS', initTimeout || undefined, 1, 3_600_000),
    },
  };
}

/** `max-sessions` is APERTURE_MAX_SESSIONS. */
export const variableOf = (flag: string): string =>
  `APERTURE_${flag.toUpperCase().replaceAll('-', '_')}`;

function readArgs(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: FLAGS, allowPositionals: true, strict: true });
  } catch (error) {
    // Node's own messages go on with advice that fits no command line of ours.
    throw usage((error as Error).message.split(/\. |\n/, 1)[0]!.replace(/\.?$/, '.'));
  }
}

function integer(
  name: string,
  value: string | undefined,
  min: number,
  max: number,
): number | undefined {
  if (value === undefined) return undefined;
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw usage(`${name} must be a whole number from ${min} to ${max}, not “${value}”.`);
}

function checkToken(token: string | undefined): string | undefined {
  if (token === undefined || (/^[\x21-\x7e]+$/.test(token) && token.length >= MIN_TOKEN_LENGTH)) {
    return token;
  }
  // The token itself is not repeated: terminals are recorded.
  throw usage(
    `--token must have at least ${MIN_TOKEN_LENGTH} characters, without blanks. Leave it out and one is made.`,
  );
}

function checkHost(host: string | undefined): string | undefined {
  if (host === undefined || /^[\w.:-]+$/.test(host)) return host;
  throw usage(`--host must be an address or a name such as 127.0.0.1, not “${host}”.`);
}

function checkAllowedHost(host: string): string {
  if (/^[a-z0-9._-]+(:\d+)?$|^\[[0-9a-f:]+\](:\d+)?$/i.test(host)) return host;
  throw usage(`--allow-host must be a name such as aperture.example or box:4800, not “${host}”.`);
}

function checkOrigin(origin: string): string {
  const normal = normalOrigin(origin);
  if (normal !== undefined) return normal;
  throw usage(
    `--allow-origin must be one exact origin such as https://you.github.io, not “${origin}”.`,
  );
}

const isOn = (value: string | undefined): boolean =>
  value !== undefined && !['', '0', 'false', 'no', 'off'].includes(value.toLowerCase());

const usage = (message: string): ApertureError =>
  new ApertureError('usage', `${message} See aperture --help`);
