import { defineConfig } from 'vitest/config';
import type { Plugin } from 'vite';
import { playwright } from '@vitest/browser-playwright';
import packageJson from './package.json' with { type: 'json' };

/** Comments and white space of `css` templates, which no minifier of scripts touches. */
const tightCss = (): Plugin => ({
  name: 'aperture-tight-css',
  apply: 'build',
  transform: {
    filter: { id: /src\/app\/ui\/.*\.ts$/ },
    handler: (code) => code.replace(/(?<=\bcss`)[^`]*(?=`)/g, tighten),
  },
});

const tighten = (css: string): string =>
  css
    // What stands in `${…}` is code.
    .split(/(\$\{[^}]*\})/)
    .map((part, i) =>
      i % 2 === 1
        ? part
        : part
            .replace(/\/\*.*?\*\//gs, '')
            .replace(/\s+/g, ' ')
            .replace(/ ?([{};]) ?/g, '$1'),
    )
    .join('');

// Two builds from one file: the page (static, any path of any host) and, with --ssr,
// the gateway (one Node file, which is the package's bin).
export default defineConfig(({ isSsrBuild }) => ({
  base: './',
  plugins: [tightCss()],
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
    : { outDir: 'dist', target: 'es2022', modulePreload: { polyfill: false } },
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
            'lit/directives/repeat.js',
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
