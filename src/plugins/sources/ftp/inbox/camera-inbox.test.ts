import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { FakeClock } from '../../../../testkit/fake-clock.ts'
import { memoryLogger } from '../../../../testkit/memory-logger.ts'
import { CameraInbox, type InboxOptions } from './camera-inbox.ts'
import { FileUpload } from './partial-upload.ts'
import type { ReadyUpload } from './ready-uploads.ts'

interface Changes {
  readonly camera?: Partial<InboxOptions['camera']>
  readonly limits?: Partial<InboxOptions['limits']>
  readonly root?: string
}

async function setUp({ camera, limits, root }: Changes = {}) {
  const folder = root ?? (await mkdtemp(join(tmpdir(), 'homesec-inbox-')))
  const [clock, log, stop] = [new FakeClock(), memoryLogger(), new AbortController()]
  const clips: ReadyUpload[] = []
  const inbox = new CameraInbox(
    folder,
    { clock, log },
    {
      camera: { extensions: ['.mp4'], snapshots: 'ignore', aside_max_bytes: 1000, ...camera },
      limits: { max_waiting_bytes: 1e9, min_free_bytes: 0, ...limits },
      onClip: (upload) => clips.push(upload),
      stop: stop.signal,
    },
  )
  await inbox.open()
  const begin = async (path: string, text: string) => {
    const begun = await inbox.begin(path)
    if (!begun.ok) throw new Error(begun.error)
    const { value } = begun
    onTestFinished(() => (value instanceof FileUpload ? value.close() : undefined))
    await value.write(Buffer.from(text))
    return value
  }
  const upload = async (path: string, text: string) => inbox.complete(await begin(path, text), path)
  const names = () => clips.map(({ original_name }) => original_name)
  const aside = (kind: string) => readdir(join(folder, 'aside', kind))
  const events = (type: string) => log.lines.filter(({ fields }) => fields['event_type'] === type).map(({ fields }) => fields)
  return { folder, clock, stop, inbox, clips, names, begin, upload, aside, events }
}

test('a whole upload is on disk under a name of ours, with the name it came under', async () => {
  const { upload, clips, folder, inbox } = await setUp()
  await upload('/day/Tür 1.mp4', 'video')
  const [clip] = clips
  expect(clip).toMatchObject({ original_name: 'Tür 1.mp4', size_bytes: 5 })
  expect(clip?.path).toMatch(/ready\/2026-01-01T00-00-00-000Z-[0-9a-f]{8}_T_r_1\.mp4$/)
  expect(await readFile(clip?.path ?? '', 'utf8')).toBe('video')
  await inbox.taken(clip!)
  expect(await readdir(join(folder, 'ready'))).toEqual([])
})

describe('what a crash leaves behind', () => {
  test('whole uploads are offered again under their names, even those whose name was lost', async () => {
    const before = await setUp()
    await before.upload('/Tür.mp4', 'one')
    await before.upload('/b.mp4.tmp', 'two')
    await writeFile(join(before.folder, 'ready', '2026-01-01T00-00-01-000Z-00000001_c.mp4'), 'three')
    await writeFile(join(before.folder, 'ready', '2026-01-01T00-00-01-000Z-00000002.json'), '{"original_name":"gone"}')
    await writeFile(join(before.folder, 'ready', '2026-01-01T00-00-01-000Z-00000001.json.12345678-abcd.tmp'), '{"orig')
    const { names, folder } = await setUp({ root: before.folder })
    expect(names().sort()).toEqual(['Tür.mp4', 'b.mp4', 'c.mp4'])
    const left = await readdir(join(folder, 'ready'))
    expect(left.filter((name) => name.includes('00000002') || name.includes('12345678'))).toEqual([])
  })

  test('unfinished ones go aside, and the log says where', async () => {
    const before = await setUp()
    await before.begin('/a.mp4', 'half')
    const { aside, names, events } = await setUp({ root: before.folder })
    expect(names()).toEqual([])
    expect(await aside('aborted')).toEqual([expect.stringMatching(/_a\.mp4$/)])
    expect(events('upload_aborted')).toEqual([expect.objectContaining({ path: expect.stringContaining('aside/aborted') as string })])
  })
})

