import { expect, test } from 'vitest'
import type { ClipEvent } from '../../contracts/clip-events.ts'
import type { ClipStateData, Journal } from '../../contracts/clip-state.ts'
import { pluginError } from '../../contracts/errors.ts'
import { err, ok } from '../../contracts/result.ts'
import { aClip } from '../../testkit/builders.ts'
import { FakeClock } from '../../testkit/fake-clock.ts'
import { memoryLogger } from '../../testkit/memory-logger.ts'
import { applyEvent } from './clip-state.ts'
import { IndexWriter } from './index-writer.ts'

const never = new AbortController().signal

/** A clip that things happen to, its journal, and a database that can be told to fail. */
function harness() {
  const clock = new FakeClock()
  const forgotten: string[] = []
  const written: { states: readonly ClipStateData[]; events: readonly ClipEvent[] }[] = []
  const database = { isDown: false }
  const history: ClipEvent[] = []
  let state: ClipStateData | null = null
  let journalReads = 0
  let upserted: readonly ClipStateData[] = []
  const down = err(pluginError('unavailable', 'no database'))
  const writer = new IndexWriter({
    clock,
    log: memoryLogger(),
    repository: {
      read: async () => {
        journalReads += 1
        const journal: Journal | null = state === null ? null : { ...state, events: [...history] }
        return ok(journal)
      },
    },
    states: {
      upsert: async (states) => {
        upserted = states
        return database.isDown ? down : ok()
      },
      versions: async () => ok(new Map()),
    },
    events: {
      append: async (events) => {
        if (database.isDown) return down
        written.push({ states: upserted, events })
        return ok()
      },
      forget: async (clipIds) => {
        forgotten.push(...clipIds)
        return database.isDown ? down : ok()
      },
    },
  })
  const happen = (fact: 'clip_recorded' | 'upload_started' | 'clip_finished' | 'clip_deleted'): void => {
    const base = { clip_id: aClip().clip_id, seq: history.length + 1, ts: clock.now().toISOString() }
    const event: ClipEvent =
      fact === 'clip_recorded'
        ? { event_type: fact, clip: aClip(), config_hash: 'x', ...base }
        : fact === 'upload_started'
          ? { event_type: fact, attempt: 1, ...base }
          : fact === 'clip_deleted'
            ? { event_type: fact, deleted_local: true, deleted_storage: true, reason: 'owner', ...base }
            : { event_type: fact, ...base }
    history.push(event)
    state = applyEvent(state, event)
    if (state !== null) writer.note(event, state)
  }
  const wroteSeqs = () => written.map(({ events }) => events.map(({ seq }) => seq))
  return { writer, clock, database, happen, written, forgotten, wroteSeqs, reads: () => journalReads }
}

test('what is new about a clip is written once, without reading its journal', async () => {
  const { clock, happen, writer, written, wroteSeqs, reads } = harness()
  happen('clip_recorded')
  happen('upload_started')
  await clock.advance(100)
  happen('clip_finished')
  await clock.advance(100)
  expect(wroteSeqs()).toEqual([[1, 2], [3]])
  expect(written.map(({ states }) => states.map(({ event_seq }) => event_seq))).toEqual([[2], [3]])
  expect(reads()).toBe(0)
  await writer[Symbol.asyncDispose]()
})

test('of a deleted clip only the deletion stays in the database', async () => {
  const { clock, happen, writer, wroteSeqs, forgotten } = harness()
  happen('clip_recorded')
  await clock.advance(100)
  happen('clip_finished')
  happen('clip_deleted')
  await clock.advance(100)
  expect(wroteSeqs()).toEqual([[1], [3]])
  expect(forgotten).toEqual([aClip().clip_id])
  await writer[Symbol.asyncDispose]()
})

test('after a write that failed the whole journal is written, so that no event is missing', async () => {
  const { clock, database, happen, writer, wroteSeqs } = harness()
  database.isDown = true
  happen('clip_recorded')
  await clock.advance(100)
  happen('upload_started')
  database.isDown = false
  await clock.advance(5_000)
  expect(wroteSeqs()).toEqual([[1, 2]])
  await writer[Symbol.asyncDispose]()
})

test('a clip whose earlier events it has not seen is written from its journal', async () => {
  const { clock, happen, writer, wroteSeqs, reads } = harness()
  happen('clip_recorded')
  await clock.advance(100)
  writer.poke() // the database came back, perhaps empty
  happen('upload_started')
  await clock.advance(100)
  expect(wroteSeqs()).toEqual([[1], [1, 2]])
  expect(reads()).toBe(1)
  await writer[Symbol.asyncDispose]()
})

test('an outage keeps names only, and everything is written afterwards', async () => {
  const { clock, database, happen, writer, wroteSeqs } = harness()
  database.isDown = true
  happen('clip_recorded')
  await clock.advance(100)
  happen('upload_started')
  await clock.advance(2_000)
  happen('clip_finished')
  database.isDown = false
  writer.poke()
  await clock.advance(100)
  expect(wroteSeqs()).toEqual([[1, 2, 3]])
  expect(await writer.flush(10, never)).toBe(true)
  await writer[Symbol.asyncDispose]()
})
