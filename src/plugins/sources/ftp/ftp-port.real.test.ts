import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../../testkit/fake-clock.ts'
import { filesBelow, FtpFixture, takingSink, until } from '../../../testkit/ftp-fixture.ts'
import { ftpSource } from './plugin.ts'

const live = () => new AbortController().signal

describe('a port that is taken', () => {
  test('puts all cameras down with advice, until it is free', async () => {
    const clock = new FakeClock()
    await using fixture = await FtpFixture.make({}, { clock })
    const other = createServer().listen(fixture.port, '127.0.0.1')
    await once(other, 'listening')
    const cameras = [await fixture.source('yard'), await fixture.source('porch')]
    for (const camera of cameras) await camera.start(takingSink(), live())
    await until(() => cameras.every((camera) => camera.health().state === 'down'))
    expect(cameras[0]?.health().detail).toContain('choose another sources.ftp.port')
    other.close()
    await until(async () => (await clock.advance(1000), cameras.every((camera) => camera.health().state === 'ok')))
  })

  test('by a HomeSec that runs is fine for a check, which disturbs nobody; by another program it is not', async () => {
    await using fixture = await FtpFixture.make()
    await fixture.running('yard', takingSink())
    const check = async () => {
      const loaded = await ftpSource.load({}, { ...fixture.hostOf('yard'), purpose: 'check' })
      if (!loaded.ok) throw new Error('not built')
      await using source = loaded.value
      await source.start(takingSink(), live())
      return source.health()
    }
    const before = await filesBelow(fixture.data)
    expect(await check()).toMatchObject({ state: 'ok', detail: '' })
    expect(await filesBelow(fixture.data)).toEqual(before)
    using client = await fixture.client('yard')
    expect(await client.upload('a.mp4', randomBytes(10))).toMatch(/^226/)
  })

  test('a check lets go of a free port at once, and says so when another program has it', async () => {
    await using fixture = await FtpFixture.make()
    const loaded = await ftpSource.load({}, { ...fixture.hostOf('yard'), purpose: 'check' })
    if (!loaded.ok) throw new Error('not built')
    await using source = loaded.value
    await source.start(takingSink(), live())
    expect(source.health().state).toBe('ok')
    const other = createServer((socket) => socket.end('220 ProFTPD\r\n')).listen(fixture.port, '127.0.0.1')
    await once(other, 'listening')
    await source.start(takingSink(), live())
    expect(source.health()).toMatchObject({ state: 'down', detail: expect.stringContaining('another program') as string })
    other.close()
  })
})
