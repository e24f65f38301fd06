import { expect, test } from 'vitest'
import { deepestCode } from './deepest-code.ts'

const withCode = (code: unknown, cause?: unknown) => Object.assign(new Error('x', { cause }), { code })

test.each([
  ['its own', withCode('ECONNRESET'), 'ECONNRESET'],
  ['that of its cause', new TypeError('fetch failed', { cause: withCode('ECONNREFUSED') }), 'ECONNREFUSED'],
  ['the innermost', withCode('ERR_OUTER', withCode('ENOTFOUND')), 'ENOTFOUND'],
  ['its own if the cause has none', withCode('ERR_OUTER', new Error('bad port')), 'ERR_OUTER'],
  ['none where the key is there without a value', withCode(undefined), ''],
  ['none of what is no error', 'ECONNRESET', ''],
])('an error has %s', (_name, cause, code) => {
  expect(deepestCode(cause)).toBe(code)
})
