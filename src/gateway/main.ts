#!/usr/bin/env node
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ApertureError } from '../core/errors.ts';
import { loadRegistry } from './agents/registry.ts';
import { agentsText } from './cli/agents.ts';
import { defaultDataDir, keptToken } from './cli/data-dir.ts';
import { HELP } from './cli/help.ts';
import { mayOpen, openBrowser } from './cli/open-browser.ts';
import { parseCommand, type ServeOptions } from './cli/options.ts';
import { startGateway } from './gateway.ts';
import { openLevelJournal } from './journal/level.ts';
import { lineLogger } from './logger.ts';
import { resolveDirectory } from './session/directory.ts';

declare const __APERTURE_VERSION__: string;

/** Longest orderly end; then whatever is left is killed (ms). */
const CLOSE_LIMIT_MS = 8_000;

const bundle = fileURLToPath(import.meta.url);
const registryOf = (configPath: string | undefined) =>
  loadRegistry({ configPath, self: [process.execPath, bundle] });

async function run(): Promise<void> {
  const command = parseCommand(process.argv.slice(2), process.env);
  switch (command.name) {
    case 'help':
      process.stdout.write(HELP);
      return;
    case 'version':
      process.stdout.write(`${__APERTURE_VERSION__}\n`);
      return;
    case 'agents':
      process.stdout.write(await agentsText(await registryOf(command.config), command.json));
      return;
    case 'agent':
      return runAgent(command.agent);
    case 'serve':
      return serve(command.options);
  }
}

async function runAgent(name: string): Promise<void> {
  if (name !== 'workspace') {
    throw new ApertureError('usage', 'The one built-in agent is “workspace”.');
  }
  const { runWorkspaceAgent } = await import('./workspace/main.ts');
  await runWorkspaceAgent();
}

async function serve(options: ServeOptions): Promise<void> {
  const {
    port,
    host,
    allowOrigins,
    allowHosts,
    maxSessions,
    queryToken,
    defaultAgent,
    initTimeoutMs,
  } = options;
  const logger = lineLogger((line) => process.stderr.write(line));
  // Whoever reads the log may go away; the sessions stay.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  // One session's mishap must not end the other nine.
  process.on('unhandledRejection', (reason) => {
    logger.error('unhandled', { error: reason instanceof Error ? reason.stack : String(reason) });
  });
  const [registry, roots] = await Promise.all([
    registryOf(options.config),
    Promise.all(options.roots.map(resolveRoot)),
  ]);
  if (defaultAgent !== undefined && !registry.get(defaultAgent)) {
    throw new ApertureError(
      'usage',
      `--default-agent “${defaultAgent}” is none that can be started here. See aperture agents`,
    );
  }
  const dataDir = options.dataDir ?? defaultDataDir(process.env, process.platform);
  const token = options.token ?? (await keptToken(dataDir));
  const gateway = await startGateway({
    registry,
    token,
    port,
    host,
    pageDir: fileURLToPath(new URL('../dist', import.meta.url)),
    allowOrigins,
    allowHosts,
    roots,
    maxSessions,
    worktreesDir: path.join(dataDir, 'worktrees'),
    queryToken,
    defaultAgent,
    version: __APERTURE_VERSION__,
    logger,
    openJournal: () =>
      openLevelJournal({
        location: path.join(dataDir, 'log'),
        onTrouble: (error) => {
          if (error) logger.error('journal.failing', { error: error.message });
          else logger.info('journal.works_again', {});
        },
      }),
    timings: initTimeoutMs === undefined ? {} : { initTimeoutMs },
  });
  endOnSignals(() => gateway.close());
  if (!['127.0.0.1', '::1', 'localhost'].includes(host)) {
    logger.warn('exposed', {
      host,
      advice: 'others can reach this gateway; without TLS they can read what it says',
    });
  }
  if (queryToken) {
    logger.warn('query_token', {
      advice:
        'tokens are taken from addresses, which proxies and histories keep; use it for old clients only',
    });
  }
  process.stdout.write(`Aperture is ready: ${gateway.url}#token=${encodeURIComponent(token)}\n`);
  if (options.open && mayOpen(process.env, process.stdout.isTTY, process.platform)) {
    openBrowser(gateway.launchUrl(), process.platform);
  }
}

async function resolveRoot(root: string): Promise<string> {
  return resolveDirectory(await realpath(root).catch(() => root), []);
}

function endOnSignals(close: () => Promise<void>): void {
  let ending = false;
  const end = (): void => {
    // Asked twice: no more patience.
    if (ending) process.exit(130);
    ending = true;
    setTimeout(() => process.exit(1), CLOSE_LIMIT_MS).unref();
    void close().then(() => process.exit(0));
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, end);
  endWithParent(() => ending || end());
}

/** `npm start` has a shell between itself and us that dies of SIGTERM and does not pass it on. */
function endWithParent(end: () => void): void {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && end(), 200).unref();
}

run().catch((error: unknown) => {
  const known = error instanceof ApertureError;
  const line = known ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`aperture: ${line}\n`);
  process.exitCode = known && error.code !== 'port_in_use' ? 2 : 1;
});
