import { execFile, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'basic-ftp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { selfSigned, type Certificate } from '../../../testkit/certificate.ts'
import { filesBelow, FtpFixture, PASSWORD, passiveRange, sha256, takingSink, until } from '../../../testkit/ftp-fixture.ts'

const run = promisify(execFile)

function missing(program: string): string | null {
  try {
    execFileSync(program, ['--version'], { stdio: 'pipe' })
    return null
  } catch {
    return `${program} is not installed`
  }
}

const NO_CURL = missing('curl')
const NO_LFTP = missing('lftp')

let folder = ''
let certificate: Certificate = { cert: '', key: '' }
const videos = Array.from({ length: 20 }, (_, index) => ({ name: `clip ${index}.mp4`, bytes: randomBytes(20_000 + index * 37_000) }))

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'homesec-ftp-client-'))
  certificate = selfSigned(folder)
  await mkdir(join(folder, 'videos'))
  for (const { name, bytes } of videos) await writeFile(join(folder, 'videos', name), bytes)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const path = (index: number) => join(folder, 'videos', videos[index]!.name)
const hashes = (...indices: number[]) => indices.map((index) => sha256(videos[index]!.bytes)).sort()
const all = videos.map((_, index) => index)

/** A server with one camera, and what the pipeline got from it. */
async function setUp(tls: boolean, shared: Record<string, unknown> = {}) {
  const fixture = await FtpFixture.make({ ...(tls ? { tls: { ...certificate, required: true } } : {}), ...shared })
  const sink = takingSink()
  await fixture.running('yard', sink)
  const got = async (count: number) => {
    await until(() => sink.taken.length >= count)
    return sink.taken.map(({ sha256: hash }) => hash).sort()
  }
  return { fixture, sink, got }
}

const WAYS = [
  ['in the clear', false],
  ['encrypted', true],
] as const

describe.each(WAYS)('curl, %s', (_way, tls) => {
  const options = (port: number) => ['-sS', '--max-time', '20', ...(tls ? ['--ssl-reqd', '-k'] : []), `ftp://127.0.0.1:${port}/`] as const
  const curl = (port: number, ...args: string[]) => {
    const [url, ...before] = [...options(port)].reverse()
    return run('curl', [...before.reverse(), '-u', `yard:${PASSWORD}`, ...args.slice(0, -1), `${url ?? ''}${args.at(-1) ?? ''}`])
  }

  test('uploads, into folders it makes, by PASV and by EPSV, and with the server coming to it', async (context) => {
    if (NO_CURL !== null) return context.skip(NO_CURL)
    const { fixture, got } = await setUp(tls, { passive_ports: await passiveRange(20), active_mode: true })
    await using _fixture = fixture
    await curl(fixture.port, '-T', path(0), 'a.mp4')
    await curl(fixture.port, '--disable-epsv', '-T', path(1), 'b.mp4')
    await curl(fixture.port, '--ftp-create-dirs', '-T', path(2), '2026/01/02/c.mp4')
    expect(await got(3)).toEqual(hashes(0, 1, 2))
    if (tls) return // curl of Debian 12 cannot do this with encryption
    await curl(fixture.port, '-P', '-', '-T', path(3), 'd.mp4')
    await curl(fixture.port, '-P', '-', '--disable-eprt', '-T', path(4), 'e.mp4')
    expect(await got(5)).toEqual(hashes(0, 1, 2, 3, 4))
  })

  test('renames afterwards, as cameras do', async (context) => {
    if (NO_CURL !== null) return context.skip(NO_CURL)
    const { fixture, got, sink } = await setUp(tls)
    await using _fixture = fixture
    await curl(fixture.port, '-T', path(0), '-Q', '-RNFR a.tmp', '-Q', '-RNTO a.mp4', 'day/a.tmp')
    expect(await got(1)).toEqual(hashes(0))
    expect(sink.taken[0]?.original_name).toBe('a.mp4')
  })

  test('a broken upload cannot be continued, so that no half of a file becomes a clip', async (context) => {
    if (NO_CURL !== null) return context.skip(NO_CURL)
    const { fixture, got } = await setUp(tls)
    await using _fixture = fixture
    await curl(fixture.port, '-T', path(0), 'a.mp4')
    await expect(curl(fixture.port, '-C', '1000', '-T', path(0), 'a.mp4')).rejects.toThrow()
    expect(await got(1)).toEqual(hashes(0))
  })

  test('killed at whatever moment of an upload, it leaves no clip, and what it sent is kept aside', async (context) => {
    if (NO_CURL !== null) return context.skip(NO_CURL)
    const { fixture, sink } = await setUp(tls)
    await using _fixture = fixture
    const inbox = join(fixture.stateOf('yard'), 'yard')
    const bytesIn = async () =>
      (await Promise.all((await filesBelow(inbox)).map((file) => stat(join(inbox, file))))).map(({ size }) => size)
    for (let kill = 1; kill <= 8; kill += 1) {
      const before = (await filesBelow(inbox)).length
      const args = [...options(fixture.port), '--limit-rate', '50k', '-u', `yard:${PASSWORD}`, '-T', path(19)]
      const killed = spawn('curl', args, { stdio: 'ignore' })
      await until(async () => (await filesBelow(inbox)).length > before && !(await bytesIn()).includes(0))
      await new Promise((resolve) => setTimeout(resolve, kill * 15))
      killed.kill('SIGKILL')
      await until(async () => (await filesBelow(join(inbox, 'aside', 'aborted'))).length === kill)
    }
    expect(sink.taken).toEqual([])
  })

  test('a wrong password is refused', async (context) => {
    if (NO_CURL !== null) return context.skip(NO_CURL)
    const { fixture } = await setUp(tls)
    await using _fixture = fixture
    await expect(run('curl', [...options(fixture.port), '-u', 'yard:wrong', '-T', path(0)])).rejects.toMatchObject({ code: 67 })
  })
})

