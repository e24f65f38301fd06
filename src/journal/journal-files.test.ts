import { link, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Journal } from '../contracts/clip-state.ts'
import type { SpoolFinding } from '../contracts/journal.ts'
import { aClip } from '../testkit/builders.ts'
import { aClipState } from '../testkit/clip-states.ts'
import { camerasThatFit, JournalFiles } from './journal-files.ts'

const live = new AbortController().signal
let root = ''
let folder = ''
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'homesec-journal-'))
  folder = join(root, 'front_door')
  await mkdir(folder)
})
afterEach(() => rm(root, { recursive: true, force: true }))

const journalOf = (clip_id: string): Journal => ({ ...aClipState({ clip_id }), events: [] })

const orderOf = (finding: SpoolFinding) => `${finding.type} ${'state' in finding ? finding.state.clip_id : finding.path}`

async function findings(): Promise<SpoolFinding[]> {
  const found: SpoolFinding[] = []
  expect(await new JournalFiles(root).scan((finding) => void found.push(finding), live)).toEqual({ ok: true, value: undefined })
  return found.sort((a, b) => orderOf(a).localeCompare(orderOf(b)))
}

test('what is written is read again, and no temp file stays', async () => {
  const journals = new JournalFiles(root)
  const journal = journalOf('front_door_1.mp4')
  expect(await journals.write(journal)).toMatchObject({ ok: true })
  expect(await journals.read(journal.clip_id)).toEqual({ ok: true, value: journal })
  expect(await readdir(folder)).toEqual(['front_door_1.mp4.json'])
})

test('a journal from before motion and first alerts were kept is read, without any', async () => {
  const { motion_scores: _unknownThen, first_alerts: _too, ...older } = aClipState({ clip_id: 'front_door_1.mp4' })
  const { motion_scores: _nor, ...clip } = aClip({ clip_id: 'front_door_1.mp4' })
  const recorded = { event_type: 'clip_recorded', clip, config_hash: 'x', clip_id: 'front_door_1.mp4', seq: 1, ts: clip.start_ts }
  await writeFile(join(folder, 'front_door_1.mp4.json'), JSON.stringify({ ...older, events: [recorded] }))
  expect(await new JournalFiles(root).read('front_door_1.mp4')).toMatchObject({
    ok: true,
    value: { motion_scores: null, first_alerts: {}, events: [{ clip: { motion_scores: null } }] },
  })
  expect(await findings()).toMatchObject([{ type: 'clip', state: { motion_scores: null } }])
})

test('an unknown clip is null, and a name that is no clip leads nowhere', async () => {
  const journals = new JournalFiles(root)
  for (const id of ['front_door_9.mp4', '../../etc/passwd', 'front_door_1.mp4/../x']) {
    expect(await journals.read(id)).toEqual({ ok: true, value: null })
  }
})

test('a folder that is gone is unavailable, not a crash', async () => {
  await rm(root, { recursive: true })
  expect(await new JournalFiles(root).write(journalOf('front_door_1.mp4'))).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
})

test.each([
  ['no JSON', '{"schema_version":1'],
  ['no object', '[]'],
  ['without a version', '{}'],
  ['of a newer HomeSec', '{"schema_version":99}'],
  ['of an impossible version', '{"schema_version":-1}'],
  ['without its clip', '{"schema_version":1}'],
])('a journal that is %s is reported and left as it is', async (_what, text) => {
  const path = join(folder, 'front_door_1.mp4.json')
  await writeFile(path, text)
  expect(await findings()).toMatchObject([{ type: 'unreadable', path }])
  expect(await new JournalFiles(root).read('front_door_1.mp4')).toMatchObject({ ok: false, error: { kind: 'invalid' } })
  expect(await readFile(path, 'utf8')).toBe(text)
})

describe('a look into the spool', () => {
  test('finds clips with and without their file, videos without a journal, and files on their way in', async () => {
    const journals = new JournalFiles(root)
    for (const nth of [1, 2]) expect(await journals.write(journalOf(`front_door_${nth}.mp4`))).toMatchObject({ ok: true })
    for (const name of ['front_door_1.mp4', 'front_door_3.mp4', '.incoming-x', 'notes.txt']) await writeFile(join(folder, name), '')
    expect(await findings()).toMatchObject([
      { type: 'clip', fileExists: true },
      { type: 'clip', fileExists: false },
      { type: 'orphan', cameraName: 'front_door', path: join(folder, 'front_door_3.mp4') },
      { type: 'staged', path: join(folder, '.incoming-x') },
    ])
  })

  test('removes what a crash left of writes, and links whose original is still there', async () => {
    for (const name of ['front_door_1.mp4.json.abc.tmp', '.copying-x', 'original.mp4']) await writeFile(join(folder, name), '')
    await link(join(folder, 'original.mp4'), join(folder, '.linked-y'))
    await findings()
    expect(await readdir(folder)).toEqual(['original.mp4'])
  })

  test('takes in a file that was moved here whatever other links it has, and a linked one whose original is gone', async () => {
    for (const name of ['.incoming-x', '.linked-y']) await writeFile(join(folder, name), '')
    await link(join(folder, '.incoming-x'), join(root, 'hard link of a backup'))
    expect(await findings()).toMatchObject([
      { type: 'staged', path: join(folder, '.incoming-x') },
      { type: 'staged', path: join(folder, '.linked-y') },
    ])
  })

  test('leaves alone what is being written while it looks', async () => {
    const journals = new JournalFiles(root)
    const names = Array.from({ length: 40 }, (_, nth) => `front_door_${nth + 1}.mp4`)
    const writing = Promise.all(names.map((name) => journals.write(journalOf(name))))
    for (let look = 0; look < 20; look += 1) expect(await journals.scan(() => undefined, live)).toMatchObject({ ok: true })
    expect((await writing).filter(({ ok }) => !ok)).toEqual([])
  })

  test('one folder that cannot be read does not hide the others', async () => {
    await writeFile(join(folder, 'front_door_3.mp4'), '')
    await mkdir(join(root, 'back_yard', 'back_yard_1.mp4.json'), { recursive: true }) // a folder where a journal should be
    expect(await findings()).toMatchObject([{ type: 'orphan' }, { type: 'unreadable' }])
  })

  test('a spool that is not there yet is empty', async () => {
    await rm(root, { recursive: true })
    expect(await findings()).toEqual([])
  })
})

test.each([
  ['front_door_1767225600.mp4', ['front_door']],
  ['front_door_1767225600_2.mp4', ['front_door', 'front_door_1767225600']],
  ['cam_5_1767225600.mp4', ['cam_5']],
  ['cam_5_1767225600_3.mp4', ['cam_5', 'cam_5_1767225600']],
  ['nonsense', []],
])('%s may be of the cameras %j', (clipId, cameras) => {
  expect(camerasThatFit(clipId)).toEqual(cameras)
})
