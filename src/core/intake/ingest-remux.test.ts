import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { pluginError } from '../../contracts/errors.ts'
import { err, ok } from '../../contracts/result.ts'
import { ingestFile, type IngestDeps } from './ingest-file.ts'
import { Spool } from './spool.ts'

const signal = new AbortController().signal
let root = ''
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'homesec-remux-'))
  await writeFile(join(root, 'cam.mkv'), 'matroska')
})
afterEach(() => rm(root, { recursive: true, force: true }))

function takeIn(remux: IngestDeps['remux'], take: 'link' | 'move') {
  const deps: IngestDeps = {
    spool: new Spool(join(root, 'spool'), join(root, 'quarantine')),
    probe: async () => ok({ duration_s: 1, creation_time: '2026-01-01T00:00:00.000Z', is_mp4: false }),
    remux,
    claim: async () => ({ [Symbol.dispose]: () => undefined }),
    now: () => new Date(0),
  }
  const file = { path: join(root, 'cam.mkv'), original_name: 'cam.mkv', start_ts: null, end_ts: null, take }
  return ingestFile(file, { camera_name: 'yard', source_backend: 'folder' }, deps, { onClip: () => undefined, signal })
}
const toMp4: IngestDeps['remux'] = async (_path, output) => {
  await writeFile(output, 'the same as mp4')
  return ok()
}
const inSpool = () => readdir(join(root, 'spool', 'yard'))

test('a recording in another container becomes an MP4, and its size is that of the MP4', async () => {
  const taken = await takeIn(toMp4, 'link')
  expect(taken).toMatchObject({ ok: true, value: { state: 'clip', clip: { clip_id: 'yard_1767225600.mp4', size_bytes: 15 } } })
  expect(await readFile(join(root, 'spool', 'yard', 'yard_1767225600.mp4'), 'utf8')).toBe('the same as mp4')
  expect(await inSpool()).toEqual(['yard_1767225600.mp4'])
  expect(await readFile(join(root, 'cam.mkv'), 'utf8')).toBe('matroska')
})

test('a moved one leaves no original behind', async () => {
  expect(await takeIn(toMp4, 'move')).toMatchObject({ ok: true })
  expect(await readdir(root)).toEqual(['spool'])
})

test('what MP4 cannot hold is kept as it came', async () => {
  const taken = await takeIn(async () => err(pluginError('invalid', 'no')), 'link')
  expect(taken).toMatchObject({ ok: true, value: { state: 'clip' } })
  expect(await readFile(join(root, 'spool', 'yard', 'yard_1767225600.mp4'), 'utf8')).toBe('matroska')
})

test('a full disk refuses the file and leaves nothing half-made', async () => {
  const taken = await takeIn(async (_path, output) => {
    await writeFile(output, 'half')
    return err(pluginError('unavailable', 'no space'))
  }, 'move')
  expect(taken).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
  expect(await inSpool()).toEqual([])
  expect(await readFile(join(root, 'cam.mkv'), 'utf8')).toBe('matroska')
})
