import { expect, test } from 'vitest'
import type { ClipStateData } from '../../contracts/clip-state.ts'
import { pluginError, type PluginError } from '../../contracts/errors.ts'
import { err, ok } from '../../contracts/result.ts'
import { aClip } from '../../testkit/builders.ts'
import { aClipState } from '../../testkit/clip-states.ts'
import { FakeClock, settle } from '../../testkit/fake-clock.ts'
import { memoryLogger } from '../../testkit/memory-logger.ts'
import { MemoryJournal } from '../../testkit/memory-journal.ts'
import { digestOf } from './clip-index.ts'
import { ClipRepository } from './clip-repository.ts'
import { IndexWriter } from './index-writer.ts'

const live = new AbortController().signal
const DOWN = pluginError('unavailable', 'no connection')

function setUp() {
  const clock = new FakeClock()
  const log = memoryLogger()
  const repository = new ClipRepository({ clock, log, journal: new MemoryJournal(), onJournalError: () => undefined })
  const rows = new Map<string, ClipStateData>()
  const database = {
    rows,
    calls: 0,
    refuses: (_states: readonly ClipStateData[]): PluginError | null => null,
    gate: Promise.resolve(),
    async upsert(states: readonly ClipStateData[]) {
      database.calls += 1
      await database.gate
      const error = database.refuses(states)
      if (error !== null) return err(error)
      for (const state of states) rows.set(state.clip_id, state)
      return ok()
    },
    versions: async () => ok(new Map([...rows].map(([id, { event_seq }]) => [id, event_seq] as const))),
  }
  const writer = new IndexWriter({
    repository,
    states: database,
    events: { append: async () => ok(), forget: async () => ok() },
    clock,
    log,
  })
  writer.poke() // the connection is there
  repository.subscribe((event, state) => writer.note(event, state))
  const record = (nth: number) => {
    const clip = aClip({ clip_id: `front_door_${nth}.mp4` })
    repository.record(clip.clip_id, { event_type: 'clip_recorded', clip, config_hash: 'a' })
  }
  return { clock, log, database, writer, record }
}

const failures = (log: ReturnType<typeof memoryLogger>) => log.lines.filter(({ level }) => level === 'error').length

test('what happens is in the database soon after, many clips in one write', async () => {
  const { clock, database, writer, record } = setUp()
  for (const nth of [1, 2, 3]) record(nth)
  await clock.advance(100)
  expect([database.rows.size, database.calls, writer.behind]).toEqual([3, 1, 0])
})

test('while the database is down it is asked now and then, however much happens, and all is written when it is back', async () => {
  const { clock, database, writer, record, log } = setUp()
  database.refuses = () => DOWN
  for (let nth = 1; nth <= 60; nth += 1) {
    record(nth)
    await clock.advance(1000)
  }
  expect([database.calls <= 31, failures(log), writer.behind]).toEqual([true, 1, 60])
  database.refuses = () => null
  writer.poke()
  await clock.advance(200)
  expect([database.rows.size, writer.behind]).toEqual([60, 0])
})

test('a second outage is told again, and what comes after the first can be flushed', async () => {
  const { clock, database, writer, record, log } = setUp()
  for (const nth of [1, 2]) {
    database.refuses = () => DOWN
    record(nth)
    await clock.advance(100)
    database.refuses = () => null
    await clock.advance(3000)
  }
  expect([database.rows.size, failures(log)]).toEqual([2, 2])
  record(3)
  const flushed = writer.flush(1000, live)
  await clock.advance(200)
  expect(await flushed).toBe(true)
})

test('a flush waits for the write that is under way', async () => {
  const { clock, database, writer, record } = setUp()
  let answer: () => void = () => undefined
  database.gate = new Promise((resolve) => (answer = resolve))
  record(1)
  await clock.advance(100)
  let flushed: boolean | null = null
  const flushing = writer.flush(1000, live).then((done) => (flushed = done))
  await clock.advance(100)
  expect([flushed, writer.behind]).toEqual([null, 1])
  answer()
  await clock.advance(100)
  await flushing
  expect(flushed).toBe(true)
})

test('a clip that the database can never take does not keep the others out', async () => {
  const { clock, database, writer, record, log } = setUp()
  const bad = 'front_door_2.mp4'
  database.refuses = (states) => (states.some(({ clip_id }) => clip_id === bad) ? pluginError('invalid', 'bad text') : null)
  for (const nth of [1, 2, 3]) record(nth)
  await clock.advance(10_000)
  expect([[...database.rows.keys()], writer.behind]).toEqual([['front_door_1.mp4', 'front_door_3.mp4'], 0])
  expect(failures(log)).toBe(1)
})

test('a database that throws is down, not the end of all writing', async () => {
  const { clock, database, record } = setUp()
  database.refuses = () => {
    throw new Error('boom')
  }
  record(1)
  await clock.advance(100)
  database.refuses = () => null
  await clock.advance(3000)
  expect(database.rows.size).toBe(1)
})

test('a comparison finds clips that are missing or older in the database', async () => {
  const { writer, database } = setUp()
  const states = [1, 2, 3].map((nth) => aClipState({ clip_id: `front_door_${nth}.mp4`, event_seq: 5 }))
  const [first, second] = states
  if (first !== undefined) database.rows.set(first.clip_id, first)
  if (second !== undefined) database.rows.set(second.clip_id, { ...second, event_seq: 4 })
  expect(await writer.reconcile(states.map(digestOf), live)).toEqual(ok(2))
})

test.each(['idle', 'writing', 'waiting for a database that is down'])('it stops promptly while %s', async (when) => {
  const { clock, database, writer, record } = setUp()
  if (when !== 'idle') record(1)
  if (when.startsWith('waiting')) database.refuses = () => DOWN
  await clock.advance(when === 'writing' ? 0 : 100)
  await writer[Symbol.asyncDispose]()
  await settle()
  expect(database.calls).toBe(when.startsWith('waiting') ? 1 : 0)
})
