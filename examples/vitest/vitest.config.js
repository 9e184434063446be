// Vitest's browser mode: the tests run in a page. CHROME is the browser.
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';

const launchOptions = { executablePath: process.env.CHROME ?? '/usr/bin/chromium', args: ['--no-sandbox'] };

export default defineConfig({
  optimizeDeps: { include: ['background-fetch-wasm'] }, // found later, it would reload the page
  test: {
    globalSetup: './faults.js',
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions }),
      instances: [{ browser: 'chromium' }],
    },
  },
});
