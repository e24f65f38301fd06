import { afterEach, expect, test, vi } from 'vitest'
import { childEnvironment, workerEnvironment } from './child-environment.ts'
import { runChild } from './child-process.ts'

afterEach(() => void vi.unstubAllEnvs())

test('a program gets what it needs to run, and none of our secrets', () => {
  vi.stubEnv('TZ', 'Europe/Berlin')
  vi.stubEnv('OPENAI_API_KEY', 'canary')
  vi.stubEnv('CUDA_VISIBLE_DEVICES', '1')
  expect(childEnvironment()).toMatchObject({ PATH: process.env['PATH'], TZ: 'Europe/Berlin' })
  expect(Object.keys(childEnvironment())).not.toContain('OPENAI_API_KEY')
  expect(Object.keys(childEnvironment())).not.toContain('CUDA_VISIBLE_DEVICES')
})

test('a program is given no tables of character sets, on which static builds of ffmpeg crash', () => {
  expect(childEnvironment()).toMatchObject({ GCONV_PATH: '/nonexistent' })
})

test('a worker also gets what steers inference', () => {
  vi.stubEnv('OPENAI_API_KEY', 'canary')
  vi.stubEnv('CUDA_VISIBLE_DEVICES', '1')
  expect(workerEnvironment()).toMatchObject({ PATH: process.env['PATH'], CUDA_VISIBLE_DEVICES: '1' })
  expect(Object.keys(workerEnvironment())).not.toContain('OPENAI_API_KEY')
})

test('a started program does not see a secret of ours', async () => {
  vi.stubEnv('HOMESEC_CANARY', 'canary')
  const ran = await runChild('printenv', [], { signal: new AbortController().signal, maxStdoutBytes: 100_000 })
  const printed = ran.ok ? ran.value.stdout.toString() : expect.fail(ran.error.message)
  expect(printed).toMatch(/^PATH=/m)
  expect(printed).not.toContain('HOMESEC_CANARY')
})
