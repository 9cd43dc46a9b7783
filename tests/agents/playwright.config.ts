import { defineConfig } from '@playwright/test';
import e2e from '../e2e/playwright.config.ts';

/** Real agents take seconds to start, on a busy machine a minute: one at a time, and no haste. */
export default defineConfig(e2e, {
  testDir: '.',
  timeout: 420_000,
  expect: { timeout: 150_000 },
  workers: 1,
  fullyParallel: false,
  reporter: [['./table.ts']],
});
