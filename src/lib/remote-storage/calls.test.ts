import { expect, test } from 'vitest'
import { ok } from '../../contracts/result.ts'
import { pluginError } from '../../contracts/errors.ts'
import { StorageCalls } from './calls.ts'

const live = new AbortController().signal
const toError = () => pluginError('bug', 'unexpected')

test('closing cancels what is under way and waits until it has ended', async () => {
  const calls = new StorageCalls(toError)
  const log: string[] = []
  const running = calls.run(live, async (limited) => {
    await new Promise((resolve) => limited.addEventListener('abort', resolve))
    await new Promise((resolve) => setImmediate(resolve))
    log.push('tidied up')
    limited.throwIfAborted()
  })
  await calls[Symbol.asyncDispose]()
  expect(log).toEqual(['tidied up'])
  expect(await running).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
  expect(await calls.run(live, async () => 1)).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
})

test('what hangs in a dead mount does not hold up the closing', async () => {
  const calls = new StorageCalls(toError, 20)
  const hanging = calls.run(live, () => new Promise<never>(() => undefined))
  await calls[Symbol.asyncDispose]()
  expect(await Promise.race([hanging, Promise.resolve('still hangs')])).toBe('still hangs')
  expect(await calls.run(live, async () => ok())).toMatchObject({ ok: false })
})
