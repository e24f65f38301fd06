import { randomBytes } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../../testkit/fake-clock.ts'
import { FtpFixture, PASSWORD, sha256, takingSink, until } from '../../../testkit/ftp-fixture.ts'

const live = () => new AbortController().signal

describe('who may log in', () => {
  test('a password is made once, in a file for the owner alone; neither log nor health tells it', async () => {
    await using fixture = await FtpFixture.make()
    const source = await fixture.running('yard', takingSink(), { password_env: undefined })
    const path = join(fixture.stateOf('yard'), 'ftp-password')
    const password = (await readFile(path, 'utf8')).trim()
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    using client = await fixture.client('yard', password)
    await expect(fixture.client('yard', 'wrong')).rejects.toThrow('530')
    await client.upload('a.mp4', randomBytes(10))
    const told = JSON.stringify([fixture.log.lines, source.health()])
    expect(told).toContain(path)
    expect(told).not.toContain(password)
    await source[Symbol.asyncDispose]()
    await fixture.running('yard', takingSink(), { password_env: undefined })
    using _again = await fixture.client('yard', password)
  })

  test('a camera sees nothing of another, and each upload is its own', async () => {
    await using fixture = await FtpFixture.make()
    const [yard, porch] = [takingSink(), takingSink()]
    await fixture.running('yard', yard)
    await fixture.running('porch', porch, { username: 'Porch_Cam' })
    using one = await fixture.client('yard')
    using two = await fixture.client('Porch_Cam')
    await one.upload('a.mp4', Buffer.from('one'))
    await two.upload('b.mp4', Buffer.from('two'))
    await until(() => yard.taken.length + porch.taken.length === 2)
    expect([yard.taken[0]?.sha256, porch.taken[0]?.sha256]).toEqual([sha256(Buffer.from('one')), sha256(Buffer.from('two'))])
    expect(await one.list('NLST')).toBe('a.mp4\r\n')
    expect(await two.list('LIST')).toMatch(/^-rw------- 1 camera camera {12}3 \w{3} [ \d]\d \d\d:\d\d b\.mp4\r\n$/)
    using again = await fixture.client('yard')
    expect(await again.list('MLSD /')).toBe('')
    expect(await two.command('SIZE a.mp4')).toMatch(/^550/)
    expect(await two.command('SIZE b.mp4')).toMatch(/^213 3\r/)
    expect(await two.command('RETR b.mp4')).toMatch(/^550/)
    expect(await two.command('DELE b.mp4')).toMatch(/^250/)
    expect(await two.list('NLST')).toBe('')
  })

  test('two cameras cannot be the same user: the second is down, and says why', async () => {
    await using fixture = await FtpFixture.make()
    await fixture.running('yard', takingSink())
    const second = await fixture.source('porch', { username: 'yard' })
    await second.start(takingSink(), live())
    await until(() => second.health().state === 'down')
    expect(second.health().detail).toContain('camera yard')
    using _yard = await fixture.client('yard')
  })

  test('nobody is anonymous, unless a camera says so', async () => {
    await using fixture = await FtpFixture.make()
    const sink = takingSink()
    await fixture.running('yard', takingSink())
    await expect(fixture.client('anonymous', 'me@home')).rejects.toThrow('530')
    await fixture.running('open', sink, { anonymous: true })
    using client = await fixture.client('anonymous', 'me@home')
    expect(await client.upload('a.mp4', randomBytes(10))).toMatch(/^226/)
    await until(() => sink.taken.length === 1)
    const second = await fixture.source('also_open', { anonymous: true })
    await second.start(takingSink(), live())
    await until(() => second.health().state === 'down')
  })

  test('after too many wrong passwords an address is locked out for a while, the right one included', async () => {
    const clock = new FakeClock()
    // The clock runs on while answers are waited for, however long that takes.
    const lockout_s = 3600
    await using fixture = await FtpFixture.make({ max_login_failures: 2, lockout_s }, { clock })
    const source = await fixture.source('yard')
    await source.start(takingSink(), live())
    await until(async () => (await clock.advance(100), source.health().state === 'ok'))
    const tries = async (password: string) => {
      const trying = fixture.client('yard', password).then(
        (client) => (client[Symbol.dispose](), true),
        () => false,
      )
      let isOver = false
      void trying.finally(() => (isOver = true))
      await until(async () => (await clock.advance(500), isOver))
      return trying
    }
    expect(await tries(PASSWORD)).toBe(true)
    expect([await tries('wrong'), await tries('wrong'), await tries(PASSWORD)]).toEqual([false, false, false])
    await clock.advance(lockout_s * 1000)
    expect(await tries(PASSWORD)).toBe(true)
  })

  test('who quits is told goodbye, once', async () => {
    await using fixture = await FtpFixture.make()
    await fixture.running('yard', takingSink())
    using client = await fixture.client('yard')
    expect([await client.command('QUIT'), await client.reply()]).toEqual(['221 Goodbye.\r\n', ''])
  })

  test('no more connections than configured', async () => {
    await using fixture = await FtpFixture.make({ max_connections_per_address: 2 })
    await fixture.running('yard', takingSink())
    using _one = await fixture.client('yard')
    using _two = await fixture.client('yard')
    await expect(fixture.client('yard')).rejects.toThrow('')
    _one[Symbol.dispose]()
    await until(() =>
      fixture.client('yard').then(
        (client) => (client[Symbol.dispose](), true),
        () => false,
      ),
    )
  })
})
