import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

export type PeerName =
  'marked' | 'streamdown' | 'streaming-markdown' | 'deep-chat' | 'assistant-ui';

declare global {
  interface Window {
    /** Of a page that writes a message as it comes. */
    peer: { reset(): void; write(text: string): void; end(): void };
  }
}

const root = fileURLToPath(new URL('../../..', import.meta.url));
const source = fileURLToPath(new URL('../peers', import.meta.url));
const cache = join(root, 'node_modules/.cache/aperture-bench');

let installed: Promise<void> | undefined;

/** What the bench measures beside the product, from its own lock file; once, unless that has changed. */
export function installPeers(say: (line: string) => void): Promise<void> {
  installed ??= install(say);
  return installed;
}

async function install(say: (line: string) => void): Promise<void> {
  await mkdir(cache, { recursive: true });
  const lock = await readFile(join(source, 'package-lock.json'), 'utf8');
  const done = join(cache, 'installed.json');
  const before = await readFile(done, 'utf8').catch(() => '');
  await cp(source, cache, { recursive: true });
  if (before === lock) return;
  say('installing the peers');
  await new Promise<void>((resolve, reject) => {
    const npm = spawn('npm', ['ci', '--no-audit', '--no-fund'], { cwd: cache, stdio: 'ignore' });
    npm.on('error', reject);
    npm.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`npm ci of the peers ended with ${code}`)),
    );
  });
  await writeFile(done, lock);
}

/** A peer's page, built as its users would build it, and the gzipped bytes of its scripts. */
export async function buildPeer(name: PeerName): Promise<{ dist: string; gzipped: number }> {
  const html = `<!doctype html><meta charset="utf-8"><body><script type="module" src="./${name}.js"></script>`;
  await writeFile(join(cache, `${name}.html`), html);
  return bundle(cache, `${name}.html`);
}

/** The writer of the product alone, in the same box as the peers: what the page around it adds is seen beside it. */
export async function buildBareWriter(): Promise<{ dist: string; gzipped: number }> {
  await mkdir(cache, { recursive: true });
  await cp(source, cache, { recursive: true });
  const writer = join(root, 'src/app/ui/conversation/markdown/document-writer.ts');
  const script = `
    import { DocumentWriter } from ${JSON.stringify(writer)};
    import { stage } from './stage.js';
    const { content, follow } = stage();
    let writer = new DocumentWriter(content);
    window.peer = {
      reset() { content.replaceChildren(); writer = new DocumentWriter(content); },
      write(more) { writer.write(more); follow(); },
      end() { writer.end(); },
    };`;
  await writeFile(join(cache, 'bare.js'), script);
  await writeFile(
    join(cache, 'bare.html'),
    '<!doctype html><meta charset="utf-8"><body><script type="module" src="./bare.js"></script>',
  );
  return bundle(cache, 'bare.html');
}

async function bundle(from: string, page: string): Promise<{ dist: string; gzipped: number }> {
  const dist = await mkdtemp(join(tmpdir(), 'aperture-bench-'));
  await build({
    root: from,
    configFile: false,
    base: './',
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      outDir: dist,
      emptyOutDir: true,
      target: 'es2022',
      chunkSizeWarningLimit: 10_000,
      rolldownOptions: { input: join(from, page) },
    },
  });
  await cp(join(dist, page), join(dist, 'index.html'));
  return { dist, gzipped: await gzippedScripts(dist, /^index|\.js$/) };
}

/** Of all scripts in a directory whose name matches. */
export async function gzippedScripts(dist: string, which: RegExp): Promise<number> {
  let bytes = 0;
  for (const file of await readdir(dist, { recursive: true })) {
    const path = join(dist, file);
    if (!file.endsWith('.js') || !which.test(file) || !(await stat(path)).isFile()) continue;
    bytes += gzipSync(await readFile(path), { level: 9 }).length;
  }
  return bytes;
}
