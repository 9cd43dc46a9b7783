import { defineConfig } from '@playwright/test';

const args = (process.env['APERTURE_CHROMIUM_ARGS'] ?? '').split(' ').filter(Boolean);

export default defineConfig({
  testDir: '.',
  outputDir: '../../test-results',
  // Real processes on shared machines: patience, not retries.
  timeout: 90_000,
  expect: { timeout: 20_000 },
  retries: 0,
  workers: 2,
  fullyParallel: true,
  forbidOnly: true,
  reporter: process.env['PLAYWRIGHT_JSON_OUTPUT_FILE'] ? [['dot'], ['json']] : [['list']],
  use: {
    browserName: 'chromium',
    viewport: { width: 1280, height: 800 },
    launchOptions: {
      executablePath: process.env['APERTURE_CHROMIUM'] || process.env['CHROME_BIN'] || undefined,
      args,
    },
    trace: 'off',
    actionTimeout: 15_000,
  },
});