describe('aborted uploads', () => {
  test('are kept up to a number of bytes; beyond it the oldest go, and the log says so', async () => {
    const { begin, inbox, aside, events, clock } = await setUp({ camera: { aside_max_bytes: 10 } })
    for (const name of ['/1.mp4', '/2.mp4', '/3.mp4']) {
      await inbox.abort(await begin(name, '12345'), name, 'broken')
      await clock.advance(1000)
    }
    expect((await aside('aborted')).map((name) => name.slice(-5))).toEqual(['2.mp4', '3.mp4'])
    expect(events('aside_deleted')).toEqual([expect.objectContaining({ path: expect.stringMatching(/_1\.mp4$/) as string, size_bytes: 5 })])
  })

  test('of which nothing came leave nothing', async () => {
    const { begin, inbox, folder } = await setUp()
    await inbox.abort(await begin('/a.mp4', ''), '/a.mp4', 'broken')
    expect(await readdir(join(folder, 'incoming'))).toEqual([])
    expect(await readdir(join(folder, 'aside', 'aborted'))).toEqual([])
  })
})

describe('a file that will be renamed', () => {
  test('waits for its name', async () => {
    const { upload, inbox, names } = await setUp()
    await upload('/d/a.tmp', 'video')
    expect(names()).toEqual([])
    expect(inbox.isHeld('/d/a.tmp')).toBe(true)
    await inbox.rename('/d/a.tmp', '/d/a.mp4')
    await inbox.settled()
    expect(names()).toEqual(['a.mp4'])
    expect(inbox.isHeld('/d/a.tmp')).toBe(false)
  })

  test('does not wait for ever', async () => {
    const { upload, clock, names, aside } = await setUp()
    await upload('/a.mp4.part', 'video')
    await upload('/b.tmp', 'what is it')
    await clock.advance(31_000)
    await expect.poll(() => aside('other')).toEqual([expect.stringMatching(/_b\.tmp$/)])
    expect(names()).toEqual(['a.mp4'])
  })

  test('and is sent twice is kept twice', async () => {
    const { upload, inbox, names } = await setUp()
    await upload('/a.mp4.tmp', 'one')
    await upload('/a.mp4.tmp', 'two')
    await inbox.rename('/a.mp4.tmp', '/a.mp4')
    await inbox.settled()
    expect(names()).toEqual(['a.mp4', 'a.mp4'])
  })

  test('stays for the next start at shutdown', async () => {
    const { upload, inbox, names, stop, folder } = await setUp()
    await upload('/a.mp4.tmp', 'video')
    stop.abort()
    await inbox.settled()
    expect(names()).toEqual([])
    expect((await setUp({ root: folder })).names()).toEqual(['a.mp4'])
  })
})

test('pictures are forgotten as they come, or kept aside', async () => {
  const ignoring = await setUp()
  await ignoring.upload('/a.jpg', 'picture')
  expect(await readdir(join(ignoring.folder, 'incoming'))).toEqual([])
  const keeping = await setUp({ camera: { snapshots: 'keep' } })
  await keeping.upload('/a.jpg', 'picture')
  expect(await keeping.aside('snapshots')).toEqual([expect.stringMatching(/_a\.jpg$/)])
  expect([...ignoring.names(), ...keeping.names()]).toEqual([])
})

test('an empty file is no clip', async () => {
  const { upload, names, folder, events } = await setUp()
  await upload('/a.mp4', '')
  expect(names()).toEqual([])
  expect(await readdir(join(folder, 'incoming'))).toEqual([])
  expect(events('upload_empty')).toHaveLength(1)
})

test('uploads are refused while too many wait, those under way included, and taken again afterwards', async () => {
  const { begin, inbox, clips, upload } = await setUp({ limits: { max_waiting_bytes: 10 } })
  await upload('/a.mp4', '12345')
  const second = await begin('/b.mp4', '12345')
  expect(await inbox.begin('/c.mp4')).toMatchObject({ ok: false })
  expect(inbox.problem).toContain('wait to be taken in')
  await inbox.abort(second, '/b.mp4', 'broken')
  expect(await inbox.check()).toBeNull()
  await inbox.taken(clips[0]!)
  await begin('/c.mp4', '1')
})

test('uploads are refused while the disk is full', async () => {
  const { inbox } = await setUp({ limits: { min_free_bytes: Number.MAX_SAFE_INTEGER } })
  expect(await inbox.begin('/a.mp4')).toMatchObject({ ok: false })
  expect(inbox.problem).toContain('disk is full')
})
