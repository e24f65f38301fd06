import { expect, test } from 'vitest'
import { parsePortRange } from './port-range.ts'

test.each([
  ['60000-60002', [60000, 60001, 60002]],
  ['60000, 60010', [60000, 60010]],
  ['60000', [60000]],
  [' 60000 - 60001 ,60005', [60000, 60001, 60005]],
  ['60000-60001,60001', [60000, 60001]],
  ['', []],
  ['  ', []],
  [null, []],
])('%j means %j', (text, ports) => {
  expect(parsePortRange(text)).toEqual({ ok: true, value: ports })
})

test.each(['60010-60000', '0', '65536', '60000-', '-60000', '60000;60001', 'any', '60000,', '1-65535', '60000.5'])(
  '%j is refused',
  (text) => {
    expect(parsePortRange(text).ok).toBe(false)
  },
)
