#!/usr/bin/env node
/**
 * Finds a Chromium for the tests, or installs one: what the environment names, what Playwright has,
 * what the machine has, and then four ways to get one. A browser counts only when Playwright has
 * launched it and a page in it has answered. Every step has a time limit and says what it tries.
 *
 * As a program it prints the executable's path; as a module see {@link findBrowser}.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, platform } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { chromium } from '@playwright/test';

const PROBE_MS = 30_000;
const DOWNLOAD_MS = 240_000;
const APT_UPDATE_MS = 120_000;
const APT_INSTALL_MS = 300_000;
const PORTABLE = '@sparticuz/chromium';
const PORTABLE_VERSION = '147.0.0';

const isRoot = process.getuid?.() === 0;
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Without these a Chromium in a closed network dials out at every start; nothing of it is tested. */
const QUIET = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--no-first-run',
];
const ARGS = isRoot ? ['--no-sandbox', ...QUIET] : QUIET;

/**
 * @typedef {{ executablePath: string, args: string[], env: Record<string, string> }} Browser
 *   `env` holds what the browser's process needs beside the usual.
 * @param {(line: string) => void} say
 * @returns {Promise<Browser | undefined>} undefined when there is none and none could be had
 */
export async function findBrowser(say = console.error) {
  for (const [how, candidates] of STEPS) {
    for (const candidate of await attempt(how, candidates, say)) {
      const browser = { env: {}, ...candidate };
      say(`browser: trying ${browser.executablePath} (${how})`);
      const works = await probe(browser);
      if (works) return works;
    }
  }
  return undefined;
}

/** @type {[string, (say: (line: string) => void) => unknown][]} */
const STEPS = [
  ['APERTURE_CHROMIUM', () => process.env['APERTURE_CHROMIUM']],
  ['CHROME_BIN', () => process.env['CHROME_BIN']],
  ["Playwright's own", ownPath],
  ['on this machine', installed],
  ["Playwright's download", downloadWithPlaywright],
  ["Debian's package", installFromDebian],
  ['a portable build from npm', installPortable],
];

async function attempt(how, candidates, say) {
  try {
    const found = (await candidates(say)) ?? [];
    const list = (Array.isArray(found) ? found : [found]).map((entry) =>
      typeof entry === 'string' ? { executablePath: entry } : entry,
    );
    return list.filter(({ executablePath }) => executablePath && existsSync(executablePath));
  } catch (error) {
    say(`browser: ${how}: ${error instanceof Error ? error.message.split('\n')[0] : error}`);
    return [];
  }
}

async function probe({ executablePath, env }) {
  // A container may forbid the sandbox to everybody, not only to root.
  const attempts = isRoot || platform() !== 'linux' ? [ARGS] : [ARGS, ['--no-sandbox', ...ARGS]];
  for (const args of attempts) {
    let browser;
    try {
      browser = await chromium.launch({
        executablePath,
        args,
        timeout: PROBE_MS,
        env: { ...process.env, ...env },
      });
      const page = await browser.newPage();
      if ((await withLimit(page.evaluate('6 * 7'), PROBE_MS)) === 42)
        return { executablePath, args, env };
    } catch {
      // Not this one.
    } finally {
      await withLimit(browser?.close(), 5_000).catch(() => undefined);
    }
  }
  return undefined;
}

function ownPath() {
  return chromium.executablePath();
}

function installed() {
  const names = [
    'google-chrome-stable',
    'google-chrome',
    'chromium',
    'chromium-browser',
    'microsoft-edge-stable',
    'microsoft-edge',
  ];
  const suffix = platform() === 'win32' ? '.exe' : '';
  const onPath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name + suffix)));
  const programFiles = [
    process.env['PROGRAMFILES'],
    process.env['PROGRAMFILES(X86)'],
    process.env['LOCALAPPDATA'],
  ].filter(Boolean);
  const usual = {
    darwin: ['Google Chrome', 'Chromium', 'Microsoft Edge'].map(
      (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
    ),
    win32: programFiles.flatMap((folder) => [
      join(folder, 'Google/Chrome/Application/chrome.exe'),
      join(folder, 'Microsoft/Edge/Application/msedge.exe'),
    ]),
    linux: ['/opt/google/chrome/chrome', '/usr/lib/chromium/chromium', '/snap/bin/chromium'],
  };
  return [...new Set([...onPath, ...(usual[platform()] ?? [])])].filter((path) => existsSync(path));
}

