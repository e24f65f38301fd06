import { expect, test } from 'vitest'
import { nalRole, nalType } from './nal-units.ts'
import { stamp } from './stamp.ts'

test.each([
  ['h264', 6],
  ['h265', 39],
] as const)('a stamp of %s is supplemental information, and never the same', (codec, type) => {
  const [one, other] = [stamp(codec, 1000), stamp(codec, 1000)]
  expect(nalType(codec, one)).toBe(type)
  expect(nalRole(codec, one)).toBe('other')
  expect(one).not.toEqual(other)
  expect(one.includes(0)).toBe(false)
})
