import { defineConfig } from '@playwright/test';
import e2e from '../e2e/playwright.config.ts';

/** Real agents take seconds to start, and the machine is shared: one at a time, and no haste. */
export default defineConfig(e2e, {
  testDir: '.',
  timeout: 240_000,
  expect: { timeout: 60_000 },
  workers: 1,
  fullyParallel: false,
  reporter: [['./table.ts']],
});