async function downloadWithPlaywright(say) {
  say(`browser: none here; playwright install chromium (at most ${DOWNLOAD_MS / 1000} s)`);
  const cli = join(root, 'node_modules/@playwright/test/cli.js');
  await run(process.execPath, [cli, 'install', 'chromium'], DOWNLOAD_MS);
  return ownPath();
}

async function installFromDebian(say) {
  if (!isRoot || !existsSync('/etc/debian_version')) return undefined;
  const limit = (APT_UPDATE_MS + APT_INSTALL_MS) / 1000;
  say(`browser: apt-get install chromium (at most ${limit} s)`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  // An index that is out of date may still do, so a failed update is no reason to stop.
  await run('apt-get', ['-q', 'update'], APT_UPDATE_MS, env).catch(() => undefined);
  await run(
    'apt-get',
    ['-qy', '--no-install-recommends', 'install', 'chromium'],
    APT_INSTALL_MS,
    env,
  );
  return installed();
}

/** A build made for bare servers: it brings the libraries that a desktop would have. */
async function installPortable(say) {
  if (platform() !== 'linux' || process.arch !== 'x64') return undefined;
  const cache = join(
    process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
    `aperture-tests/chromium-${PORTABLE_VERSION}`,
  );
  const executablePath = join(cache, 'chromium');
  const env = { LD_LIBRARY_PATH: join(cache, 'libraries/lib') };
  if (existsSync(executablePath)) return { executablePath, env };

  say(`browser: npm install ${PORTABLE} (at most ${DOWNLOAD_MS / 1000} s)`);
  const libraries = join(cache, 'libraries');
  mkdirSync(libraries, { recursive: true });
  const spec = `${PORTABLE}@${PORTABLE_VERSION}`;
  await run('npm', ['install', '--no-save', '--prefix', cache, spec], DOWNLOAD_MS);
  const packed = join(cache, 'node_modules', PORTABLE, 'bin');
  const inflate = promisify(brotliDecompress);
  for (const name of await readdir(packed)) {
    if (!name.endsWith('.tar.br')) continue;
    const archive = join(cache, name.replace(/\.br$/, ''));
    // Swiftshader's files belong beside the executable, the libraries into a folder of their own.
    const target = name.startsWith('swiftshader') ? cache : libraries;
    await writeFile(archive, await inflate(await readFile(join(packed, name))));
    await run('tar', ['-xf', archive, '-C', target], 60_000);
    await rm(archive);
  }
  // Last, so that a half-made one is not taken for whole at the next run.
  const binary = await inflate(await readFile(join(packed, 'chromium.br')));
  await writeFile(executablePath, binary, { mode: 0o755 });
  return { executablePath, env };
}

function run(command, args, limitMs, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: 'ignore',
      env: { ...process.env, ...env },
      detached: platform() !== 'win32',
    });
    const timer = setTimeout(() => {
      // The whole group, because installers start helpers.
      try {
        process.kill(platform() === 'win32' ? child.pid : -child.pid, 'SIGKILL');
      } catch {
        // Gone already.
      }
      reject(new Error(`${command} took longer than ${limitMs / 1000} s`));
    }, limitMs);
    child.on('error', (error) => (clearTimeout(timer), reject(error)));
    child.on('exit', (code) => {
      clearTimeout(timer);
      if (code === 0) resolve(undefined);
      else reject(new Error(`${command} ${args[0]} ended with code ${code}`));
    });
  });
}

function withLimit(promise, limitMs) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('too slow')), limitMs);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const browser = await findBrowser();
  if (!browser) {
    console.error('browser: none found, and none could be installed.');
    process.exitCode = 1;
  } else {
    console.log(browser.executablePath);
  }
}
