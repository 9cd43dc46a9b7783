// What the page's first load is made of: `node tests/bench/first-load.mjs [--all] [--json]`.
// Builds the page and prints, for every source module in the chunks that are loaded without being asked for, its
// minified bytes and its gzipped ones: those by which the chunk's gzip grows because the module is in it.
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FIRST_LOAD = /^(frame|page|sessions|index|rolldown-runtime)-/;
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

const line = (...cells) => console.log(cells.map((cell) => String(cell).padStart(8)).join(''));
const gzip = (text) => gzipSync(text, { level: 9 }).length;

/** Numbers of one segment of a source map (base 64, variable length). */
function numbers(segment) {
  const out = [];
  let value = 0;
  let shift = 0;
  for (const char of segment) {
    const digit = DIGITS.indexOf(char);
    value += (digit & 31) << shift;
    shift += 5;
    if (digit & 32) continue;
    out.push(value & 1 ? -(value >> 1) : value >> 1);
    value = shift = 0;
  }
  return out;
}

/** The module that each piece of a chunk came from, in order. What no module owns goes to the one before it. */
function pieces(code, map) {
  const lines = code.split('\n');
  const found = [];
  let source = 0;
  map.mappings.split(';').forEach((line, row) => {
    const text = `${lines[row] ?? ''}\n`;
    let column = 0;
    let from = 0;
    let current = map.sources[source];
    for (const segment of line.split(',')) {
      if (!segment) continue;
      const [columns, sources] = numbers(segment);
      column += columns;
      if (sources === undefined) continue;
      source += sources;
      if (map.sources[source] === current) continue;
      if (column > from) found.push([current, text.slice(from, column)]);
      from = column;
      current = map.sources[source];
    }
    found.push([current, text.slice(from)]);
  });
  return found;
}

const out = await mkdtemp(join(tmpdir(), 'aperture-first-load-'));
const rows = [];
const chunks = [];
const sheets = [];
try {
  process.env.NODE_ENV = 'production';
  await build({
    root: ROOT,
    configFile: join(ROOT, 'vite.config.ts'),
    logLevel: 'silent',
    build: { outDir: out, emptyOutDir: true, sourcemap: 'hidden' },
  });
  const assets = join(out, 'assets');
  for (const file of (await readdir(assets)).toSorted()) {
    const isFirst = FIRST_LOAD.test(file);
    if (isFirst && file.endsWith('.css')) sheets.push(await readFile(join(assets, file), 'utf8'));
    if (!file.endsWith('.js') || (!isFirst && !process.argv.includes('--all'))) continue;
    const code = await readFile(join(assets, file), 'utf8');
    chunks.push({ chunk: file, bytes: code.length, gzip: gzip(code) });
    const map = await readFile(join(assets, `${file}.map`), 'utf8').catch(() => undefined);
    if (!map) continue;
    const found = pieces(code, JSON.parse(map));
    const whole = gzip(found.map(([, text]) => text).join(''));
    for (const module of new Set(found.map(([name]) => name))) {
      const rest = found.filter(([name]) => name !== module);
      const bytes = found.reduce((n, [name, text]) => n + (name === module ? text.length : 0), 0);
      rows.push({
        chunk: file.replace(/-.*$/, ''),
        module: relative(ROOT, join(assets, module)).replace(/^.*node_modules\//, 'npm:'),
        bytes,
        gzip: whole - gzip(rest.map(([, text]) => text).join('')),
      });
    }
  }
} finally {
  await rm(out, { recursive: true, force: true });
}

rows.sort((a, b) => b.gzip - a.gzip);
const folders = new Map();
for (const { module, bytes, gzip: gz } of rows) {
  const folder = module.replace(/\/[^/]*$/, '').replace(/^(npm:(?:@[^/]+\/)?[^/]+).*$/, '$1');
  const sum = folders.get(folder) ?? { bytes: 0, gzip: 0 };
  folders.set(folder, { bytes: sum.bytes + bytes, gzip: sum.gzip + gz });
}

const byFolder = [...folders].toSorted((a, b) => b[1].gzip - a[1].gzip);

if (process.argv.includes('--json')) {
  const sums = byFolder.map(([folder, sum]) => ({ folder, ...sum }));
  console.log(JSON.stringify({ chunks, folders: sums, modules: rows }, null, 2));
} else {
  for (const { chunk, bytes, gzip: gz } of chunks) line(bytes, gz, `  ${chunk}`);
  for (const text of sheets) line(text.length, gzip(text), '  a style sheet, beside the scripts');
  console.log('\nBy folder: bytes, gzipped');
  for (const [folder, sum] of byFolder) line(sum.bytes, sum.gzip, `  ${folder}`);
  console.log('\nBy module: bytes, gzipped, chunk');
  for (const { chunk, module, bytes, gzip: gz } of rows) line(bytes, gz, `  ${chunk}  ${module}`);
}
