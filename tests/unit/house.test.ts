import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { filesBelow, read, ROOT } from '../support/files.ts';
import {
  floorViolations,
  forbiddenInSource,
  importsOf,
  switchedOffTests,
} from '../support/house-rules.ts';

const CODE = ['.ts', '.mjs', '.js'];
const sources = filesBelow('src', CODE);
const tests = filesBelow('tests', CODE);

describe('the floors', () => {
  it('are kept by every import in src', () => {
    expect(sources.length).toBeGreaterThan(20);
    expect(sources.flatMap((path) => floorViolations(path, read(path)))).toEqual([]);
  });

  it.each([
    ['src/core/x.ts', `import { a } from '../app/store/types.ts';`],
    ['src/core/x.ts', `import { readFile } from 'node:fs/promises';`],
    ['src/app/client/x.ts', `import type { Store } from '../store/types.ts';`],
    ['src/app/client/x.ts', `import { signal } from '@preact/signals-core';`],
    ['src/app/tabs/x.ts', `export * from '../client/ports.ts';`],
    ['src/app/store/x.ts', `const ui = await import('../ui/app.ts');`],
    ['src/app/ui/deep/x.ts', `import {\n  a,\n  b,\n} from '../../client/ports.ts';`],
    ['src/app/ui/x.ts', `import 'idb';`],
    ['src/gateway/x.ts', `import { a } from '../app/store/types.ts';`],
    ['src/gateway/x.ts', `import { html } from 'lit';`],
    ['src/app/ui/x.ts', `import { ClientSideConnection } from '@agentclientprotocol/sdk';`],
    ['src/elsewhere/x.ts', ``],
  ])('negative control: a wrong import in %s is found (%s)', (path, source) => {
    expect(floorViolations(path, source)).toHaveLength(1);
  });

  it.each([
    ['src/app/ui/x.ts', `import { a } from '../../core/json.ts'; import { html } from 'lit';`],
    ['src/app/ui/x.ts', `import type { SessionUpdate } from '@agentclientprotocol/sdk';`],
    ['src/app/store/x.ts', `import { openDB } from 'idb'; export * from '../client/ports.ts';`],
    ['src/core/x.ts', `// import { a } from '../app/x.ts';`],
  ])('control: a right import in %s is let pass', (path, source) => {
    expect(floorViolations(path, source)).toEqual([]);
  });

  it('sees every form of import', () => {
    const source = `import 'a'; import b from "b";\nexport { c } from 'c'; await import('d'); import type { E } from 'e';`;
    expect(importsOf(source).map(({ specifier }) => specifier)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('are also in the compiler’s and the linter’s hands', () => {
    for (const floor of ['core', 'app/client', 'app/tabs', 'app/store', 'app/ui', 'gateway'])
      expect(read('tsconfig.json')).toContain(`./src/${floor}"`);
    const rules = JSON.parse(read('.oxlintrc.json')) as { overrides: { files: string[] }[] };
    expect(rules.overrides.flatMap(({ files }) => files)).toEqual(
      expect.arrayContaining(['src/core/**', 'src/gateway/**', 'src/app/ui/**']),
    );
  });
});

describe('files', () => {
  it('are no longer than 500 lines', () => {
    const long = [...sources, ...tests, ...filesBelow('src', ['.css'])].filter(
      (path) => read(path).trimEnd().split('\n').length > 500,
    );
    expect(long).toEqual([]);
  });

  it('stand where they belong: nothing new at the top without a reason', () => {
    const listed = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' });
    const top = new Set(
      listed
        .trim()
        .split('\n')
        .map((path) => path.split('/')[0]!),
    );
    const allowed = `
      .ci .gitignore .npmrc .oxlintrc.json .prettierignore .prettierrc.json
      ARCHITECTURE.md LICENSE PROTOCOL.md README.md SPEC.md
      docs index.html package-lock.json package.json public src tests tsconfig.json vite.config.ts`;
    const known = new Set(allowed.trim().split(/\s+/));
    expect([...top].filter((entry) => !known.has(entry))).toEqual([]);
  });

  it('lock the packages without naming where they were fetched from', () => {
    expect(read('package-lock.json')).not.toContain('"resolved"');
  });
});

describe('code', () => {
  it('[R68] makes no HTML from strings, runs no code from strings, [R26] makes no ids of the time', () => {
    expect(sources.flatMap((path) => forbiddenInSource(path, read(path)))).toEqual([]);
  });

  it.each([
    'element.innerHTML = text',
    'html`${unsafeHTML(text)}`',
    `import { unsafeHTML } from 'lit/directives/unsafe-html.js'`,
    'node.insertAdjacentHTML("beforeend", text)',
    'document.write(text)',
    'eval(text)',
    'new Function(text)',
    'setTimeout("x()", 1)',
    'const id = `m-${Date.now()}`',
    "const id = 'm' + Date.now()",
    'const id = Math.random().toString(36)',
  ])('negative control: %s is found', (source) => {
    expect(forbiddenInSource('src/x.ts', source)).not.toEqual([]);
  });

  it.each([
    '// never innerHTML',
    '/* no\n * eval() */',
    'const now = Date.now();',
    'const at = { createdAt: Date.now() };',
    'const evaluate = retrieval(text)',
  ])('control: %s is let pass', (source) => {
    expect(forbiddenInSource('src/x.ts', source)).toEqual([]);
  });

  it('works nothing at import: only the two main.ts files start things', () => {
    // A listener or a timer at the left margin runs when the module is read.
    const starts =
      /^(?:await |void )?(?:setInterval|setTimeout|addEventListener|window\.|document\.)/m;
    const eager = sources.filter((path) => !path.endsWith('/main.ts') && starts.test(read(path)));
    expect(eager).toEqual([]);
  });
});

describe('tests', () => {
  it('are all switched on', () => {
    expect(tests.flatMap((path) => switchedOffTests(path, read(path)))).toEqual([]);
  });

  // Put together here, so that this file is not found by its own search.
  it.each(['skip', 'only', 'todo', 'fixme', 'skipIf'])('negative control: .%s is found', (word) => {
    expect(switchedOffTests('x.test.ts', `it.${word}('works', () => {})`)).toHaveLength(1);
    expect(switchedOffTests('x.test.ts', `test.describe.${word}('x', () => {})`)).toHaveLength(1);
  });
});
