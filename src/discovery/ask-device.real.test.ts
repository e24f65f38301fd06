import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import {
  LOOPBACK_IS_A_NETWORK,
  ONVIF_USER,
  startOnvifDevice,
  type OnvifBehaviour,
  type OnvifDevice,
  type OnvifDeviceOptions,
} from '../testkit/onvif-device.ts'
import { askDevice } from './ask-device.ts'
import type { Credentials } from './device-job.ts'

const signal = new AbortController().signal
const ADDRESS = '127.0.0.2'
const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const device of open.splice(0)) await device[Symbol.asyncDispose]()
})

const PROFILES = [
  { token: 'main', name: 'Main', width: 1920, height: 1080, fps: 15, keyframeInterval: 30, uri: `rtsp://${ADDRESS}:554/main?a=1&amp;b=2` },
  { token: 'sub', name: 'Sub', width: 640, height: 360, fps: 10, keyframeInterval: 20, uri: `rtsp://${ADDRESS}:554/sub` },
]

async function device(options: Partial<OnvifDeviceOptions> = {}): Promise<OnvifDevice> {
  const started = await startOnvifDevice({ address: ADDRESS, profiles: PROFILES, discoverable: false, ...options })
  open.push(started)
  return started
}

const ask = ({ port }: OnvifDevice, credentials: Credentials | null = ONVIF_USER, answerWithinMs = 10_000) =>
  askDevice({ address: ADDRESS, port, secure: false, path: '/onvif/device_service' }, { credentials, answerWithinMs }, signal)

/** Speaks TLS to whoever comes, and plain HTTP to the camera. */
async function tlsInFrontOf({ address, port }: OnvifDevice): Promise<{ readonly port: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'homesec-tls-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const newCertificate = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-subj',
    '/CN=camera',
    '-days',
    '2',
    '-keyout',
    key,
    '-out',
    cert,
  ]
  execFileSync('openssl', newCertificate, { stdio: 'pipe' })
  const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => {
    const inner = connect(port, address)
    for (const end of [socket, inner]) end.on('error', () => void (socket.destroy(), inner.destroy()))
    socket.pipe(inner).pipe(socket)
  }).listen(0, ADDRESS)
  await once(server, 'listening')
  rmSync(folder, { recursive: true })
  open.push({ [Symbol.asyncDispose]: async () => void server.close() })
  return { port: (server.address() as AddressInfo).port } // a TCP server that listens has one
}

const tried = ({ requests }: OnvifDevice) => requests.filter(({ credentials }) => credentials === 'wrong').length

