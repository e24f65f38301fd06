import { constants, PerformanceObserver } from 'node:perf_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { DroppedBuffers, droppedBuffers } from './dropped-buffers.ts'

test('collects once for each 4 MB that were dropped, in whatever portions', () => {
  let collections = 0
  const dropped = new DroppedBuffers(() => void (collections += 1))
  const after = (bytes: number) => {
    dropped.add(bytes)
    return collections
  }
  expect([after(3_999_999), after(1), after(3_999_999), after(50_000_000), after(1)]).toEqual([0, 1, 1, 2, 2])
})

test('the collection of this process is a real one of young objects, without a global function for everybody', async () => {
  const kinds: unknown[] = []
  const observer = new PerformanceObserver(
    (list) => void kinds.push(...list.getEntries().map((entry) => ('detail' in entry ? entry.detail : null))),
  )
  observer.observe({ entryTypes: ['gc'] })
  droppedBuffers.add(4_000_000)
  await turn()
  await turn()
  observer.disconnect()
  expect(kinds).toContainEqual(expect.objectContaining({ kind: constants.NODE_PERFORMANCE_GC_MINOR }))
  expect(globalThis.gc).toBeUndefined()
})
