import { describe } from 'vitest'
import { testCancelling, testClosing } from './ending.ts'
import type { Create } from './objects.ts'
import { testExistence, testReading } from './reading.ts'
import { testRefusals } from './refusing.ts'
import { testProgress, testReplacing, testRoundTrip } from './storing.ts'

export interface StorageTraits {
  /** A file system may have a file at once, as a clone, and then there is nothing to tell on the way. */
  readonly mayClone?: boolean
}

/** Every storage backend runs this; a new one starts by making it pass. `create` gives an empty one each time. */
export function storageContract(name: string, create: Create, { mayClone = false }: StorageTraits = {}): void {
  describe(`storage contract: ${name}`, () => {
    describe('storing', () => {
      testRoundTrip(create)
      testProgress(create, mayClone ? 1 : 2)
      testReplacing(create)
    })
    describe('reading', () => testReading(create))
    describe('exists and delete', () => testExistence(create))
    describe('refusals', () => testRefusals(create))
    describe('cancelling', () => testCancelling(create))
    describe('closing', () => testClosing(create))
  })
}
