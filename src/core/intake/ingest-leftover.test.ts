import { mkdir, mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ok } from '../../contracts/result.ts'
import { ingestFile, type IngestDeps, type Ingested } from './ingest-file.ts'
import { Spool } from './spool.ts'

const CAMERA = 'front_door'
const START = new Date('2026-01-01T00:00:00Z')
const NAME = 'front_door_1767225600.mp4'
const signal = new AbortController().signal

let root = ''
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'homesec-leftover-'))
  await mkdir(join(root, 'spool', CAMERA), { recursive: true })
})
afterEach(() => rm(root, { recursive: true, force: true }))

async function leftoverClip(): Promise<string> {
  const path = join(root, 'spool', CAMERA, NAME)
  await writeFile(path, 'a video without a journal')
  await utimes(path, START, START)
  return path
}

const openSpool = () => new Spool(join(root, 'spool'), join(root, 'quarantine'))
const free: IngestDeps['claim'] = async () => ({ [Symbol.dispose]: () => undefined })

async function takeIn(path: string, claim: IngestDeps['claim'], spool = openSpool()): Promise<Ingested> {
  const deps: IngestDeps = {
    spool,
    probe: async () => ok({ duration_s: 0, creation_time: null, is_mp4: true }),
    remux: async () => ok(),
    claim,
    now: () => START,
  }
  const file = { path, original_name: NAME, start_ts: null, end_ts: null, take: 'move' as const }
  const taken = await ingestFile(file, { camera_name: CAMERA, source_backend: 'recovered' }, deps, { onClip: () => undefined, signal })
  if (!taken.ok) throw new Error(taken.error.message)
  return taken.value
}

test('a video that gets the name back under which it was found is still there', async () => {
  const path = await leftoverClip()
  const taken = await takeIn(path, free)
  expect(taken).toMatchObject({ state: 'clip', clip: { clip_id: NAME, local_path: path } })
  expect(await readFile(path, 'utf8')).toBe('a video without a journal')
})

test('a video that turns out to be the very file of a known clip is still there', async () => {
  const path = await leftoverClip()
  expect(await takeIn(path, async () => ({ clip_id: NAME }))).toEqual({ state: 'duplicate', clip_id: NAME })
  expect((await stat(path)).isFile()).toBe(true)
})

test('a second copy of a known clip goes', async () => {
  const path = await leftoverClip()
  expect(await takeIn(path, async () => ({ clip_id: 'front_door_1767225600_2.mp4' }))).toMatchObject({ state: 'duplicate' })
  expect(await readdir(join(root, 'spool', CAMERA))).toEqual([])
})

/** A spool into which a camera's clip of the same second comes while the leftover stands under its hidden name. */
class BusySpool extends Spool {
  #isBusy = false

  override async commit(...args: Parameters<Spool['commit']>): ReturnType<Spool['commit']> {
    if (!this.#isBusy) {
      this.#isBusy = true
      const path = join(root, 'live.mp4')
      await writeFile(path, 'what the camera sees now')
      const live = await this.stage(path, CAMERA, 'move')
      if (live.ok) expect(await this.commit(live.value, START.getTime() / 1000, path)).toMatchObject({ ok: true })
    }
    return super.commit(...args)
  }
}

test('a new clip of the same second takes another name while a leftover is taken in, and both are there', async () => {
  const path = await leftoverClip()
  await takeIn(path, free, new BusySpool(join(root, 'spool'), join(root, 'quarantine')))
  const folder = join(root, 'spool', CAMERA)
  const contents = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')))
  expect(contents.sort()).toEqual(['a video without a journal', 'what the camera sees now'])
})