describe.each(WAYS)('lftp, %s', (_way, tls) => {
  const lftp = (port: number, commands: string) => {
    const settings = `set net:max-retries 1; set net:timeout 10; set ssl:verify-certificate no; set ftp:ssl-force ${String(tls)}; set ftp:ssl-allow ${String(tls)}`
    return run('lftp', ['--norc', '-c', `${settings}; open -u yard,${PASSWORD} ftp://127.0.0.1:${port}; ${commands}`])
  }

  test('puts single files, and a folder of twenty at once', async (context) => {
    if (NO_LFTP !== null) return context.skip(NO_LFTP)
    const { fixture, got } = await setUp(tls, { passive_ports: await passiveRange(11) })
    await using _fixture = fixture
    await lftp(
      fixture.port,
      `mkdir -p -f 2026/01; put -O 2026/01 "${path(0)}" -o again.mp4; mirror -R --parallel=20 "${folder}/videos" day`,
    )
    expect(await got(21)).toEqual([...hashes(...all), ...hashes(0)].sort())
  })

  test('lets the server come to it', async (context) => {
    if (NO_LFTP !== null) return context.skip(NO_LFTP)
    const { fixture, got } = await setUp(tls, { active_mode: true })
    await using _fixture = fixture
    await lftp(fixture.port, `set ftp:passive-mode off; put "${path(0)}" -o a.mp4`)
    expect(await got(1)).toEqual(hashes(0))
  })

  test('lists what it has sent on this connection', async (context) => {
    if (NO_LFTP !== null) return context.skip(NO_LFTP)
    const { fixture } = await setUp(tls)
    await using _fixture = fixture
    const { stdout } = await lftp(fixture.port, `put "${path(0)}" -o a.mp4; cls -1`)
    expect(stdout.trim()).toBe('a.mp4')
  })
})

describe.each(WAYS)('basic-ftp, %s', (_way, tls) => {
  async function connected(port: number): Promise<Client> {
    const client = new Client(20_000)
    await client.access({
      host: '127.0.0.1',
      port,
      user: 'yard',
      password: PASSWORD,
      secure: tls,
      ...(tls ? { secureOptions: { ca: await readFile(certificate.cert) } } : {}),
    })
    return client
  }

  test('uploads a folder', async () => {
    const { fixture, got } = await setUp(tls)
    await using _fixture = fixture
    const client = await connected(fixture.port)
    await client.ensureDir('2026/01/02')
    await client.uploadFromDir(join(folder, 'videos'))
    expect(await client.size(videos[3]!.name)).toBe(videos[3]!.bytes.length)
    client.close()
    expect(await got(20)).toEqual(hashes(...all))
  })

  test('twenty clients at once share three ports, and nothing is lost', async () => {
    const { fixture, got } = await setUp(tls, { passive_ports: await passiveRange(3) })
    await using _fixture = fixture
    await Promise.all(
      all.map(async (index) => {
        const client = await connected(fixture.port)
        await client.uploadFrom(path(index), videos[index]!.name)
        client.close()
      }),
    )
    expect(await got(20)).toEqual(hashes(...all))
    await until(async () => (await filesBelow(fixture.data)).length === 0)
  })
})

test('where encryption is required, no password is taken in the clear, and no file', async () => {
  const { fixture } = await setUp(true)
  await using _fixture = fixture
  await expect(fixture.client('yard')).rejects.toThrow('503')
  const client = new Client(5000)
  await client.access({
    host: '127.0.0.1',
    port: fixture.port,
    user: 'yard',
    password: PASSWORD,
    secure: true,
    secureOptions: { rejectUnauthorized: false },
  })
  await expect(client.send('PROT C')).rejects.toThrow('534')
  client.close()
})

test('a certificate that cannot be read keeps the server down with advice, until it can', async () => {
  const late = join(folder, 'late.pem')
  await using fixture = await FtpFixture.make({ tls: { cert: late, key: certificate.key } })
  const source = await fixture.source('yard')
  await source.start(takingSink(), new AbortController().signal)
  await until(() => source.health().state === 'down')
  expect(source.health().detail).toContain(late)
  await writeFile(late, await readFile(certificate.cert))
  await until(() => source.health().state === 'ok')
})
