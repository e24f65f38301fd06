import { expect, test } from 'vitest'
import { runChild, startChild } from './child-process.ts'

const never = new AbortController().signal
const node = (script: string, signal = never, maxStdoutBytes = 1000) =>
  runChild(process.execPath, ['-e', script], { signal, maxStdoutBytes })

test('output, exit code and the end of standard error come back', async () => {
  const ran = await node('process.stdout.write("out"); process.stderr.write("why\\n"); process.exitCode = 3')
  expect(ran).toMatchObject({ ok: true, value: { exitCode: 3, stderr: 'why' } })
  expect(ran.ok && ran.value.stdout.toString()).toBe('out')
})

test('what a child writes to descriptor 3 is kept apart', async () => {
  const ran = await node('require("fs").writeSync(3, "side")')
  expect(ran.ok && ran.value.extra.toString()).toBe('side')
})

test('credentials on standard error are hidden', async () => {
  const ran = await node('process.stderr.write("cannot open rtsp://admin:c4n@ry@cam/1")')
  expect(ran.ok && ran.value.stderr).toBe('cannot open rtsp://***:***@cam/1')
})

test('standard error is bounded, its end is kept', async () => {
  const ran = await node('process.stderr.write("x".repeat(100_000) + "END")')
  expect(ran.ok && ran.value.stderr.length).toBe(4000)
  expect(ran.ok && ran.value.stderr.endsWith('END')).toBe(true)
})

test('a child that prints too much is killed and reported', async () => {
  const ran = await node('for (;;) process.stdout.write("x".repeat(10_000))')
  expect(ran).toMatchObject({ ok: false, error: { kind: 'invalid' } })
})

test('an abort kills the child', async () => {
  const stop = new AbortController()
  const running = node('setTimeout(() => {}, 1e6)', stop.signal)
  stop.abort()
  expect(await running).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
})

test('a signal that has aborted already starts nothing lasting', async () => {
  const child = startChild(process.execPath, ['-e', 'setTimeout(() => {}, 1e6)'], AbortSignal.abort())
  expect(await child.ended).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
})

test('a child killed from outside is unavailable', async () => {
  expect(await node('process.kill(process.pid, "SIGKILL")')).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
})

test('a program that is not installed says how to get it', async () => {
  const ran = await runChild('homesec-no-such-program', [], { signal: never, maxStdoutBytes: 1 })
  expect(ran).toMatchObject({ ok: false, error: { kind: 'unavailable', message: 'homesec-no-such-program is not installed' } })
})

test('arguments that no system takes are an error like any other', async () => {
  const ran = await runChild(process.execPath, ['-e', '0', 'x'.repeat(3_000_000)], { signal: never, maxStdoutBytes: 1 })
  expect(ran).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
})
