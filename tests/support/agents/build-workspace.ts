import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

export interface Built {
  /** Start it with `node <file>`. */
  file: string;
  dispose(): Promise<void>;
}

/** Bundles the built-in agent from its source, as the real build does, into a directory of its own. */
export async function buildWorkspaceAgent(): Promise<Built> {
  const here = path.dirname(fileURLToPath(import.meta.url));
  // Below node_modules, so that what is not bundled would still be found.
  const cache = path.join(here, '../../../node_modules/.cache');
  const outDir = await mkdtemp(path.join(cache, 'workspace-agent-'));
  await build({
    configFile: false,
    logLevel: 'error',
    define: { __APERTURE_VERSION__: '"0.0.0-test"' },
    ssr: { noExternal: true },
    build: {
      ssr: path.join(here, 'workspace-entry.ts'),
      outDir,
      target: 'node20',
      copyPublicDir: false,
      emptyOutDir: false,
      rolldownOptions: { output: { entryFileNames: 'workspace.js', codeSplitting: false } },
    },
  });
  return {
    file: path.join(outDir, 'workspace.js'),
    dispose: () => rm(outDir, { recursive: true, force: true }),
  };
}
