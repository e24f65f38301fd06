import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { onLines } from './lines.ts'

test('lines are heard as soon as they are whole, however they come', async () => {
  const pipe = new PassThrough()
  const seen: string[] = []
  onLines(pipe, (line) => seen.push(line))
  for (const piece of ['a', 'bc\nd\n', '\nlast', ' one\nunfinished']) {
    pipe.write(piece)
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(seen).toEqual(['abc', 'd', '', 'last one'])
})
