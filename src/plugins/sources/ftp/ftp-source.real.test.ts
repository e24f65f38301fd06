import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { pluginError } from '../../../contracts/errors.ts'
import { err } from '../../../contracts/result.ts'
import { systemClock } from '../../../lib/system-clock.ts'
import { FakeClock } from '../../../testkit/fake-clock.ts'
import { FtpControl } from '../../../testkit/ftp-control.ts'
import { filesBelow, FtpFixture, sha256, takingSink, until } from '../../../testkit/ftp-fixture.ts'
import { recordingSink, sourceContract } from '../../../testkit/source-contract.ts'

const live = () => new AbortController().signal

sourceContract('ftp', async () => {
  const clock = new FakeClock()
  const fixture = await FtpFixture.make({}, { clock })
  const source = await fixture.source('yard')
  const folder = join(fixture.stateOf('yard'), 'yard')
  let count = 0
  return {
    source,
    async produce() {
      // A camera that finds nobody there tries again; one that is told to go away gives up.
      await until(() => source.health().state !== 'starting')
      using client = await fixture.client('yard')
      await client.upload(`clip ${(count += 1)}.mp4`, randomBytes(50))
    },
    async pass() {
      await new Promise((resolve) => setTimeout(resolve, 5))
      await clock.advance(1000)
    },
    outage: {
      async begin() {
        await rename(folder, `${folder}-away`)
        await writeFile(folder, 'in the way')
      },
      async end() {
        await rm(folder)
        await rename(`${folder}-away`, folder)
      },
    },
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  }
})

describe('uploads', () => {
  test('a.mp4 is one clip with its name and its bytes, and nothing of it stays here', async () => {
    await using fixture = await FtpFixture.make()
    const sink = takingSink()
    await fixture.running('yard', sink)
    const video = randomBytes(300_000)
    using client = await fixture.client('yard')
    expect(await client.upload('a.mp4', video)).toMatch(/^226/)
    await until(() => sink.taken.length > 0)
    expect(sink.taken).toEqual([{ original_name: 'a.mp4', sha256: sha256(video) }])
    await until(async () => (await filesBelow(fixture.data)).length === 0)
  })

  test('the subfolder of the config is where they are kept, and .MP4 is a video like .mp4', async () => {
    await using fixture = await FtpFixture.make()
    const sink = recordingSink(async () => err(pluginError('unavailable', 'full')))
    await fixture.running('yard', sink, { ftp_subdir: 'Driveway' })
    using client = await fixture.client('yard')
    await client.upload('A.MP4', randomBytes(10))
    await until(() => sink.offered.length > 0)
    expect(sink.offered[0]).toMatchObject({ original_name: 'A.MP4', take: 'move', start_ts: null, end_ts: null })
    expect(sink.offered[0]?.path.startsWith(join(fixture.stateOf('yard'), 'Driveway', 'ready'))).toBe(true)
  })

  test('two of the same name are both kept, in folders that exist in name only', async () => {
    await using fixture = await FtpFixture.make()
    const sink = takingSink()
    await fixture.running('yard', sink)
    using client = await fixture.client('yard')
    expect(await client.command('CWD /2026/01/02')).toMatch(/^250/)
    expect(await client.command('MKD 03')).toMatch(/^257 "\/2026\/01\/02\/03"/)
    expect(await client.upload('03/a.mp4', Buffer.from('first'))).toMatch(/^226/)
    expect(await client.upload('03/a.mp4', Buffer.from('second'))).toMatch(/^226/)
    await until(() => sink.taken.length === 2)
    expect(new Set(sink.taken.map(({ sha256: hash }) => hash))).toEqual(
      new Set([sha256(Buffer.from('first')), sha256(Buffer.from('second'))]),
    )
  })

  test.each([
    ['clip.mp4.tmp', 'clip.mp4'],
    ['clip.avi_', 'clip.avi'],
    ['clip.part', 'final.mkv'],
  ])('%s waits to be renamed to %s, and is offered under that name', async (first, last) => {
    await using fixture = await FtpFixture.make()
    const sink = takingSink()
    await fixture.running('yard', sink)
    using client = await fixture.client('yard')
    await client.upload(first, Buffer.from('video'))
    expect(sink.taken).toEqual([])
    expect(await client.command(`RNFR ${first}`)).toMatch(/^350/)
    expect(await client.command(`RNTO ${last}`)).toMatch(/^250/)
    await until(() => sink.taken.length === 1)
    expect(sink.taken[0]?.original_name).toBe(last)
  })

  test('one that is never renamed becomes what its name says, after a while', async () => {
    const clock = new FakeClock()
    await using fixture = await FtpFixture.make({}, { clock })
    const sink = takingSink()
    const source = await fixture.source('yard')
    await source.start(sink, live())
    const pass = () => clock.advance(100)
    await until(async () => (await pass(), source.health().state === 'ok'))
    const logging = fixture.client('yard')
    using client = await logging
    const uploading = client.upload('clip.mp4.part', Buffer.from('video'))
    await uploading
    await clock.advance(31_000)
    await until(() => sink.taken.length === 1)
    expect(sink.taken[0]?.original_name).toBe('clip.mp4')
  })

  test('pictures are accepted and thrown away, or kept aside; other files are kept aside', async () => {
    await using fixture = await FtpFixture.make()
    const sink = takingSink()
    await fixture.running('ignores', sink)
    await fixture.running('keeps', sink, { snapshots: 'keep' })
    for (const camera of ['ignores', 'keeps']) {
      using client = await fixture.client(camera)
      expect(await client.upload('a.jpg', randomBytes(10))).toMatch(/^226/)
      expect(await client.upload('test.txt', randomBytes(10))).toMatch(/^226/)
    }
    const kinds = async (camera: string) => (await filesBelow(fixture.stateOf(camera))).map((path) => path.replace(/\/[^/]*_/, '/'))
    await until(async () => (await kinds('keeps')).length === 2)
    expect(await kinds('ignores')).toEqual(['ignores/aside/other/test.txt'])
    expect(await kinds('keeps')).toEqual(['keeps/aside/other/test.txt', 'keeps/aside/snapshots/a.jpg'])
    expect(sink.taken).toEqual([])
  })

  test('an empty list of extensions takes everything but pictures', async () => {
    await using fixture = await FtpFixture.make()
    const sink = takingSink()
    await fixture.running('yard', sink, { extensions: [] })
    using client = await fixture.client('yard')
    for (const name of ['a.xyz', 'noending', 'c.jpg']) await client.upload(name, Buffer.from(name))
    await until(() => sink.taken.length === 2)
    expect(sink.taken.map(({ original_name }) => original_name).sort()).toEqual(['a.xyz', 'noending'])
  })
})

