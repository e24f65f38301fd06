import { expect, test } from 'vitest'
import { EnvNameSchema } from './env-name.ts'

test.each([
  ['NTFY_TOKEN', true],
  ['_a1', true],
  ['', false],
  ['1A', false],
  ['sk-proj-abc', false],
  ['123456:AAH-token', false],
  ['A B', false],
  ['A\n', false],
])('%j names an environment variable: %s', (value, expected) => {
  const parsed = EnvNameSchema.safeParse(value)
  expect(parsed.success).toBe(expected)
  if (value !== '') expect(JSON.stringify(parsed.error?.issues.map(({ message }) => message) ?? [])).not.toContain(value)
})
