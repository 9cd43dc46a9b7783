import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { ApertureError } from '../../core/errors.ts';
import { isObject, parseJson } from '../../core/json.ts';
import { KNOWN_AGENTS } from './known.ts';
import type { AgentSpec } from './types.ts';

/** Longest config file, in characters. */
const MAX_CONFIG_LENGTH = 1024 * 1024;

const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

const text = v.pipe(v.string('expected a string'), v.nonEmpty('must not be empty'));

/** In the clear only on this machine. */
function isServerUrl(given: string): boolean {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (!url || url.username !== '' || url.password !== '' || url.hash !== '') return false;
  const here = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  return url.protocol === 'wss:' || (url.protocol === 'ws:' && here);
}

const SERVER_URL = 'expected wss://…, or ws://127.0.0.1:… on this machine';

/** A typo must not pass in silence, so unknown keys are errors inside an agent; other tools may share the top level. */
const agentSchema = v.strictObject({
  title: v.optional(text),
  kind: v.optional(v.picklist(['acp', 'codex-app-server'], 'expected acp or codex-app-server')),
  /** Only of a known agent may it be left out: then the rest is changed of that one. */
  command: v.optional(text),
  /** Of an app-server that runs already, instead of a command. */
  url: v.optional(v.pipe(v.string('expected a string'), v.check(isServerUrl, SERVER_URL))),
  tokenFile: v.optional(text),
  args: v.optional(v.array(v.string('expected a string'), 'expected a list of strings')),
  env: v.optional(
    v.record(
      v.pipe(v.string(), v.regex(VARIABLE, 'is no name of an environment variable')),
      v.string('expected a string'),
      'expected an object of strings',
    ),
    {},
  ),
  cwd: v.optional(text),
  protocolVersion: v.optional(v.picklist([1, 2], 'expected 1 or 2')),
  passEnv: v.optional(
    v.array(
      v.pipe(
        v.string('expected a string'),
        v.regex(/^[A-Za-z_][A-Za-z0-9_]*\*?$/, 'expected a variable name, or a prefix and *'),
      ),
      'expected a list of variable names',
    ),
  ),
});

/** To valibot an array is an object too. */
const object = v.pipe(v.unknown(), v.check(isObject, 'expected an object'));

const agentsSchema = v.pipe(
  object,
  v.record(
    v.pipe(
      v.string(),
      v.regex(NAME, 'names are 1 to 64 letters, digits, “.”, “_” or “-”, and start with one'),
    ),
    v.pipe(object, agentSchema),
  ),
);

const configSchema = v.pipe(object, v.looseObject({ agents: v.optional(agentsSchema, {}) }));

/** What a config file changes of a known agent; what is not in it stays. */
export type AgentChange = Pick<AgentSpec, 'name' | 'env'> &
  Partial<Pick<AgentSpec, 'title' | 'passEnv' | 'cwd' | 'protocolVersion'>>;

export interface AgentConfig {
  /** In the file's order. */
  readonly agents: readonly AgentSpec[];
  readonly changes: ReadonlyMap<string, AgentChange>;
}

export interface ConfigSource {
  readonly home: string | undefined;
}

/**
 * The agents of a `--config` file, and what it changes of known ones. Relative paths in it (a `command` with a separator, a
 * `cwd`) are relative to the file; `~/` is the home directory. A bare `command` is left for PATH.
 *
 * @throws ApertureError `bad_config`: names the file, the place in it and what to do.
 */