describe('aborted uploads', () => {
  test.each(['both connections gone', 'data connection reset', 'ABOR'])('%s: kept aside, never a clip', async (how) => {
    await using fixture = await FtpFixture.make()
    const sink = takingSink()
    await fixture.running('yard', sink)
    using client = await fixture.client('yard')
    const data = await client.passive()
    expect(await client.command('STOR a.mp4')).toMatch(/^150/)
    data.write(randomBytes(100_000))
    await until(async () => (await sizes(join(fixture.stateOf('yard'), 'yard', 'incoming'))) === 100_000)
    if (how === 'ABOR') {
      client.say(Buffer.from([0xff, 0xf4, 0xff, 0xf2, ...Buffer.from('ABOR\r\n')]))
      expect([await client.reply(), await client.reply()]).toEqual([expect.stringMatching(/^426/), expect.stringMatching(/^226/)])
    } else if (how === 'data connection reset') {
      data.resetAndDestroy()
      expect(await client.reply()).toMatch(/^426/)
    } else {
      data.destroy()
      client[Symbol.dispose]()
    }
    const aborted = join(fixture.stateOf('yard'), 'yard', 'aside', 'aborted')
    await until(async () => (await readdir(aborted)).length === 1)
    expect((await readdir(aborted))[0]).toMatch(/_a\.mp4$/)
    expect(sink.taken).toEqual([])
    const told = () => fixture.log.lines.find(({ fields }) => fields['event_type'] === 'upload_aborted')
    await until(() => told() !== undefined)
    expect(told()?.fields).toMatchObject({
      original_name: 'a.mp4',
      path: expect.stringContaining(aborted) as string,
    })
  })

  test('none is kept if so configured', async () => {
    await using fixture = await FtpFixture.make()
    await fixture.running('yard', takingSink(), { aside_max_bytes: 0 })
    using client = await fixture.client('yard')
    const data = await client.passive()
    await client.command('STOR a.mp4')
    data.write(randomBytes(1000))
    await until(async () => (await sizes(join(fixture.stateOf('yard'), 'yard', 'incoming'))) === 1000)
    data.resetAndDestroy()
    await client.reply()
    expect(await filesBelow(fixture.data)).toEqual([])
  })

  test('a client that stops sending is cut off', async () => {
    await using fixture = await FtpFixture.make({ stall_timeout_s: 1 })
    await fixture.running('yard', takingSink())
    using client = await fixture.client('yard')
    const data = await client.passive()
    await client.command('STOR slow.mp4')
    data.write('x')
    expect(await client.reply()).toMatch(/^426 Nothing came/)
  })

  test('a client that sends too much is cut off', async () => {
    await using fixture = await FtpFixture.make({ max_upload_bytes: 1000 })
    await fixture.running('yard', takingSink())
    using client = await fixture.client('yard')
    expect(await client.upload('large.mp4', randomBytes(1001))).toMatch(/^552/)
    expect(await client.upload('fits.mp4', randomBytes(1000))).toMatch(/^226/)
    expect(await client.command('ALLO 1001')).toMatch(/^552/)
    expect(await client.command('ALLO 1000')).toMatch(/^200/)
  })

  test('an upload is slowed down to the rate', async () => {
    await using fixture = await FtpFixture.make({ max_rate_bytes_s: 200_000 })
    await fixture.running('yard', takingSink())
    using client = await fixture.client('yard')
    const startedMs = systemClock.monotonicMs()
    expect(await client.upload('a.mp4', randomBytes(200_000))).toMatch(/^226/)
    expect(systemClock.monotonicMs() - startedMs).toBeGreaterThan(900)
  })
})

