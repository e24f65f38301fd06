import { createServer } from 'node:http'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { freePort } from '../../../testkit/free-port.ts'
import { memoryLogger } from '../../../testkit/memory-logger.ts'
import { testHost } from '../../../testkit/plugin-host.ts'
import { PlainSftpServer } from '../../../testkit/sftp-server.ts'
import { NO_SSHD, Sshd } from '../../../testkit/sshd.ts'
import { sftpStorage } from './plugin.ts'

const live = new AbortController().signal
const OTHER_KEY = `SHA256:${'A'.repeat(43)}`
const failure = (kind: string, ...words: string[]) => ({
  ok: false,
  error: { kind, message: expect.stringMatching(new RegExp(words.join('.*'))) as string },
})

async function ping(config: object, host: PluginHost = testHost()) {
  const loaded = await sftpStorage.load({ host: '127.0.0.1', ...config }, host)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error))
  await using storage = loaded.value
  return await storage.ping(live)
}

describe.skipIf(NO_SSHD !== null)(`sftp and who it talks to${NO_SSHD === null ? '' : ` (skipped: ${NO_SSHD})`}`, () => {
  let sshd: Sshd
  let config: Readonly<Record<string, unknown>>
  beforeAll(async () => {
    sshd = await Sshd.start()
    config = { port: sshd.port, username: sshd.user, private_key_file: sshd.keyFile }
  })
  afterAll(() => sshd[Symbol.asyncDispose]())

  test('the key of the first connection is kept and told once, and a changed one is refused', async () => {
    const log = memoryLogger()
    const host = testHost({ log })
    expect(await ping(config, host)).toMatchObject({ ok: true })
    expect(await ping(config, host)).toMatchObject({ ok: true })
    expect(log.lines.map(({ fields }) => fields)).toMatchObject([{ event_type: 'host_key_kept', fingerprint: sshd.hostKey() }])

    const before = sshd.hostKey()
    await sshd.changeHostKey()
    const kept = join(host.dirs.state, 'known-host-keys.json')
    expect(await ping(config, host)).toMatchObject(failure('rejected', 'has changed', '`host_key_sha256`', kept))
    await rm(kept)
    expect(await ping(config, host)).toMatchObject({ ok: true })
    expect(sshd.hostKey()).not.toBe(before)
  })

  test('kept keys that cannot be read are no reason to trust anybody', async () => {
    const host = testHost()
    expect(await ping(config, host)).toMatchObject({ ok: true })
    await writeFile(join(host.dirs.state, 'known-host-keys.json'), '{')
    expect(await ping(config, host)).toMatchObject(failure('rejected', 'known-host-keys.json'))
  })

  test('a check keeps no key', async () => {
    const host = testHost({ purpose: 'check' })
    expect(await ping(config, host)).toMatchObject({ ok: true })
    await expect(readFile(join(host.dirs.state, 'known-host-keys.json'))).rejects.toThrow('ENOENT')
  })

  test('a configured fingerprint is all that counts', async () => {
    expect(await ping({ ...config, host_key_sha256: sshd.hostKey() })).toMatchObject({ ok: true })
    expect(await ping({ ...config, host_key_sha256: OTHER_KEY })).toMatchObject(
      // Base64 has characters that mean something in a pattern.
      failure('rejected', sshd.hostKey().slice(7, 15).replaceAll('+', '\\+'), 'host_key_sha256'),
    )
  })

  test('a key from the environment, and one with a passphrase', async () => {
    const env = { KEY: await readFile(sshd.keyFile, 'utf8'), PASSPHRASE: 'a pass phrase' }
    const { private_key_file: _file, ...rest } = config
    expect(await ping({ ...rest, private_key_env: 'KEY' }, testHost({ env }))).toMatchObject({ ok: true })
    const locked = { ...config, private_key_file: sshd.lockedKeyFile }
    expect(await ping({ ...locked, passphrase_env: 'PASSPHRASE' }, testHost({ env }))).toMatchObject({ ok: true })
    expect(await ping(locked)).toMatchObject(failure('rejected', '`passphrase_env`'))
    const wrong = await ping({ ...locked, passphrase_env: 'PASSPHRASE' }, testHost({ env: { PASSPHRASE: 'c4n4ry' } }))
    expect(wrong).toMatchObject(failure('rejected', '`passphrase_env`'))
    expect(JSON.stringify(wrong)).not.toContain('c4n4ry')
  })

  test('a login that the server refuses names the keys of the config', async () => {
    expect(await ping({ ...config, username: 'nobody-here' })).toMatchObject(failure('rejected', '`username`', '`private_key_file`'))
    expect(await ping({ ...config, private_key_file: '/nowhere/key' })).toMatchObject(failure('rejected', '`private_key_file`', 'ENOENT'))
    expect(await ping({ ...config, passphrase_env: 'UNSET' })).toMatchObject(failure('rejected', 'UNSET'))
  })

  test('a wrong address', async () => {
    expect(await ping({ ...config, port: await freePort() })).toMatchObject(failure('unavailable', '`port`'))
    expect(await ping({ ...config, host: 'nobody.invalid' })).toMatchObject(failure('unavailable', '`host`'))
  })

  test('a port where something else answers', async () => {
    const web = createServer().listen(0, '127.0.0.1')
    await once(web, 'listening')
    const address = web.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    expect(await ping({ ...config, port })).toMatchObject(failure('unavailable', '`port`'))
    web.closeAllConnections()
    web.close()
  })
})

