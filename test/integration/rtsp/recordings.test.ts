import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFailed, onTestFinished, test, vi } from 'vitest'
import { sha256 } from '../../e2e/harness/clips.ts'
import type { CameraRig } from './camera-rig.ts'
import { footprint } from './fault-report.ts'
import { oneFilm } from './one-film.ts'

const { film, openRig } = oneFilm(60)

/** What a program leaves that ended while something moved. */
async function leftRecording(): Promise<CameraRig> {
  // Long enough to be one recording, however late it is looked at.
  const rig = await openRig({ recording: { pre_roll_s: 3, stop_delay_s: 2, max_recording_s: 60 } })
  onTestFailed(() => console.error(rig.story()))
  await rig.start()
  await rig.recording(1_500)
  await rig.stop()
  expect(readdirSync(rig.recordings)).toHaveLength(1)
  return rig
}

const filesOf = (rig: CameraRig, ending: string) =>
  readdirSync(rig.recordings, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(rig.recordings, name))
    .toSorted()

test('a recording that is made a clip a second time, after a crash before its removal, gives the same bytes', async () => {
  await using rig = await leftRecording()
  const copy = join(rig.root, 'copy')
  cpSync(rig.recordings, copy, { recursive: true, preserveTimestamps: true })
  await rig.drain()
  expect(readdirSync(rig.recordings)).toEqual([])
  cpSync(copy, rig.recordings, { recursive: true, preserveTimestamps: true })
  await rig.drain()
  expect(rig.clips).toHaveLength(2)
  expect(new Set(rig.clips.map((clip) => sha256(readFileSync(clip)))).size).toBe(1)
})

test('a recording without its journal, which a full disk refused, becomes a clip all the same', async () => {
  await using rig = await leftRecording()
  for (const journal of filesOf(rig, '.json')) rmSync(journal)
  await rig.drain()
  expect(readdirSync(rig.recordings)).toEqual([])
  expect(await footprint(film(), rig.clips, rig.sent())).toMatchObject({ clips: 1, broken: [], before: 0, lost: 0 })
})

test('a recording that was cut off in the middle of a picture plays up to the picture before', async () => {
  await using rig = await leftRecording()
  const last = filesOf(rig, '.ts').at(-1) ?? ''
  truncateSync(last, statSync(last).size - 1000)
  await rig.drain()
  expect(await footprint(film(), rig.clips, rig.sent())).toMatchObject({ clips: 1, broken: [], before: 0, lost: 0 })
})

test('a clip that was being made when the program ended is made anew', async () => {
  await using rig = await leftRecording()
  const [segment = ''] = filesOf(rig, '.ts')
  for (const name of ['clip.mp4.part', 'clip.mp4']) cpSync(segment, join(segment, '..', name))
  await rig.drain()
  expect(readdirSync(rig.recordings)).toEqual([])
  expect(await footprint(film(), rig.clips, rig.sent())).toMatchObject({ clips: 1, broken: [], before: 0, lost: 0 })
})

test('a clip whose maker hangs is made by another one', async () => {
  await using rig = await leftRecording()
  const programs = join(rig.root, 'programs')
  mkdirSync(programs)
  const script = `#!/bin/sh\nPATH='${process.env['PATH'] ?? ''}'\nmkdir '${programs}/hung' 2>/dev/null && exec sleep 600\nexec ffmpeg "$@"\n`
  writeFileSync(join(programs, 'ffmpeg'), script, { mode: 0o755 })
  vi.stubEnv('PATH', `${programs}:${process.env['PATH'] ?? ''}`)
  onTestFinished(() => void vi.unstubAllEnvs())
  await rig.drain(20_000)
  expect(rig.logged('clip_not_handed_over').map(({ fields }) => fields['reason'])).toEqual(['making the clip took too long'])
  expect(await footprint(film(), rig.clips, rig.sent())).toMatchObject({ clips: 1, broken: [], before: 0, lost: 0 })
})
