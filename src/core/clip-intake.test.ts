import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile, lstat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { pluginError } from '../contracts/errors.ts'
import { err, ok } from '../contracts/result.ts'
import type { IncomingFile } from '../contracts/source.ts'
import { FakeClock, settle } from '../testkit/fake-clock.ts'
import { aClipState } from '../testkit/clip-states.ts'
import { MemoryJournal } from '../testkit/memory-journal.ts'
import { memoryLogger } from '../testkit/memory-logger.ts'
import { ClipIndex } from './clip-index.ts'
import { ClipIntake, type IntakeDeps } from './clip-intake.ts'
import { ClipRepository } from './clip-repository.ts'
import { Spool } from './spool.ts'
import type { SystemNews } from './system-alerts.ts'

const ORIGIN = { camera_name: 'front_door', source_backend: 'folder' }
let root = ''
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'homesec-intake-'))
  await mkdir(join(root, 'in'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

class RefusingSpool extends Spool {
  override commit(): ReturnType<Spool['commit']> {
    return Promise.resolve(
      err(pluginError('unavailable', 'the disk with the spool is full', Object.assign(new Error('full'), { code: 'ENOSPC' }))),
    )
  }
}

function setUp(changes: Partial<IntakeDeps> = {}) {
  const journal = new MemoryJournal()
  const log = memoryLogger()
  const repository = new ClipRepository({ clock: new FakeClock(), log, journal, onJournalError: () => undefined })
  const index = new ClipIndex()
  repository.subscribe((_event, state) => index.update(state))
  const news: SystemNews[] = []
  const processed: string[] = []
  const spool = new Spool(join(root, 'spool'), join(root, 'quarantine'))
  const deps: IntakeDeps = {
    repository,
    index,
    ingest: {
      spool,
      probe: async () => ok({ duration_s: 10, creation_time: null, is_mp4: true }),
      remux: async () => ok(),
      now: () => new Date('2026-01-01T00:00:00Z'),
    },
    process: async (clip) => void processed.push(clip.clip_id),
    maxClipsInFlight: 2,
    knownClips: Promise.resolve(),
    alerts: { raise: (raised) => void news.push(raised) },
    configHash: 'abc',
    log,
    ...changes,
  }
  const intake = new ClipIntake(deps)
  return { intake, sink: intake.sinkFor(ORIGIN), deps, index, journal, news, processed, log, repository }
}

async function incoming(name: string, content = name, changes: Partial<IncomingFile> = {}): Promise<IncomingFile> {
  const path = join(root, 'in', name)
  await writeFile(path, content)
  return { path, original_name: name, start_ts: '2026-01-01T00:00:00Z', end_ts: null, take: 'link', ...changes }
}

const inSpool = async () => (await readdir(join(root, 'spool', 'front_door'))).sort()

describe('taking a file in', () => {
  test('a file becomes a clip under our name, keeps its own in the state, stays where it was, and is processed', async () => {
    const { sink, journal, processed, intake } = setUp()
    expect(await sink.accept(await incoming('My Video.MP4'))).toEqual(ok({ state: 'accepted', clip_id: 'front_door_1767225600.mp4' }))
    expect(journal.files.get('front_door_1767225600.mp4')).toMatchObject({
      original_name: 'My Video.MP4',
      start_ts: '2026-01-01T00:00:00.000Z',
      end_ts: '2026-01-01T00:00:10.000Z',
      source_backend: 'folder',
    })
    expect([await inSpool(), await readdir(join(root, 'in'))]).toEqual([['front_door_1767225600.mp4'], ['My Video.MP4']])
    await intake.close(1000)
    expect(processed).toEqual(['front_door_1767225600.mp4'])
  })

  test('what its source measured of the motion is kept with the clip', async () => {
    const { sink, journal } = setUp()
    const accepted = await sink.accept(await incoming('a.mp4', 'a', { motion_scores: [0, NaN, 12.345] }))
    expect(accepted.ok).toBe(true)
    expect(journal.files.get('front_door_1767225600.mp4')).toMatchObject({ motion_scores: [0, 0, 12.35] })
  })

  test('a file that is given away is moved', async () => {
    const { sink } = setUp()
    await expect(sink.accept(await incoming('a.mp4', 'a', { take: 'move' }))).resolves.toMatchObject({ ok: true })
    expect([await inSpool(), await readdir(join(root, 'in'))]).toEqual([['front_door_1767225600.mp4'], []])
  })

  test('two clips of one second have two names', async () => {
    const { sink } = setUp()
    const both = await Promise.all([sink.accept(await incoming('a.mp4')), sink.accept(await incoming('b.mp4'))])
    expect(both.every((accepted) => accepted.ok && accepted.value.state === 'accepted')).toBe(true)
    expect(await inSpool()).toEqual(['front_door_1767225600.mp4', 'front_door_1767225600_2.mp4'])
  })

  test('the same bytes offered twice are one clip, also at the same moment', async () => {
    const { sink, processed, intake } = setUp()
    const [first, second] = [await incoming('a.mp4', 'same'), await incoming('b.mp4', 'same')]
    const answers = await Promise.all([sink.accept(first), sink.accept(second)])
    expect(answers.map((answer) => answer.ok && answer.value.state).sort()).toEqual(['accepted', 'duplicate'])
    await intake.close(1000)
    expect([processed.length, (await inSpool()).length]).toEqual([1, 1])
  })

  test('a file from before the epoch, as cameras without a clock make them, has a name that can be read again', async () => {
    const { sink, journal } = setUp()
    const file = await incoming('a.mp4', 'a', { start_ts: null })
    await utimes(file.path, 0, 0)
    await expect(sink.accept(file)).resolves.toMatchObject({ value: { clip_id: 'front_door_0.mp4' } })
    expect(journal.files.has('front_door_0.mp4')).toBe(true)
  })

  test('a time that is none is not believed', async () => {
    const { sink } = setUp()
    const file = await incoming('a.mp4', 'a', { start_ts: 'yesterday' })
    await utimes(file.path, 1_767_225_610, 1_767_225_610)
    expect(await sink.accept(file)).toMatchObject({ value: { clip_id: 'front_door_1767225600.mp4' } })
  })

  test('a file waits until the clips of earlier runs are known', async () => {
    let known: () => void = () => undefined
    const { sink, journal } = setUp({ knownClips: new Promise((resolve) => (known = resolve)) })
    const accepting = sink.accept(await incoming('a.mp4'))
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(journal.files.size).toBe(0)
    known()
    await expect(accepting).resolves.toMatchObject({ ok: true })
  })
})

test('files that wait for the clips of earlier runs do not hold back what a recorder gives away', async () => {
  let known: () => void = () => undefined
  const { sink } = setUp({ knownClips: new Promise((resolve) => (known = resolve)) })
  const names = Array.from({ length: 8 }, (_, nth) => `${nth}.mp4`)
  const waiting = names.map(async (name) => sink.accept(await incoming(name)))
  await expect(sink.accept(await incoming('recorded.mp4', 'recorded', { take: 'move' }))).resolves.toMatchObject({ ok: true })
  known()
  expect((await Promise.all(waiting)).filter(({ ok }) => !ok)).toEqual([])
})

describe('refusals', () => {
  const broken = { probe: async () => err(pluginError('invalid', 'not a readable video: the file is empty')) }

  test('what is no video is put aside with its name, and the owner is told', async () => {
    const { deps } = setUp()
    const { sink, news } = setUp({ ingest: { ...deps.ingest, ...broken } })
    const answer = await sink.accept(await incoming('evil name.txt', 'text', { original_name: '../../evil name.txt' }))
    expect(answer).toMatchObject({ value: { state: 'quarantined' } })
    const [kept = ''] = await readdir(join(root, 'quarantine', 'front_door'))
    expect(kept).toMatch(/evil_name\.txt$/)
    expect(news).toMatchObject([{ code: 'clip_quarantined' }])
    expect(await inSpool()).toEqual([])
  })

  test('a spool that is full leaves the file where it was, linked or moved, and nothing half-done', async () => {
    const { deps } = setUp()
    const spool = new RefusingSpool(join(root, 'spool'), join(root, 'quarantine'))
    const { sink, news } = setUp({ ingest: { ...deps.ingest, spool } })
    for (const take of ['link', 'move'] as const) {
      const file = await incoming(`${take}.mp4`, take, { take })
      expect(await sink.accept(file)).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
      expect([await readFile(file.path, 'utf8'), await inSpool()]).toEqual([take, []])
    }
    expect(news[0]).toMatchObject({ code: 'disk_full' })
  })

  test('a file that could not be synced after its move is put back, never removed', async () => {
    const { deps } = setUp()
    const path = join(root, 'in', 'unreadable.mp4')
    await symlink('/nowhere/at/all', path) // can be moved, cannot be opened
    expect(await deps.ingest.spool.stage(path, 'front_door', 'move')).toMatchObject({ ok: false })
    expect((await lstat(path)).isSymbolicLink()).toBe(true)
  })

  test('a file that is gone is invalid; the owner hears of it when a recorder had given it away', async () => {
    const { sink, news } = setUp()
    const file = await incoming('a.mp4')
    await rm(file.path)
    expect(await sink.accept(file)).toMatchObject({ ok: false, error: { kind: 'invalid' } })
    expect(news).toEqual([])
    expect(await sink.accept({ ...file, take: 'move' })).toMatchObject({ ok: false, error: { kind: 'invalid' } })
    expect(news).toMatchObject([{ code: 'clip_not_taken' }])
  })

  test.each(['unavailable', 'timeout', 'rejected', 'bug'] as const)(
    'a clip that cannot be taken in because of %s is told to the owner, and the disk is not blamed',
    async (kind) => {
      const { deps } = setUp()
      const { sink, news } = setUp({ ingest: { ...deps.ingest, probe: async () => err(pluginError(kind, 'no ffprobe')) } })
      expect(await sink.accept(await incoming('a.mp4'))).toMatchObject({ ok: false, error: { kind } })
      expect(news).toMatchObject([{ code: 'clip_not_taken', camera_name: 'front_door' }])
    },
  )

  test('a clip that a shutdown did not let in is no news', async () => {
    const { deps } = setUp()
    const probe = () => new Promise<never>(() => undefined)
    const { sink, news, intake } = setUp({ ingest: { ...deps.ingest, probe } })
    const accepting = sink.accept(await incoming('a.mp4'))
    await settle()
    await intake.close(10)
    expect(await accepting).toMatchObject({ ok: false })
    expect(news).toEqual([])
  })

  test('a probe that throws is an answer, not a crash', async () => {
    const { deps } = setUp()
    const probe = () => Promise.reject(new Error('boom'))
    const { sink } = setUp({ ingest: { ...deps.ingest, probe } })
    expect(await sink.accept(await incoming('a.mp4'))).toMatchObject({ ok: false, error: { kind: 'bug' } })
  })
})

describe('clips in flight', () => {
  test('no more than allowed are processed at once, and new ones go before old ones', async () => {
    const order: string[] = []
    let open: () => void = () => undefined
    const gate = new Promise<void>((resolve) => (open = resolve))
    const { sink, intake, repository, journal } = setUp({
      maxClipsInFlight: 1,
      process: async ({ original_name }) => {
        order.push(original_name ?? '')
        await gate
      },
    })
    const accept = async (name: string) => expect(await sink.accept(await incoming(name))).toMatchObject({ ok: true })
    await accept('first')
    await accept('second')
    await settle()
    expect([order, intake.load]).toEqual([['first'], { waiting: 1, inFlight: 1 }])
    journal.files.set('front_door_1.mp4', { ...aClipState({ clip_id: 'front_door_1.mp4', original_name: 'old' }), events: [] })
    const old = intake.run('front_door_1.mp4', 'backlog')
    await settle()
    await accept('third')
    open()
    await old
    await expect.poll(() => order).toEqual(['first', 'second', 'third', 'old'])
    expect(repository.get('front_door_9.mp4')).toBeNull()
  })

  test('a clip that is on its way is not run a second time beside itself, but waited for', async () => {
    let open: () => void = () => undefined
    const gate = new Promise<void>((resolve) => (open = resolve))
    const order: string[] = []
    const { sink, intake } = setUp({
      process: async ({ clip_id }) => {
        order.push(clip_id)
        await gate
        order.push('end')
      },
    })
    expect(await sink.accept(await incoming('a.mp4'))).toMatchObject({ ok: true })
    const again = intake.run('front_door_1767225600.mp4', 'backlog').then(() => order.push('waited'))
    await settle()
    open()
    await again
    expect(order).toEqual(['front_door_1767225600.mp4', 'end', 'waited'])
  })

  test('a clip that breaks the pipeline leaves the others alone', async () => {
    const seen: string[] = []
    const { sink, intake, log } = setUp({
      process: async ({ original_name }) => {
        seen.push(original_name ?? '')
        if (original_name === 'bad') throw new Error('boom')
      },
    })
    for (const name of ['bad', 'good']) expect(await sink.accept(await incoming(name))).toMatchObject({ ok: true })
    await intake.close(1000)
    expect(seen).toEqual(['bad', 'good'])
    expect(log.lines.some(({ fields }) => fields['event_type'] === 'clip_failed')).toBe(true)
  })

  test('closing lets clips finish within the grace, then cancels them; those that wait stay for the next start', async () => {
    const signals: AbortSignal[] = []
    const { sink, intake } = setUp({
      maxClipsInFlight: 1,
      process: async (_clip, _slot, signal) => {
        signals.push(signal)
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      },
    })
    for (const name of ['a', 'b']) expect(await sink.accept(await incoming(name))).toMatchObject({ ok: true })
    await settle()
    await intake.close(20)
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    expect(await sink.accept(await incoming('c'))).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
  })

  test('closing twice says only once that clips were cut short, and nothing when none were', async () => {
    const { intake, log } = setUp()
    await intake.close(10)
    await intake.close(10)
    expect(log.lines).toEqual([])
  })

  test('many clips may wait without a warning', async () => {
    const warnings: Error[] = []
    const note = (warning: Error) => void warnings.push(warning)
    process.on('warning', note)
    let open: () => void = () => undefined
    const gate = new Promise<void>((resolve) => (open = resolve))
    const { sink, intake } = setUp({ maxClipsInFlight: 1, process: () => gate })
    for (let nth = 0; nth < 15; nth += 1) expect(await sink.accept(await incoming(`${nth}.mp4`))).toMatchObject({ ok: true })
    await settle()
    process.off('warning', note)
    open()
    await intake.close(1000)
    expect(warnings).toEqual([])
  })
})
