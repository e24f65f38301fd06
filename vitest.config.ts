import { defineConfig } from 'vitest/config'

/** Cameras are filmed in real time, so these tests wait more than they work, and go side by side. */
const CAMERAS = [
  'src/plugins/sources/rtsp/**/*.real.test.ts',
  'src/testkit/**/*.real.test.ts',
  'test/integration/rtsp/**/*.test.ts',
  'test/e2e/camera*.test.ts',
  'test/e2e/recording*.test.ts',
]
const BUILT = 'test/e2e/harness/build.ts'
const TEMP = 'test/temp-folder.ts'

/** How long something may take is no matter of these tests, and the machine may be busy: a limit is there for what never comes. */
const PATIENT = { expect: { poll: { timeout: 30_000 } } } as const

/** `unit` is fast and offline and sits beside the code; the others use the real parts. One group after the other. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          // Each file alone would take twice as long; they share modules, and must leave no state in them.
          pool: 'threads',
          isolate: false,
          globalSetup: [TEMP],
          include: ['src/**/*.test.ts', 'test/house/**/*.test.ts'],
          exclude: ['src/**/*.real.test.ts'],
          ...PATIENT,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'integration',
          globalSetup: [TEMP],
          include: ['src/**/*.real.test.ts', 'test/integration/**/*.test.ts'],
          exclude: CAMERAS,
          ...PATIENT,
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'cameras',
          include: CAMERAS,
          globalSetup: [TEMP, BUILT],
          ...PATIENT,
          testTimeout: 240_000,
          hookTimeout: 240_000,
          maxWorkers: 4,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: CAMERAS,
          globalSetup: [TEMP, BUILT],
          ...PATIENT,
          testTimeout: 240_000,
          hookTimeout: 240_000,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
})
