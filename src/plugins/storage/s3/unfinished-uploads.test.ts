import { mkdtemp, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { memoryLogger } from '../../../testkit/memory-logger.ts'
import { UnfinishedUploads, type UnfinishedUpload } from './unfinished-uploads.ts'

const UPLOAD: UnfinishedUpload = { endpoint: 'https://s3', bucket: 'clips', name: 'a.mp4', upload_id: '1' }

async function folder() {
  return join(await mkdtemp(join(tmpdir(), 'homesec-unfinished-')), 'uploads')
}

async function cleared(uploads: UnfinishedUploads, place: object = {}, gone = true): Promise<string[]> {
  const aborted: string[] = []
  await uploads.clear({ ...UPLOAD, ...place }, async ({ upload_id }) => {
    aborted.push(upload_id)
    return gone
  })
  return aborted
}

test('what another process left behind is aborted once; our own uploads are not', async () => {
  const path = await folder()
  await new UnfinishedUploads(path, memoryLogger()).remember(UPLOAD)
  const uploads = new UnfinishedUploads(path, memoryLogger())
  const mine = await uploads.remember({ ...UPLOAD, upload_id: '2' })
  expect(await cleared(uploads)).toEqual(['1'])
  expect(await cleared(uploads)).toEqual([])
  await uploads.forget(mine)
  expect(await readdir(path)).toEqual([])
})

test('an upload that could not be aborted is tried again', async () => {
  const uploads = new UnfinishedUploads(await folder(), memoryLogger())
  uploads.leave(await uploads.remember(UPLOAD))
  expect(await cleared(uploads, {}, false)).toEqual(['1'])
  expect(await cleared(uploads)).toEqual(['1'])
  expect(await cleared(uploads)).toEqual([])
})

test('an upload to another bucket or service is left alone', async () => {
  const uploads = new UnfinishedUploads(await folder(), memoryLogger())
  uploads.leave(await uploads.remember(UPLOAD))
  expect(await cleared(uploads, { bucket: 'other' })).toEqual([])
  expect(await cleared(uploads, { endpoint: 'https://elsewhere' })).toEqual([])
  expect(await cleared(uploads)).toEqual(['1'])
})

test('many uploads of another bucket are in nobody’s way; of our own twenty are cleared at once', async () => {
  const uploads = new UnfinishedUploads(await folder(), memoryLogger())
  for (let n = 0; n < 60; n += 1) uploads.leave(await uploads.remember({ ...UPLOAD, bucket: n < 35 ? 'former' : 'clips' }))
  expect(await cleared(uploads)).toHaveLength(20)
  expect(await cleared(uploads)).toHaveLength(5)
})

test('a file that cannot be read is thrown away', async () => {
  const path = await folder()
  const uploads = new UnfinishedUploads(path, memoryLogger())
  await uploads.forget(await uploads.remember(UPLOAD))
  await writeFile(join(path, 'broken.json'), '{')
  expect(await cleared(uploads)).toEqual([])
  expect(await readdir(path)).toEqual([])
})

test('a folder that cannot be written stops no upload, and is logged', async () => {
  const log = memoryLogger()
  const path = await folder()
  await writeFile(path, 'a file')
  const uploads = new UnfinishedUploads(join(path, 'below'), log)
  await uploads.forget(await uploads.remember(UPLOAD))
  expect(log.lines.map(({ fields }) => fields['event_type'])).toEqual(['upload_not_remembered'])
})
