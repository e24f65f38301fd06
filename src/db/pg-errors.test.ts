import { expect, test } from 'vitest'
import { describeFailure } from './pg-errors.ts'

const withCode = (code: string) => Object.assign(new Error('canary: value "secret"'), { code })

const BY_CODE = [
  ['57014', 'timeout', false],
  ['57P01', 'unavailable', true],
  ['57P03', 'unavailable', true],
  ['08006', 'unavailable', true],
  ['53100', 'unavailable', false],
  ['53300', 'unavailable', false],
  ['28P01', 'rejected', false],
  ['3D000', 'rejected', false],
  ['42501', 'rejected', false],
  ['42P01', 'unavailable', true],
  ['22P02', 'invalid', false],
  ['23502', 'invalid', false],
  ['42601', 'bug', false],
  ['ECONNREFUSED', 'unavailable', true],
  ['ENOENT', 'unavailable', true],
] as const
for (const [code, kind, connectionLost] of BY_CODE) {
  test(`${code} is ${kind}${connectionLost ? ', and the connection is gone' : ''}`, () => {
    const failure = describeFailure(withCode(code))
    expect([failure.error.kind, failure.connectionLost]).toEqual([kind, connectionLost])
    expect(failure.error.message).not.toContain('canary')
  })
}

test('no answer in time means that the server is gone; no free connection does not', () => {
  expect(describeFailure(new Error('Query read timeout'))).toMatchObject({ error: { kind: 'timeout' }, connectionLost: true })
  const busy = new Error('timeout exceeded when trying to connect')
  expect(describeFailure(busy)).toMatchObject({ error: { kind: 'timeout' }, connectionLost: false })
})

test('damaged pages and indexes and missing files are told apart', () => {
  expect(['XX001', 'XX002', '58P01', 'XX000', '58030'].map((code) => describeFailure(withCode(code)).damaged)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ])
})
