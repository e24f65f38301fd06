import { describe, expect, test } from 'vitest'
import type { ClipFact } from '../../contracts/clip-events.ts'
import { pluginError, type PluginError } from '../../contracts/errors.ts'
import { aClip, aFilterResult } from '../../testkit/builders.ts'
import { FakeClock, settle } from '../../testkit/fake-clock.ts'
import { MemoryJournal } from '../../testkit/memory-journal.ts'
import { memoryLogger } from '../../testkit/memory-logger.ts'
import { ClipRepository } from './clip-repository.ts'

const clip = aClip()
const ID = clip.clip_id
const RECORDED: ClipFact = { event_type: 'clip_recorded', clip, config_hash: 'abc' }
const UPLOADED: ClipFact = { event_type: 'upload_completed', attempt: 1, duration_ms: 5, storage_uri: 'memory:a', view_url: null }
const FILTERED: ClipFact = { event_type: 'filter_completed', attempt: 1, duration_ms: 5, filter_result: aFilterResult() }
const FINISHED: ClipFact = { event_type: 'clip_finished' }

function setUp() {
  const clock = new FakeClock()
  const journal = new MemoryJournal()
  const log = memoryLogger()
  const journalErrors: PluginError[] = []
  const repository = new ClipRepository({ clock, log, journal, onJournalError: (error) => void journalErrors.push(error) })
  return { clock, journal, log, journalErrors, repository }
}

function gate() {
  let open: () => void = () => undefined
  const closed = new Promise<void>((resolve) => (open = resolve))
  return { closed, open }
}

describe('recording', () => {
  test('a recorded clip is in its journal once settled, with its numbered and dated event', async () => {
    const { repository, journal } = setUp()
    repository.record(ID, RECORDED)
    await repository.settled(ID)
    expect(journal.files.get(ID)).toMatchObject({ status: 'queued_local', events: [{ seq: 1, ts: '2026-01-01T00:00:00.000Z' }] })
  })

  test('results of two stages that end in one moment are both in the journal, written once', async () => {
    const { repository, journal } = setUp()
    repository.record(ID, RECORDED)
    repository.record(ID, UPLOADED)
    repository.record(ID, FILTERED)
    await repository.settled(ID)
    expect(journal.files.get(ID)).toMatchObject({ storage_uri: 'memory:a', filter_result: { confidence: 0.9 }, event_seq: 3 })
    expect(journal.writes).toBe(1)
  })

  test('what is recorded during a write is written after it', async () => {
    const { repository, journal } = setUp()
    const { closed, open } = gate()
    journal.gate = closed
    repository.record(ID, RECORDED)
    await settle()
    repository.record(ID, UPLOADED)
    const caughtUp = repository.settled(ID)
    open()
    await caughtUp
    expect(journal.files.get(ID)?.storage_uri).toBe('memory:a')
    expect(journal.writes).toBe(2)
  })

  test('an event of an unknown clip is logged and harms nobody', () => {
    const { repository, log } = setUp()
    repository.record(ID, FINISHED)
    expect(log.lines).toMatchObject([{ level: 'error', fields: { event_type: 'event_without_clip' } }])
    expect(repository.get(ID)).toBeNull()
  })

  test('listeners hear each event once, in order, and one that throws keeps nobody from hearing', () => {
    const { repository } = setUp()
    const heard: string[] = []
    repository.subscribe(() => {
      throw new Error('x')
    })
    const subscription = repository.subscribe((event, state) => void heard.push(`${event.event_type} ${state.status}`))
    repository.record(ID, RECORDED)
    repository.record(ID, UPLOADED)
    subscription[Symbol.dispose]()
    repository.record(ID, FINISHED)
    expect(heard).toEqual(['clip_recorded queued_local', 'upload_completed uploaded'])
  })
})

