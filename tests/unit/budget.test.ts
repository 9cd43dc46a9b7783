import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ROOT } from '../support/files.ts';

/**
 * Gzipped bytes: what must be there before the first frame, what a page without a session loads, and what one with
 * sessions does. They may only be lowered; the aim is 35 and 60 KB.
 */
const FIRST_FRAME = 18.75 * 1024;
const NEWCOMER = 60 * 1024;
const WITH_SESSIONS = 82.5 * 1024;

/**
 * Loaded right after the first frame, beside the welcome of a page that has nothing yet, and with the first session.
 * Every other chunk waits for the user to ask for it, or for what it shows: the first tool call, plan or permission
 * request.
 */
const AFTER_FIRST_FRAME = /^page-/;
const WELCOME = /^welcome-/;
const SESSIONS = /^sessions-/;
/** Of the page: what keeps time while it is hidden, and the sockets. */
const WORKER = /^worker-/;

let out: string;
const sizes = new Map<string, number>();
const code = new Map<string, string>();
let entries: string[];

// Built here and not taken from dist/, which may be older than the source.
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'aperture-budget-'));
  // As a user builds it: under vitest, packages would come in their development form.
  vi.stubEnv('NODE_ENV', 'production');
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

afterAll(() => vi.unstubAllEnvs());
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
    const beside = (...patterns: RegExp[]): Set<string> => {
      const chunks = patterns.map((pattern) => {
        const found = [...sizes.keys()].filter((name) => pattern.test(name));
        expect(found).toHaveLength(1);
        return found[0]!;
      });
      return new Set([...first, ...chunks.flatMap((name) => [...closure(name)])]);
    };
    const newcomer = beside(AFTER_FIRST_FRAME, WORKER, WELCOME);
    const withSessions = beside(AFTER_FIRST_FRAME, WORKER, SESSIONS);
    const onDemand = [...sizes.keys()].filter((name) => !withSessions.has(name));
    console.log(
      `JavaScript, gzipped: ${kb(sum(first))} before the first frame (budget ${kb(FIRST_FRAME)}), ` +
        `${kb(sum(newcomer))} in all without a session (budget ${kb(NEWCOMER)}), ` +
        `${kb(sum(withSessions))} with sessions (budget ${kb(WITH_SESSIONS)}), ${kb(sum(onDemand))} more on demand`,
    );
    expect(first.size).toBeGreaterThan(0);
    expect(sum(first)).toBeLessThanOrEqual(FIRST_FRAME);
    expect(sum(newcomer)).toBeLessThanOrEqual(NEWCOMER);
    expect(sum(withSessions)).toBeLessThanOrEqual(WITH_SESSIONS);
  });

  it('a page without a session loads none of what shows one', () => {
    const early = [...sizes.keys()].filter((name) => !SESSIONS.test(name));
    const elements = ['ap-transcript', 'ap-composer', 'ap-outbox'];
    const defines = (names: string[]): string[] =>
      elements.filter((element) =>
        names.some((name) => code.get(name)!.match(new RegExp(`\\(.${element}.\\)`))),
      );
    expect(defines([...sizes.keys()])).toEqual(elements);
    expect(defines(early)).toEqual([]);
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
