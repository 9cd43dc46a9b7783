import { spawn } from 'node:child_process';
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentEntry, ServerEntry } from '../support/gateway-process.ts';
import { CODEX_APP_SERVER } from './app-server.ts';
import { MODEL_NAME } from './dialect.ts';

interface Recipe {
  title: string;
  /** ACP unless given. */
  kind?: AgentEntry['kind'];
  /** Pinned: another version may talk in another way. */
  package: string;
  version: string;
  bin: string;
  args: string[];
  /** It is started by itself, and listens where it is told. */
  listens?: boolean;
  env: (home: string) => Record<string, string>;
  files: (modelUrl: string) => Record<string, string>;
}

/** Agents that run without an account, and how each is told to use a model on this machine only. */
export const RECIPES = {
  opencode: {
    title: 'opencode',
    package: 'opencode-ai',
    version: '1.18.33',
    bin: 'opencode',
    args: ['acp'],
    env: (home) => ({
      OPENCODE_CONFIG: join(home, 'opencode.json'),
      OPENCODE_DISABLE_AUTOUPDATE: '1',
      OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
      OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
      OPENCODE_DISABLE_MODELS_FETCH: '1',
    }),
    files: (modelUrl) => ({
      'opencode.json': JSON.stringify({
        autoupdate: false,
        share: 'disabled',
        permission: { bash: 'ask', edit: 'ask' },
        model: `here/${MODEL_NAME}`,
        small_model: `here/${MODEL_NAME}`,
        enabled_providers: ['here'],
        provider: {
          here: {
            npm: '@ai-sdk/openai-compatible',
            name: 'This machine',
            options: { baseURL: modelUrl, apiKey: 'none' },
            models: {
              [MODEL_NAME]: {
                name: 'Test model',
                tool_call: true,
                limit: { context: 100_000, output: 8_000 },
              },
            },
          },
        },
      }),
    }),
  },
  'codex-acp': {
    title: 'Codex (codex-acp)',
    package: '@zed-industries/codex-acp',
    version: '0.16.0',
    // The binary itself: its wrapper keeps signals to itself.
    bin: `codex-acp-${process.platform}-${process.arch}`,
    args: [],
    env: (home) => ({ CODEX_HOME: home, OPENAI_API_KEY: 'none' }),
    // Under a name that it knows: it puts a warning into every answer otherwise.
    files: (modelUrl) => ({
      'config.toml': [
        'model = "gpt-5.4"',
        'model_provider = "here"',
        'approval_policy = "on-request"',
        'sandbox_mode = "read-only"',
        'check_for_update_on_startup = false',
        '[model_providers.here]',
        'name = "This machine"',
        `base_url = "${modelUrl}"`,
        'env_key = "OPENAI_API_KEY"',
        'wire_api = "responses"',
        'supports_websockets = false',
        'request_max_retries = 0',
        'stream_max_retries = 0',
        '[analytics]',
        'enabled = false',
      ].join('\n'),
    }),
  },
  'codex-app-server': CODEX_APP_SERVER,
  'codex-app-server by WebSocket': {
    ...CODEX_APP_SERVER,
    title: 'Codex (app-server by WebSocket)',
    listens: true,
  },
} satisfies Record<string, Recipe>;

export type AgentName = keyof typeof RECIPES;
export const AGENT_NAMES = Object.keys(RECIPES) as AgentName[];

/** Installed agents are kept there between runs. */
const CACHE = process.env['APERTURE_AGENTS_CACHE'] ?? join(tmpdir(), 'aperture-agents');

const folderOf = ({ package: name, version }: Recipe): string =>
  join(CACHE, `${name.replace('/', '+')}@${version}`);

/** Installs it unless it is there. @throws Error with what npm said. */
export async function install(name: AgentName): Promise<void> {
  const recipe: Recipe = RECIPES[name];
  const folder = folderOf(recipe);
  if (await exists(folder)) return;
  // Renamed when it is whole, so that one that was interrupted is never used.
  const half = `${folder}.${process.pid}`;
  await mkdir(half, { recursive: true });
  await npmInstall(half, `${recipe.package}@${recipe.version}`);
  await rename(half, folder).catch(() => rm(half, { recursive: true, force: true }));
}

async function npmInstall(folder: string, what: string): Promise<void> {
  const child = spawn(
    'npm',
    ['install', '--prefix', folder, '--no-audit', '--no-fund', '--loglevel=error', what],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()));
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error(`${what} could not be installed: ${said}`);
}

export interface Started {
  entry: AgentEntry | ServerEntry;
  stop: () => Promise<void>;
}

/** How the gateway has it: with a home of its own, that outlives the process, and nothing of ours. */
export async function start(name: AgentName, home: string, modelUrl: string): Promise<Started> {
  const recipe: Recipe = RECIPES[name];
  const entry = await agentEntry(recipe, home, modelUrl);
  if (!recipe.listens) return { entry, stop: async () => {} };
  const url = `ws://127.0.0.1:${await freePort()}`;
  const child = spawn(entry.command, [...entry.args, '--listen', url], {
    env: { PATH: process.env['PATH'], ...entry.env },
    cwd: home,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill();
    await gone;
  };
  await new Promise<void>((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (bytes: Buffer) => {
      said += bytes.toString();
      if (said.includes(url)) resolve();
    });
    void gone.then(() => reject(new Error(`${recipe.title} has ended: ${said}`)));
  });
  return { entry: { title: recipe.title, kind: 'codex-app-server', url }, stop };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function agentEntry(recipe: Recipe, home: string, modelUrl: string): Promise<AgentEntry> {
  await mkdir(home, { recursive: true });
  for (const [file, content] of Object.entries(recipe.files(modelUrl)))
    await writeFile(join(home, file), content);
  return {
    title: recipe.title,
    ...(recipe.kind && { kind: recipe.kind }),
    command: join(folderOf(recipe), 'node_modules', '.bin', recipe.bin),
    args: recipe.args,
    env: {
      HOME: home,
      XDG_CACHE_HOME: join(home, 'cache'),
      XDG_CONFIG_HOME: join(home, 'config'),
      XDG_DATA_HOME: join(home, 'data'),
      XDG_STATE_HOME: join(home, 'state'),
      ...recipe.env(home),
    },
  };
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
