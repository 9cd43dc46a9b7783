import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../support/files.ts';

/** Gzipped bytes. All of the page's own JavaScript, and what must be there before the first frame. */
const TOTAL = 60 * 1024;
const FIRST_FRAME = 35 * 1024;

/** Chunks that are fetched only when a conversation needs them; they do not count as first load. */
const ON_DEMAND = /^(?:diff|highlight)/;

let out: string;
const sizes = new Map<string, number>();
const code = new Map<string, string>();
let entries: string[];

// Built here and not taken from dist/, which may be older than the source.
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'aperture-budget-'));
  await build({
    root: ROOT,
    configFile: join(ROOT, 'vite.config.ts'),
    logLevel: 'silent',
    build: { outDir: out, emptyOutDir: true },
  });
  for (const file of await readdir(out, { recursive: true })) {
    if (!file.endsWith('.js')) continue;
    const text = await readFile(join(out, file), 'utf8');
    const name = file.split(/[\\/]/).at(-1)!;
    code.set(name, text);
    sizes.set(name, gzipSync(text, { level: 9 }).length);
  }
  const page = await readFile(join(out, 'index.html'), 'utf8');
  entries = [...page.matchAll(/(?:src|href)="[^"]*?([^"/]+\.js)"/g)].map((match) => match[1]!);
}, 120_000);

afterAll(() => rm(out, { recursive: true, force: true }));

/** A chunk and all that it imports statically. */
function closure(name: string, seen = new Set<string>()): Set<string> {
  if (seen.has(name) || !code.has(name)) return seen;
  seen.add(name);
  for (const match of code.get(name)!.matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g))
    closure(match[1]!, seen);
  return seen;
}

const sum = (names: Iterable<string>): number =>
  [...names].reduce((total, name) => total + sizes.get(name)!, 0);
const kb = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KB`;

describe('first load', () => {
  it('stays within its budget of JavaScript, gzipped', () => {
    const first = new Set(entries.flatMap((entry) => [...closure(entry)]));
    const all = [...sizes.keys()].filter((name) => !ON_DEMAND.test(name));
    const onDemand = [...sizes.keys()].filter((name) => ON_DEMAND.test(name));
    console.log(
      `JavaScript, gzipped: ${kb(sum(first))} before the first frame (budget ${kb(FIRST_FRAME)}), ` +
        `${kb(sum(all))} in all (budget ${kb(TOTAL)}), ${kb(sum(onDemand))} more on demand`,
    );
    expect(first.size).toBeGreaterThan(0);
    expect(sum(all)).toBeLessThanOrEqual(TOTAL);
  });

  it('does not carry the gateway’s side, nor the protocol kit’s validators', () => {
    const text = [...code.values()].join('\n');
    expect(text).not.toMatch(/ZodError|node:child_process/);
  });

  it('[R68] loads nothing from elsewhere', async () => {
    const page = await readFile(join(out, 'index.html'), 'utf8');
    expect(page).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  });
});