async function sizes(folder: string): Promise<number> {
  let sum = 0
  for (const name of await readdir(folder)) sum += (await stat(join(folder, name))).size
  return sum
}

describe('restarts', () => {
  test('whole uploads that nobody took are offered at the next start, under their names; partial ones go aside', async () => {
    await using fixture = await FtpFixture.make()
    const full = recordingSink(async () => err(pluginError('unavailable', 'full')))
    const first = await fixture.running('yard', full)
    const name = 'Ärger "today" 日本.mp4'
    using client = await fixture.client('yard')
    await client.upload(name, Buffer.from('video'))
    await client.upload('held.mp4.tmp', Buffer.from('another'))
    await until(() => full.offered.length > 0)
    await first[Symbol.asyncDispose]()
    await writeFile(join(fixture.stateOf('yard'), 'yard', 'incoming', '2026-01-01T00-00-00-000Z-00000000_b.mp4'), 'half')

    const sink = takingSink()
    await fixture.running('yard', sink)
    await until(() => sink.taken.length === 2)
    expect(sink.taken.map(({ original_name }) => original_name).sort()).toEqual(['held.mp4', name].sort())
    await until(async () => (await filesBelow(fixture.data)).length === 1)
    expect(await filesBelow(fixture.data)).toEqual([expect.stringMatching(/aside\/aborted\/.*_b\.mp4$/)])
  })

  test('the server goes with its last camera, and comes with the next', async () => {
    await using fixture = await FtpFixture.make()
    const yard = await fixture.running('yard', takingSink())
    const porch = await fixture.running('porch', takingSink())
    await yard[Symbol.asyncDispose]()
    await expect(fixture.client('yard')).rejects.toThrow('530')
    using _porch = await fixture.client('porch')
    await porch[Symbol.asyncDispose]()
    await expect(connectsTo(fixture.port)).resolves.toBe(false)
    await fixture.running('yard', takingSink())
    await expect(connectsTo(fixture.port)).resolves.toBe(true)
  })
})

async function connectsTo(port: number): Promise<boolean> {
  using control = await FtpControl.connect(port)
  return !control.isClosed
}

test('a disk without room refuses uploads as passing trouble, and the camera is down', async () => {
  await using fixture = await FtpFixture.make({ min_free_bytes: 1e15 })
  const source = await fixture.running('yard', takingSink())
  using client = await fixture.client('yard')
  expect(await client.upload('a.mp4', randomBytes(10))).toMatch(/^452/)
  expect(source.health()).toMatchObject({ state: 'down', detail: expect.stringContaining('disk is full') as string })
})

test('too many waiting uploads refuse further ones as passing trouble', async () => {
  await using fixture = await FtpFixture.make({ max_waiting_bytes: 100 })
  await fixture.running(
    'yard',
    recordingSink(async () => err(pluginError('unavailable', 'full'))),
  )
  using client = await fixture.client('yard')
  expect(await client.upload('a.mp4', randomBytes(100))).toMatch(/^226/)
  expect(await client.upload('b.mp4', randomBytes(100))).toMatch(/^452/)
})

test('a folder of its own that cannot be made keeps a camera down until it can, and no other', async () => {
  await using fixture = await FtpFixture.make()
  await mkdir(join(fixture.data, 'state'), { recursive: true })
  await writeFile(fixture.stateOf('yard'), 'in the way')
  const source = await fixture.source('yard')
  await source.start(takingSink(), live())
  await until(() => source.health().state === 'down')
  await fixture.running('porch', takingSink())
  await rm(fixture.stateOf('yard'))
  await until(() => source.health().state === 'ok')
})
