import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Orphan } from './orphan.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'homesec-orphan-'))

/** A process that looks like a recorder of ours. */
function recorder(prefix: string) {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', `${prefix}%06d.ts`], { stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  return { pid: child.pid ?? 0, exited: once(child, 'exit') }
}

test.skipIf(process.platform !== 'linux')('a recorder that an earlier run left behind is ended', async () => {
  const state = folder()
  const { pid, exited } = recorder('1795504184933-')
  await new Orphan(state).remember(pid, '1795504184933-')
  expect(await new Orphan(state).end()).toBe(true)
  expect(await exited).toEqual([null, 'SIGKILL'])
})

test('a stranger who got its number is left alone, and so is everybody when nothing is known', async () => {
  const state = folder()
  expect(await new Orphan(state).end()).toBe(false)
  const { pid } = recorder('1795504184933-')
  await new Orphan(state).remember(pid, '1795500000000-')
  expect(await new Orphan(state).end()).toBe(false)
  writeFileSync(join(state, 'ffmpeg.json'), '{"pid":-1}')
  expect(await new Orphan(state).end()).toBe(false)
  expect(() => process.kill(pid, 0)).not.toThrow()
})