describe.runIf(LOOPBACK_IS_A_NETWORK)('asking a device', () => {
  test('a camera tells who it is and its profiles; a version that looks like a number stays as it is', async () => {
    const answer = await ask(await device({ information: { FirmwareVersion: '5.50', Model: '0010' } }))
    expect(answer).toEqual({
      ok: true,
      value: {
        ...{ manufacturer: 'Acme', model: '0010', firmware: '5.50', serial_number: 'SN1' },
        profiles: [
          {
            ...{ name: 'Main', video_source: 'vs0', codec: 'H264', width: 1920, height: 1080, fps: 15, bitrate_kbps: 4096 },
            ...{ keyframe_interval: 30, stream_uri: `rtsp://${ADDRESS}:554/main?a=1&b=2` },
          },
          {
            ...{ name: 'Sub', video_source: 'vs0', codec: 'H264', width: 640, height: 360, fps: 10, bitrate_kbps: 4096 },
            ...{ keyframe_interval: 20, stream_uri: `rtsp://${ADDRESS}:554/sub` },
          },
        ],
      },
    })
  })

  const WITH_H265 = [
    ...PROFILES,
    { token: 'big', name: 'Big', codec: 'H265', width: 3840, height: 2160, uri: `rtsp://${ADDRESS}/big` } as const,
  ]
  const namesOf = (answer: Awaited<ReturnType<typeof ask>>) => (answer.ok ? answer.value.profiles.map(({ name }) => name) : answer.error)

  test.each<[string, Partial<OnvifDeviceOptions>, readonly string[]]>([
    ['that has H.265 by Media2', { media2: true, profiles: WITH_H265 }, ['Main', 'Sub', 'Big']],
    ['that offers Media2 and fails at it', { media2Broken: true }, ['Main', 'Sub']],
    ['that knows capabilities only', { beforeServices: true }, ['Main', 'Sub']],
    ['that takes HTTP digests only', { auth: 'http_digest' }, ['Main', 'Sub']],
    ['without a password', { auth: 'open' }, ['Main', 'Sub']],
    ['whose clock is a day ahead', { clockAheadMs: 86_400_000 }, ['Main', 'Sub']],
    ['whose clock is years behind', { clockAheadMs: -5 * 365 * 86_400_000 }, ['Main', 'Sub']],
  ])('a camera %s is read', async (_, options, names) => {
    expect(namesOf(await ask(await device(options)))).toEqual(names)
  })

  test('a user name with markup and a password beyond ASCII are sent right', async () => {
    const user = { username: 'a<b&c', password: 'Tür–玄関 & "co"' }
    expect(namesOf(await ask(await device({ user }), user))).toEqual(['Main', 'Sub'])
  })

  describe('a wrong password', () => {
    test.each(['token', 'http_digest'] as const)('is tried once, and the rest is not asked: %s', async (auth) => {
      const camera = await device({ auth })
      const answer = await ask(camera, { username: ONVIF_USER.username, password: 'wrong' })
      expect(answer).toMatchObject({ ok: false, error: { kind: 'rejected' } })
      expect(tried(camera)).toBe(1)
    })
  })

  describe('without a password', () => {
    test.each(['token', 'http_digest'] as const)('a device is only asked whether it is there: %s', async (auth) => {
      const camera = await device({ auth })
      expect(await ask(camera, null)).toMatchObject({ ok: true, value: { profiles: [] } })
      expect(camera.requests).toEqual([{ operation: 'GetSystemDateAndTime', credentials: 'none' }])
    })

    test('what is no ONVIF device at all is told', async () => {
      expect(await ask(await device({ behaviour: 'garbage' }), null)).toMatchObject({ ok: false, error: { kind: 'invalid' } })
    })
  })

  test.each<[OnvifBehaviour, string]>([
    ['hang', 'timeout'],
    ['trickle', 'timeout'],
    ['cut', 'timeout'],
    ['slow_to_parse', 'timeout'],
    ['garbage', 'invalid'],
    ['entity_bomb', 'invalid'],
    ['huge', 'invalid'],
  ])('a device that answers with %s costs its own time only: %s', async (behaviour, kind) => {
    const camera = await device({ behaviour })
    const started = performance.now()
    expect(await ask(camera, ONVIF_USER, kind === 'timeout' ? 500 : 5_000)).toMatchObject({ ok: false, error: { kind } })
    expect(performance.now() - started).toBeLessThan(30_000) // the worker's start on a busy machine, most of it
  })

  test('a camera behind TLS with a certificate of its own making is read', async () => {
    const camera = await device()
    const front = await tlsInFrontOf(camera)
    const at = { address: ADDRESS, port: front.port, secure: true, path: '/onvif/device_service' }
    expect(namesOf(await askDevice(at, { credentials: ONVIF_USER, answerWithinMs: 10_000 }, signal))).toEqual(['Main', 'Sub'])
  })

  test('a redirect is not followed', async () => {
    let visits = 0
    const elsewhere = createServer((_, response) => void (visits++, response.end())).listen(0, '127.0.0.1')
    await once(elsewhere, 'listening')
    const address = elsewhere.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const answer = await ask(await device({ behaviour: 'redirect', elsewhere: `http://127.0.0.1:${port ?? 0}/` }))
    elsewhere.close()
    expect(answer).toMatchObject({ ok: false, error: { kind: 'invalid' } })
    expect(visits).toBe(0)
  })

  test('nobody there is told at once', async () => {
    const camera = await device()
    await open.splice(0)[0]?.[Symbol.asyncDispose]()
    const answer = await ask(camera)
    expect(answer).toMatchObject({ ok: false, error: { kind: 'unavailable', message: expect.stringContaining('ECONNREFUSED') as string } })
  })

  test('a stop ends the talk', async () => {
    const stop = new AbortController()
    const { port } = await device({ behaviour: 'hang' })
    const talk = askDevice({ address: ADDRESS, port, secure: false, path: '/' }, { credentials: null, answerWithinMs: 60_000 }, stop.signal)
    stop.abort()
    expect(await talk).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
  })
})
