import { defineConfig } from 'vitest/config'

/** `unit` is fast and offline and sits beside the code; the others use the real parts. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['src/**/*.test.ts', 'test/house/**/*.test.ts'], exclude: ['src/**/*.real.test.ts'] } },
      {
        test: {
          name: 'integration',
          include: ['src/**/*.real.test.ts', 'test/integration/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/e2e/harness/build.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