describe('memory', () => {
  test('a clip nobody holds leaves memory once it is written, and is read from its file then', async () => {
    const { repository } = setUp()
    repository.record(ID, RECORDED)
    await repository.settled(ID)
    await settle()
    expect(repository.get(ID)).toBeNull()
    expect(await repository.read(ID)).toMatchObject({ ok: true, value: { clip_id: ID, events: [{ seq: 1 }] } })
  })

  test('a held clip stays until the last holder lets go', async () => {
    const { repository } = setUp()
    repository.record(ID, RECORDED)
    const first = repository.holdLoaded(ID)
    const second = repository.holdLoaded(ID)
    await repository.settled(ID)
    first[Symbol.dispose]()
    first[Symbol.dispose]()
    await settle()
    expect(repository.get(ID)).not.toBeNull()
    second[Symbol.dispose]()
    expect(repository.get(ID)).toBeNull()
  })

  test('a clip from its file goes on counting events where it stopped', async () => {
    const { repository, journal } = setUp()
    repository.record(ID, RECORDED)
    await repository.settled(ID)
    await settle()
    const held = await repository.hold(ID)
    repository.record(ID, UPLOADED)
    await repository.settled(ID)
    expect([held.ok, journal.files.get(ID)?.event_seq]).toEqual([true, 2])
  })

  test('an unknown clip cannot be held', async () => {
    expect(await setUp().repository.hold(ID)).toMatchObject({ ok: false, error: { kind: 'invalid' } })
  })

  test('two that load a clip at once share it: the slower one does not undo what the faster one recorded', async () => {
    const { repository, journal } = setUp()
    repository.record(ID, RECORDED)
    await repository.settled(ID)
    await settle()
    const slow = gate()
    journal.readGate = slow.closed
    const first = repository.hold(ID).then(({ ok: held }) => expect(held).toBe(true))
    await settle()
    journal.readGate = Promise.resolve()
    const second = repository.hold(ID).then(async (held) => {
      repository.record(ID, UPLOADED)
      if (held.ok) held.value[Symbol.dispose]()
      await repository.settled(ID)
    })
    await settle()
    slow.open()
    await Promise.all([first, second])
    repository.record(ID, FILTERED)
    await repository.settled(ID)
    expect(journal.files.get(ID)).toMatchObject({ storage_uri: 'memory:a', event_seq: 3 })
  })
})

describe('a full disk', () => {
  test('the journal is tried again until it fits, and holds everything that happened meanwhile', async () => {
    const { repository, journal, clock, journalErrors } = setUp()
    journal.fails = pluginError('unavailable', 'the disk with the spool is full')
    repository.record(ID, RECORDED)
    await repository.settled(ID)
    repository.record(ID, UPLOADED)
    await clock.advance(5000)
    expect(journalErrors).toHaveLength(2)
    expect(repository.get(ID)?.status).toBe('uploaded')
    journal.fails = null
    await clock.advance(5000)
    expect(journal.files.get(ID)).toMatchObject({ status: 'uploaded', events: [{ seq: 1 }, { seq: 2 }] })
    expect(repository.get(ID)).toBeNull()
  })

  test('whoever waits for the journal is told after the first failed try, and not kept', async () => {
    const { repository, journal } = setUp()
    journal.fails = pluginError('unavailable', 'full')
    repository.record(ID, RECORDED)
    await repository.settled(ID)
    expect(journal.files.size).toBe(0)
  })

  test('many clips may wait at once', async () => {
    const { repository, journal, clock } = setUp()
    const warnings: Error[] = []
    const note = (warning: Error) => {
      if (warning.name === 'MaxListenersExceededWarning') warnings.push(warning)
    }
    process.on('warning', note)
    journal.fails = pluginError('unavailable', 'full')
    for (let nth = 1; nth <= 50; nth += 1) {
      const other = aClip({ clip_id: `front_door_${nth}.mp4` })
      repository.record(other.clip_id, { ...RECORDED, clip: other })
    }
    await clock.advance(1)
    journal.fails = null
    await clock.advance(5000)
    process.off('warning', note)
    expect([journal.files.size, warnings]).toEqual([50, []])
  })

  test('a shutdown gives it one last try and does not wait for ever', async () => {
    const { repository, journal, journalErrors } = setUp()
    journal.fails = pluginError('unavailable', 'full')
    repository.record(ID, RECORDED)
    await repository.settled(ID)
    await repository[Symbol.asyncDispose]()
    expect(journalErrors).toHaveLength(2)
  })
})

test('a shutdown waits for the journals under way, and for those begun meanwhile', async () => {
  const { repository, journal } = setUp()
  const { closed, open } = gate()
  journal.gate = closed
  repository.record(ID, RECORDED)
  const stopped = repository[Symbol.asyncDispose]()
  await settle()
  const other = aClip({ clip_id: 'front_door_2.mp4' })
  repository.record(other.clip_id, { ...RECORDED, clip: other })
  open()
  await stopped
  expect([...journal.files.keys()]).toEqual([ID, other.clip_id])
})

test('a journal that grows for weeks keeps its beginning and its newest events', async () => {
  const { repository, journal } = setUp()
  repository.record(ID, RECORDED)
  for (let attempt = 1; attempt <= 500; attempt += 1) repository.record(ID, { event_type: 'upload_started', attempt })
  await repository.settled(ID)
  const events = journal.files.get(ID)?.events ?? []
  expect([events.length, events[0]?.seq, events.at(-1)?.seq]).toEqual([200, 1, 501])
})