describe('sftp with a password', () => {
  const env = { PASSWORD: 'c4n4ry-s3cret' }
  const open = async (server: PlainSftpServer, config: object = {}) => {
    const login = { host: '127.0.0.1', port: server.port, username: 'cam', password_env: 'PASSWORD' }
    const loaded = await sftpStorage.load({ ...login, ...config }, testHost({ env }))
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.error))
    return loaded.value
  }

  test.each(['password', 'keyboard-interactive'] as const)('by the method %s', async (method) => {
    await using server = await PlainSftpServer.start({ user: 'cam', password: env.PASSWORD, method })
    await using storage = await open(server)
    expect(await storage.ping(live)).toMatchObject({ ok: true })
  })

  test('a wrong one names the key of the config, is not repeated, and is tried once', async () => {
    await using server = await PlainSftpServer.start({ user: 'cam', password: 'another' })
    await using storage = await open(server)
    const pinged = await storage.ping(live)
    expect(pinged).toMatchObject(failure('rejected', '`password_env`'))
    expect(JSON.stringify(pinged)).not.toContain(env.PASSWORD)
    expect(server.connections).toBe(1)
  })

  test('a server without extensions: an object is replaced all the same, and comes back in parts', async () => {
    await using server = await PlainSftpServer.start({ user: 'cam', password: env.PASSWORD })
    await using storage = await open(server)
    for (const text of ['first', 'second']) expect(await storage.putBytes(Buffer.from(text), 'a/b.txt', live)).toMatchObject({ ok: true })
    const read = await storage.read('sftp:a/b.txt', { start: 1, end: 3 }, live)
    if (!read.ok) throw new Error(read.error.message)
    expect(Buffer.concat(await read.value.stream.toArray()).toString()).toBe('eco')
    expect(await storage.delete('sftp:a/b.txt', live)).toMatchObject({ ok: true })
    expect(await storage.exists('sftp:a/b.txt', live)).toEqual({ ok: true, value: false })
  })

  test('a server without extensions that takes no new object keeps the old one', async () => {
    await using server = await PlainSftpServer.start({ user: 'cam', password: env.PASSWORD })
    await using storage = await open(server)
    expect(await storage.putBytes(Buffer.from('first'), 'a/b.txt', live)).toMatchObject({ ok: true })
    const renames: string[] = []
    server.refusesRename = (from, to) => {
      renames.push(to)
      return to.endsWith('/b.txt') && !from.endsWith('-replaced')
    }
    expect(await storage.putBytes(Buffer.from('second'), 'a/b.txt', live)).toMatchObject(failure('unavailable', 'disk is full'))
    expect(renames).toHaveLength(4) // refused, aside, refused again, back
    const read = await storage.read('sftp:a/b.txt', null, live)
    if (!read.ok) throw new Error(read.error.message)
    expect(Buffer.concat(await read.value.stream.toArray()).toString()).toBe('first')

    server.refusesRename = () => false
    expect(await storage.putBytes(Buffer.from('second'), 'a/b.txt', live)).toMatchObject({ ok: true })
    expect(await readdir(join(server.files, 'homesec', '.homesec-incoming'))).toEqual([])
  })

  test.each([
    ['FAILURE', 'unavailable', 'disk is full'],
    ['PERMISSION_DENIED', 'rejected', '`root`'],
    // As if the folder for the new file were missing, but after the file was opened.
    ['NO_SUCH_FILE', 'invalid', '`root`'],
  ] as const)('writes that fail with %s are %s, and nothing is stored', async (status, kind, words) => {
    await using server = await PlainSftpServer.start({ user: 'cam', password: env.PASSWORD })
    await using storage = await open(server)
    server.writesFailWith = status
    expect(await storage.ping(live)).toMatchObject(failure(kind, words))
    expect(await storage.putBytes(Buffer.alloc(300_000), 'a.mp4', live)).toMatchObject(failure(kind, words))
    server.writesFailWith = null
    expect(await storage.exists('sftp:a.mp4', live)).toEqual({ ok: true, value: false })
    expect(await storage.ping(live)).toMatchObject({ ok: true })
  })

  test('a stream that nobody reads to its end gives its place back when it is destroyed', async () => {
    await using server = await PlainSftpServer.start({ user: 'cam', password: env.PASSWORD })
    await using storage = await open(server)
    expect(await storage.putBytes(Buffer.alloc(3_000_000), 'a.mp4', live)).toMatchObject({ ok: true })
    expect(server.openFiles).toBe(0)
    const read = await storage.read('sftp:a.mp4', null, live)
    if (!read.ok) throw new Error(read.error.message)
    expect(server.openFiles).toBe(1)
    read.value.stream.destroy()
    await expect.poll(() => server.openFiles).toBe(0)
    expect(await storage.ping(live)).toMatchObject({ ok: true })
    expect(server.connections).toBe(1)
  })

  test('a server that hangs holds up neither an abort nor the end', async () => {
    await using server = await PlainSftpServer.start({ user: 'cam', password: env.PASSWORD })
    const storage = await open(server)
    expect(await storage.ping(live)).toMatchObject({ ok: true })
    server.isFrozen = true
    const abort = new AbortController()
    const putting = storage.putBytes(Buffer.from('x'), 'a.mp4', abort.signal)
    setTimeout(() => abort.abort(), 20)
    expect(await putting).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
    await storage[Symbol.asyncDispose]()
  })
})
