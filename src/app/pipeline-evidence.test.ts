import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { askPipeline } from './pipeline-evidence.ts'

let root = ''
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'homesec-evidence-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

const ask = (changes: Partial<Parameters<typeof askPipeline>[0]> = {}) =>
  askPipeline({ spoolDir: join(root, 'spool'), freeBytes: async () => 1, recoveryBrokeOff: () => false, ...changes })

test('the pipeline runs while clips can be taken in, also before the first one, and where free space is unknown', async () => {
  expect(await ask()).toEqual({ ok: true })
  expect(await ask({ freeBytes: async () => null })).toEqual({ ok: true })
})

test.each([
  ['its disk is full', { freeBytes: async () => 0 }, 'full'],
  ['recovery broke off', { recoveryBrokeOff: () => true }, 'broke off'],
])('the pipeline does not run when %s, and it says so', async (_what, changes, word) => {
  expect(await ask(changes)).toMatchObject({ ok: false, error: { message: expect.stringContaining(word) as string } })
})

test('the pipeline does not run when there can be no spool folder', async () => {
  await writeFile(join(root, 'file'), '')
  expect(await ask({ spoolDir: join(root, 'file', 'spool') })).toMatchObject({ ok: false, error: { kind: 'rejected' } })
})
