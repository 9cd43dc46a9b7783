import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const FILES: Record<string, string> = {
  'package.json': `{\n  "name": "harbour",\n  "type": "module",\n  "scripts": { "test": "node test.js" }\n}\n`,
  'test.js': `const cases = ['parses dates', 'keeps order', 'retries twice', 'closes on abort'];\nfor (const name of cases) console.log('ok - ' + name);\nconsole.log(cases.length + ' passed');\n`,
  'src/session.js': `export class Session {\n  #events = [];\n\n  append(event) {\n    this.#events.push(event);\n    return this.#events.length;\n  }\n\n  since(number) {\n    return this.#events.slice(number);\n  }\n}\n`,
  'src/retry.js': `export function delay(attempt) {\n  return Math.min(30_000, 1000 * 2 ** attempt);\n}\n`,
  'README.md': `# Harbour\n\nSessions, in order.\n`,
};

const CHANGED = {
  'src/retry.js': `/** Full jitter: anywhere between nothing and the ceiling. */\nexport function delay(attempt, random = Math.random()) {\n  const ceiling = Math.min(30_000, 1000 * 2 ** attempt);\n  return random * ceiling;\n}\n`,
};

/** A small project in git with an uncommitted change, for agents to work in. */
export function makeWorkspace(folder: string): void {
  const write = (files: Record<string, string>): void => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
  };
  const git = (...args: string[]): void => {
    const who = ['-c', 'user.name=Demo', '-c', 'user.email=demo@example.com'];
    execFileSync('git', [...who, ...args], { cwd: folder, stdio: 'ignore' });
  };
  write(FILES);
  git('init', '-q');
  git('add', '.');
  git('commit', '-qm', 'A start');
  write(CHANGED);
}
