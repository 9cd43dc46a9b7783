import path from 'node:path';
import type { AgentInfo } from '../../core/wire/rest.ts';
import { accountOf } from './account.ts';
import { readConfig, type AgentChange, type AgentConfig } from './config.ts';
import { findOnPath, isExecutable, type PathSource } from './find-on-path.ts';
import { KNOWN_AGENTS, type KnownAgent } from './known.ts';
import type { AgentRegistry, AgentSpec } from './types.ts';
import { Versions } from './version.ts';

/** PATH is looked at again after this time (ms), so that an agent installed meanwhile appears without a restart. */
const RESCAN_AFTER_MS = 3_000;

export interface RegistryOptions {
  /** The `--config` file. */
  configPath?: string;
  /** How to start this program again: the command and its arguments, up to the subcommand. */
  self: readonly [string, ...string[]];
  env?: Readonly<Record<string, string | undefined>>;
  platform?: NodeJS.Platform;
  /** ms, monotonic; for tests. */
  now?: () => number;
}

/** What the list shows, and how to start it; no `spec` when it cannot be started. */
interface Entry {
  readonly info: AgentInfo;
  readonly spec?: AgentSpec;
}

/**
 * Knows the agents: the built-in one, those of the config file, those found on PATH, and how to install the rest.
 * Nothing is executed to find out. A config agent takes the place of a known one of the same name.
 *
 * @throws ApertureError `bad_config` with the file, the place in it and what to do.
 */
export async function loadRegistry(options: RegistryOptions): Promise<AgentRegistry> {
  const env = options.env ?? process.env;
  const source: PathSource = { env, platform: options.platform ?? process.platform };
  const now = options.now ?? (() => performance.now());
  const config: AgentConfig = options.configPath
    ? await readConfig(options.configPath, { home: env['HOME'] ?? env['USERPROFILE'] })
    : { agents: [], changes: new Map() };
  const versions = new Versions();

  let entries = scan();
  let scannedAt = now();

  function scan(): ReadonlyMap<string, Entry> {
    const found = new Map<string, Entry>();
    const add = (entry: Entry): void => {
      if (!found.has(entry.info.name)) found.set(entry.info.name, entry);
    };
    const overridden = new Set(config.agents.map((spec) => spec.name));
    if (!overridden.has(WORKSPACE)) add(builtIn(options.self));
    for (const spec of config.agents) add(fromConfig(spec, source));
    for (const known of KNOWN_AGENTS) {
      if (!overridden.has(known.name)) add(fromPath(known, source, config.changes.get(known.name)));
    }
    return found;
  }

  const current = (): ReadonlyMap<string, Entry> => {
    if (now() - scannedAt >= RESCAN_AFTER_MS) {
      entries = scan();
      scannedAt = now();
    }
    return entries;
  };

  return {
    list() {
      const all = [...current().values()].map((entry) => entry.info);
      return [...all.filter((info) => info.available), ...all.filter((info) => !info.available)];
    },
    get: (name) => current().get(name)?.spec,
    async version(name) {
      const entry = current().get(name);
      // What others make of `--version` nobody knows: a config's command may be an interpreter.
      return entry?.spec && entry.info.source === 'path' ? versions.of(entry.spec) : undefined;
    },
  };
}

const WORKSPACE = 'workspace';

function builtIn([command, ...args]: RegistryOptions['self']): Entry {
  const title = 'Workspace';
  return {
    info: {
      name: WORKSPACE,
      title,
      description: 'Built in, needs no key: lists, reads, searches, diffs and runs commands.',
      available: true,
      source: 'builtin',
      account: { from: 'none', text: 'Calls no model: nothing is billed.' },
    },
    spec: {
      name: WORKSPACE,
      title,
      command,
      args: [...args, 'agent', WORKSPACE],
      env: {},
      passEnv: [],
    },
  };
}

function fromConfig(spec: AgentSpec, source: PathSource): Entry {
  const { name, title, kind } = spec;
  const windows = source.platform === 'win32';
  const command = path.isAbsolute(spec.command)
    ? isExecutable(spec.command, windows) && spec.command
    : findOnPath(spec.command, source);
  const known = knownFor(spec)?.name;
  const info = {
    name,
    title,
    ...(kind && { kind }),
    ...(known && { known }),
    source: 'config' as const,
  };
  if (spec.server) {
    const account = { from: 'unknown' as const, text: `That of the server at ${spec.server.url}.` };
    return { info: { ...info, available: true, account }, spec };
  }
  if (command) {
    const account = accountOf(undefined, spec, source.env);
    return { info: { ...info, available: true, account }, spec: { ...spec, command } };
  }
  const place = path.isAbsolute(spec.command) ? 'is not an executable file' : 'is not on PATH';
  return {
    info: {
      ...info,
      available: false,
      install: `${spec.command} ${place}: install it, or correct agents.${name}.command in the config file.`,
    },
  };
}

/** The known agent whose program this is, by the program's name and how it is spoken with. */
function knownFor({ command, kind = 'acp' }: AgentSpec): KnownAgent | undefined {
  const program = path.basename(command).replace(/\.(exe|cmd|bat)$/i, '');
  return KNOWN_AGENTS.find(
    (known) =>
      (known.kind ?? 'acp') === kind && known.commands.some((each) => each.command === program),
  );
}

function fromPath(known: KnownAgent, source: PathSource, change: AgentChange | undefined): Entry {
  const { name, title, kind, passEnv } = { ...known, ...change };
  const { description, install, needs, homepage } = known;
  const about = { name, title, description, ...(kind && { kind }), needs, homepage };
  const info = { ...about, source: 'path' as const };
  for (const { command, args } of known.commands) {
    const file = findOnPath(command, source);
    if (file) {
      const { cwd, protocolVersion, env = {} } = change ?? {};
      const spec: AgentSpec = {
        name,
        title,
        ...(kind && { kind }),
        command: file,
        args,
        env,
        passEnv,
        ...(cwd !== undefined && { cwd }),
        ...(protocolVersion && { protocolVersion }),
      };
      const account = accountOf(known.account, spec, source.env);
      return { info: { ...info, available: true, account }, spec };
    }
  }
  return { info: { ...info, available: false, install } };
}
