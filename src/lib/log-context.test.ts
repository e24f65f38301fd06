import { expect, test } from 'vitest'
import { currentLogContext, withLogContext } from './log-context.ts'

test('the context follows asynchronous work, nests, and two clips do not mix', async () => {
  const seen = await Promise.all(
    ['a', 'b'].map((clip_id) =>
      withLogContext({ clip_id }, async () => {
        await Promise.resolve()
        return withLogContext({ stage: 'upload' }, async () => {
          await new Promise((resolve) => setImmediate(resolve))
          return currentLogContext()
        })
      }),
    ),
  )
  expect(seen).toEqual([
    { clip_id: 'a', stage: 'upload' },
    { clip_id: 'b', stage: 'upload' },
  ])
  expect(currentLogContext()).toEqual({})
})
