import { afterAll, beforeAll } from 'vitest'
import type { ClipQueries, EventStore, LogStore, StateStore } from '../../contracts/repository.ts'
import { listTests, statsTests } from './clip-queries.ts'
import { eventTests } from './event-store.ts'
import { logTests } from './log-store.ts'
import { stateTests } from './state-store.ts'

export { PATIENT, valueOf } from './rows.ts'

export interface DatabaseUnderTest extends AsyncDisposable {
  readonly states: StateStore
  readonly events: EventStore
  readonly logs: LogStore
  readonly queries: ClipQueries
}

/** What every database must do, whoever runs it. `open` returns one that is empty and ready. */
export function describeDatabase(open: () => Promise<DatabaseUnderTest>): void {
  let database: DatabaseUnderTest
  beforeAll(async () => {
    database = await open()
  })
  afterAll(async () => {
    await database[Symbol.asyncDispose]()
  })
  stateTests(() => database.states)
  eventTests(() => database.events)
  logTests(() => database.logs)
  listTests(() => database)
  statsTests(() => database)
}
