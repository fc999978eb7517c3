import { defineConfig } from 'vitest/config';

/** Elsewhere a test that fails now and then is to be seen; CI names it in its log and tries it once more. */
const retry = process.env['CI'] ? 1 : 0;

/** What is waited for may be slow to come on a busy machine; the runner gives up after one second. */
const EXPECT = { poll: { timeout: 10_000 } };

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          expect: EXPECT,
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/chaos/**', 'test/page/browser/**'],
          testTimeout: 30_000,
          retry,
        },
      },
      {
        test: {
          name: 'chaos',
          expect: EXPECT,
          include: ['test/chaos/**/*.test.ts'],
          testTimeout: 60_000,
          retry,
        },
      },
      {
        test: {
          name: 'e2e',
          expect: EXPECT,
          include: ['test/e2e/**/*.test.ts', 'test/page/browser/**/*.test.ts'],
          globalSetup: ['test/e2e/pack.ts'],
          testTimeout: 120_000,
          retry,
          hookTimeout: 120_000,
        },
      },
    ],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      // It runs in a browser, where test/page/browser drives it and nothing is measured.
      exclude: ['src/page/**'],
      reporter: ['text-summary', 'json-summary'],
      thresholds: {
        lines: 90,
        'src/{api,config,signing,provision}/**': { lines: 95 },
      },
    },
  },
});
