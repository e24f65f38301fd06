import { expect, test } from 'vitest'
import { Scope } from './scope.ts'

test('what is owned first goes last, and a failing part does not keep the others', async () => {
  const gone: string[] = []
  const failed: string[] = []
  const scope = new Scope((name) => failed.push(name))
  const part = (name: string) => scope.defer(name, async () => void gone.push(name))
  part('database')
  scope.defer('broken', () => Promise.reject(new Error('x')))
  part('pipeline')
  part('sources')
  await scope[Symbol.asyncDispose]()
  expect(gone).toEqual(['sources', 'pipeline', 'database'])
  expect(failed).toEqual(['broken'])
})

test('disposing twice disposes each part once', async () => {
  let times = 0
  const scope = new Scope(() => undefined)
  scope.defer('part', async () => void (times += 1))
  await scope[Symbol.asyncDispose]()
  await scope[Symbol.asyncDispose]()
  expect(times).toBe(1)
})

test('a part that is owned while others go is disposed too', async () => {
  const gone: string[] = []
  const scope = new Scope(() => undefined)
  scope.defer('outer', async () => scope.defer('late', async () => void gone.push('late')))
  await scope[Symbol.asyncDispose]()
  expect(gone).toEqual(['late'])
})