export async function readConfig(file: string, { home }: ConfigSource): Promise<AgentConfig> {
  const bad = (problem: string, advice: string, cause?: unknown): ApertureError =>
    new ApertureError('bad_config', `The config file ${file} ${problem} ${advice}`, { cause });

  let source: string;
  try {
    source = await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw bad(
      `cannot be read (${code ?? 'unknown error'}).`,
      'Check the path given to --config.',
      error,
    );
  }
  let json: unknown;
  try {
    // Editors on Windows like to begin a file with a byte-order mark.
    json = parseJson(source.replace(/^\uFEFF/, ''), { maxLength: MAX_CONFIG_LENGTH });
  } catch (error) {
    const why = error instanceof ApertureError ? error.message : String(error);
    throw bad(
      `is not usable: ${why.replace('The frame', 'it')}`,
      'Correct it and start again.',
      error,
    );
  }
  const result = v.safeParse(configSchema, json);
  if (!result.success) {
    const problems = result.issues.slice(0, 5).map((issue) => `\n  ${describe(issue)}`);
    throw bad(`is not valid:${problems.join('')}\n`, 'Correct it and start again.');
  }

  const base = path.dirname(path.resolve(file));
  const resolve = (given: string): string => {
    if (given.startsWith('~/') && home) return path.join(home, given.slice(2));
    return path.resolve(base, given);
  };
  const agents: AgentSpec[] = [];
  const changes = new Map<string, AgentChange>();
  for (const [name, agent] of Object.entries(result.output.agents)) {
    const { command, args, kind, title, env, passEnv, protocolVersion } = agent;
    const shared = {
      name,
      env,
      ...(protocolVersion && { protocolVersion }),
      ...(agent.cwd !== undefined && { cwd: resolve(agent.cwd) }),
    };
    if (agent.url !== undefined) {
      const wrong = notOfServers(agent);
      if (wrong) {
        throw bad(`is not valid:\n  agents.${name}.${wrong}\n`, 'Correct it and start again.');
      }
      const { url, tokenFile } = agent;
      const server = { url, ...(tokenFile !== undefined && { tokenFile: resolve(tokenFile) }) };
      const none = { command: 'codex', args: [], passEnv: [] };
      agents.push({ ...shared, ...none, title: title ?? name, kind: 'codex-app-server', server });
    } else if (agent.tokenFile !== undefined) {
      throw bad(
        `is not valid:\n  agents.${name}.tokenFile: is only for a url.\n`,
        'Correct it and start again.',
      );
    } else if (command !== undefined) {
      agents.push({
        ...shared,
        title: title ?? name,
        ...(kind && { kind }),
        command: /[/\\]/.test(command) ? resolve(command) : command,
        args: args ?? [],
        passEnv: passEnv ?? [],
      });
    } else if (args || kind || !KNOWN_AGENTS.some((known) => known.name === name)) {
      throw bad(
        `is not valid:\n  agents.${name}.command: is missing.\n`,
        'Correct it and start again.',
      );
    } else changes.set(name, { ...shared, ...(title && { title }), ...(passEnv && { passEnv }) });
  }
  return { agents, changes };
}

/** What makes no sense for one that is not started. @returns undefined when all is well. */
function notOfServers({
  kind,
  env,
  ...more
}: v.InferOutput<typeof agentSchema>): string | undefined {
  if (kind !== 'codex-app-server') return 'url: is only for the kind codex-app-server.';
  const other = (['command', 'args', 'passEnv', 'protocolVersion'] as const).find(
    (name) => more[name] !== undefined,
  );
  const name = other ?? (Object.keys(env).length > 0 ? 'env' : undefined);
  return name && `${name}: has no meaning beside url, where nothing is started.`;
}

function describe(issue: v.BaseIssue<unknown>): string {
  let place = '';
  for (const { key } of issue.path ?? []) {
    place += typeof key === 'number' ? `[${key}]` : `${place && '.'}${String(key)}`;
  }
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    return `${place}: unknown setting; known are title, command, args, env, cwd, passEnv, protocolVersion, kind, url and tokenFile.`;
  }
  if (issue.type === 'strict_object' && issue.received === 'undefined') {
    return `${place}: is missing.`;
  }
  const got = issue.type === 'regex' ? issue.received : `got ${issue.received}`;
  return `${place || 'the top level'}: ${issue.message} (${got}).`;
}
