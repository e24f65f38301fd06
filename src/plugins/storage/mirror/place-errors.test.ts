import { expect, test } from 'vitest'
import { pluginError, type ErrorKind } from '../../../contracts/errors.ts'
import { combined, notFound, type PlaceError } from './place-errors.ts'

const inPlace = (place: string, kind: ErrorKind, retryAfterMs?: number): PlaceError => ({
  place,
  error: { ...pluginError(kind, 'no'), ...(retryAfterMs !== undefined && { retryAfterMs }) },
})

test.each<[string, ErrorKind, ErrorKind, ErrorKind]>([
  ['a retry may help one of them', 'rejected', 'unavailable', 'unavailable'],
  ['a retry may help one of them', 'timeout', 'invalid', 'timeout'],
  ['wrong credentials say more than a refusal', 'invalid', 'rejected', 'rejected'],
  ['both refuse', 'invalid', 'invalid', 'invalid'],
])('%s: %s and %s are together %s', (_why, first, second, kind) => {
  expect(combined([inPlace('nas', first), inPlace('usb', second)])).toEqual({ kind, message: 'nas: no; usb: no' })
})

test.each([
  [30_000, 10_000, 10_000],
  [30_000, undefined, undefined],
  [30_000, 30_000, 30_000],
])('of waits of %s and %s ms the shortest counts', (first, second, wanted) => {
  const error = combined([inPlace('nas', 'unavailable', first), inPlace('usb', 'unavailable', second)])
  expect(error.retryAfterMs).toBe(wanted)
})

test.each<[ErrorKind[], ErrorKind]>([
  [[], 'invalid'],
  [['invalid', 'invalid'], 'invalid'],
  [['invalid', 'rejected'], 'unavailable'],
  [['timeout', 'invalid'], 'unavailable'],
  [['invalid', 'cancelled'], 'cancelled'],
])('an object that places did not hand out for %j is %s', (kinds, kind) => {
  expect(notFound(kinds.map((each) => inPlace('nas', each))).kind).toBe(kind)
})
