import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { beforeEach, describe, expect, test } from 'vitest'
import { StorageFault } from './fault.ts'
import { chunksOf, placeDownload, sizeOfSource } from './local-files.ts'

const live = new AbortController().signal
const bytes = () => Readable.from([Buffer.from('some '), Buffer.from('bytes')])
let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'homesec-local-'))
})

async function faultOf(work: Promise<unknown>): Promise<{ readonly kind: string; readonly message: string }> {
  try {
    await work
  } catch (cause) {
    if (cause instanceof StorageFault) return cause.error
    throw cause
  }
  throw new Error('it worked')
}

describe('a download', () => {
  test('is placed whole, with the folders above it', async () => {
    await placeDownload(bytes(), 10, join(folder, 'a', 'b.mp4'), live)
    expect(await readFile(join(folder, 'a', 'b.mp4'), 'utf8')).toBe('some bytes')
    expect(await readdir(join(folder, 'a'))).toEqual(['b.mp4'])
  })

  test('that is shorter than it should be leaves nothing', async () => {
    expect(await faultOf(placeDownload(bytes(), 11, join(folder, 'b.mp4'), live))).toMatchObject({ kind: 'unavailable' })
    expect(await readdir(folder)).toEqual([])
  })

  test('whose source fails rejects with what the source said', async () => {
    const broken = new Error('the connection was cut')
    const failing = new Readable({ read: () => failing.destroy(broken) })
    await expect(placeDownload(failing, 10, join(folder, 'b.mp4'), live)).rejects.toBe(broken)
    expect(await readdir(folder)).toEqual([])
  })

  test('below a file is told as a matter of this machine', async () => {
    await writeFile(join(folder, 'file'), '')
    const { kind, message } = await faultOf(placeDownload(bytes(), 10, join(folder, 'file', 'a', 'b.mp4'), live))
    expect({ kind, message }).toEqual({
      kind: 'invalid',
      message: expect.stringMatching(/^a local file or folder does not exist/) as string,
    })
  })

  test('onto a folder is told as a matter of this machine, and leaves nothing', async () => {
    await mkdir(join(folder, 'b.mp4', 'full'), { recursive: true })
    expect(await faultOf(placeDownload(bytes(), 10, join(folder, 'b.mp4'), live))).toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/^the local disk failed/) as string,
    })
    expect(await readdir(folder)).toEqual(['b.mp4'])
  })
})

describe('a source', () => {
  test('that is no file is invalid', async () => {
    expect(await faultOf(sizeOfSource(folder))).toMatchObject({ kind: 'invalid' })
    expect(await faultOf(sizeOfSource(join(folder, 'none')))).toMatchObject({ kind: 'invalid' })
  })

  test('that goes between the look at it and the reading is invalid, with words of this machine', async () => {
    const path = join(folder, 'a.mp4')
    await writeFile(path, 'some bytes')
    const size = await sizeOfSource(path)
    expect((await buffer(Readable.from(chunksOf(path, size)))).toString()).toBe('some bytes')
    await rm(path)
    expect(await faultOf(chunksOf(path, size).next())).toEqual({
      kind: 'invalid',
      message: 'a local file or folder does not exist (ENOENT)',
    })
  })
})
