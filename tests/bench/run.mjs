#!/usr/bin/env node
/**
 * Starts the bench: finds a browser, then runs `main.ts` with the arguments given. Node runs no TypeScript
 * by itself, so Vite's module runner does.
 */
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';
import { findBrowser } from '../support/find-browser.mjs';

if (process.env['APERTURE_CHROMIUM'] === undefined) {
  const browser = await findBrowser();
  if (!browser) {
    console.error('bench: it needs a Chromium; install one, or set CHROME_BIN.');
    process.exit(1);
  }
  Object.assign(process.env, browser.env);
  process.env['APERTURE_CHROMIUM'] = browser.executablePath;
  process.env['APERTURE_CHROMIUM_ARGS'] = browser.args.join(' ');
}

process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));

const { module } = await runnerImport(fileURLToPath(new URL('main.ts', import.meta.url)), {
  configFile: false,
  root: fileURLToPath(new URL('../..', import.meta.url)),
  logLevel: 'error',
});
process.exit(await module.main(process.argv.slice(2)));
