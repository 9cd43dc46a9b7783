import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import type { Plugin } from 'vite';
import { playwright } from '@vitest/browser-playwright';
import { componentStyles } from './src/build/styles.ts';
import packageJson from './package.json' with { type: 'json' };

/**
 * Around every import() Vite puts a call of a function that looks for the parts' own style sheets and preloads. There are
 * none: the function has nothing to do, and the calls go.
 */
const plainImports = (): Plugin => ({
  name: 'aperture-plain-imports',
  apply: 'build',
  enforce: 'pre',
  load: {
    filter: { id: /vite\/preload-helper/ },
    handler: () => 'export const __vitePreload = (load) => load();',
  },
  renderChunk(code) {
    const plain = code
      .replaceAll('__vitePreload(', '(')
      .replaceAll(', __VITE_PRELOAD__, import.meta.url)', ')()');
    // Half of a call would import nothing, and say nothing.
    if (plain.includes('__VITE_PRELOAD__'))
      this.error('Vite calls its preload helper in another way: change aperture-plain-imports.');
    return { code: plain, map: null };
  },
});

/**
 * Four chunks and what is asked for: the first frame (all that main.ts imports statically), what comes right behind
 * it, what comes with the first session, and the welcome of a page without one. Modules compress better together
 * than apart, and none stands in a chunk of its own.
 */
interface Graph {
  getModuleInfo(id: string): { importedIds: readonly string[] } | null;
}

const CHUNKS = {
  frame: ['src/app/main.ts'],
  page: ['src/app/start.ts', 'src/app/ui/rest.ts'],
  sessions: ['src/app/ui/sessions.ts'],
  welcome: ['src/app/ui/stage/welcome.ts'],
};
const closures = new Map<string, Set<string>>();

function chunkOf(id: string, graph: Graph): string | null {
  for (const [name, roots] of Object.entries(CHUNKS)) {
    let closure = closures.get(name);
    if (!closure) {
      closures.set(name, (closure = new Set()));
      const waiting = roots.map((root) => fileURLToPath(new URL(root, import.meta.url)));
      for (const next of waiting) {
        if (closure.has(next)) continue;
        closure.add(next);
        waiting.push(...(graph.getModuleInfo(next)?.importedIds ?? []));
      }
    }
    if (closure.has(id)) return name;
  }
  return null;
}

// Two builds from one file: the page (static, any path of any host) and, with --ssr,
// the gateway (one Node file, which is the package's bin).
export default defineConfig(({ isSsrBuild }) => ({
  base: './',
  plugins: [componentStyles(), plainImports()],
  define: { __APERTURE_VERSION__: JSON.stringify(packageJson.version) },
  // Only the bundle: tests load packages as Node does.
  // A native module cannot be bundled: it is looked up at run time.
  ...(isSsrBuild && { ssr: { noExternal: true, external: ['classic-level'] } }),
  build: isSsrBuild
    ? {
        outDir: 'dist-gateway',
        target: 'node20',
        copyPublicDir: false,
        rolldownOptions: {
          input: 'src/gateway/main.ts',
          output: { entryFileNames: 'aperture.js', codeSplitting: false },
        },
      }
    : {
        outDir: 'dist',
        target: 'es2022',
        // Chunks that others need are there already when those are asked for.
        modulePreload: false,
        rolldownOptions: {
          output: {
            // Every part is named where it is asked for, and what is random does not compress.
            chunkFileNames: 'assets/[name]-[hash:6].js',
            codeSplitting: {
              groups: [{ name: (id, graph) => chunkOf(id, graph), debugName: 'first-load' }],
            },
          },
        },
      },
  test: {
    // Real processes and sockets on shared machines: patience, not retries.
    testTimeout: 20_000,
    hookTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['tests/unit/**/*.test.ts'], environment: 'node' },
      },
      {
        extends: true,
        test: { name: 'contract', include: ['tests/contract/**/*.test.ts'], environment: 'node' },
      },
      {
        extends: true,
        // Found while tests run, they would be bundled then, and the page reloaded under the tests.
        optimizeDeps: {
          include: [
            '@lit-labs/preact-signals',
            '@preact/signals-core',
            'axe-core',
            'diff',
            'fast-check',
            'idb',
            'lit',
            'lit/decorators.js',
            'lit/directives/live.js',
            'lit/directives/repeat.js',
            'lowlight',
          ],
        },
        test: {
          name: 'browser',
          include: ['tests/browser/**/*.test.ts'],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                executablePath: process.env['APERTURE_CHROMIUM'] || undefined,
                args: (process.env['APERTURE_CHROMIUM_ARGS'] ?? '').split(' ').filter(Boolean),
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
}));
