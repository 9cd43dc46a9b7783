import { defineConfig } from '@playwright/test';
import e2e from '../../e2e/playwright.config.ts';

/** `npm run screenshots`: the pictures of the README, and with `APERTURE_SHOTS=<folder>` all sizes and themes. */
export default defineConfig({
  ...e2e,
  testDir: '.',
  testMatch: 'shots.ts',
  outputDir: '../../../test-results',
  workers: 1,
});
