import { expect, test } from 'vitest'
import { nextDialect, type RequestDialect } from './request-dialect.ts'

const strict: RequestDialect = { structured: 'json_schema', tokenLimit: 'max_tokens', temperature: true }

test.each([
  ["Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", { ...strict, tokenLimit: 'max_completion_tokens' }],
  ["Unsupported value: 'temperature' does not support 0.2", { ...strict, temperature: false }],
  ["'response_format.type' must be 'text'", { ...strict, structured: 'json_object' }],
  ['failed to parse grammar', { ...strict, structured: 'json_object' }],
  ['model not found', null],
  ['', null],
])('the complaint %j leads to %j', (complaint, next) => {
  expect(nextDialect(strict, complaint)).toEqual(next)
})

test('a server that complains of everything for ever is asked a handful of times', () => {
  let dialect: RequestDialect | null = strict
  let steps = 0
  while (dialect !== null && steps < 100) {
    dialect = nextDialect(dialect, 'max_completion_tokens temperature response_format')
    steps += 1
  }
  expect(steps).toBe(5)
})
