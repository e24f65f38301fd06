import { expect, test } from 'vitest'
import { pluginError } from '../contracts/errors.ts'
import { err, ok } from '../contracts/result.ts'
import { writeRows } from './write-rows.ts'

test('one round trip when all is well, none for nothing', async () => {
  const calls: number[] = []
  const write = async (rows: readonly number[]) => (calls.push(rows.length), ok())
  expect(await writeRows([1, 2, 3], write)).toEqual(ok())
  expect(await writeRows([], write)).toEqual(ok())
  expect(calls).toEqual([3])
})

test('refused rows are isolated, the others written, the refusal returned', async () => {
  const written: number[] = []
  const write = async (rows: readonly number[]) => (rows.includes(3) ? err(pluginError('invalid', 'no')) : (written.push(...rows), ok()))
  const result = await writeRows([1, 2, 3, 4, 5], write)
  expect(result.ok ? 'ok' : result.error.kind).toBe('invalid')
  expect(written).toEqual([1, 2, 4, 5])
})

test('an outage is not taken for a refusal: no halving, and it wins over one', async () => {
  let calls = 0
  const down = async () => ((calls += 1), err(pluginError('unavailable', 'down')))
  const result = await writeRows([1, 2, 3, 4], down)
  expect([result.ok ? 'ok' : result.error.kind, calls]).toEqual(['unavailable', 1])
})
