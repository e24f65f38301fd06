import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeVideo } from '../videos.ts'
import { startSimulatedCamera, type SimulatedCamera } from './simulated-camera.ts'

let folder = ''
let video = ''
let camera: SimulatedCamera
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'homesec-rtsp-dialogue-'))
  video = makeVideo(join(folder, 'video.mp4'), { options: ['-c:v', 'libx264', '-g', '5', '-pix_fmt', 'yuv420p'] })
  camera = await startSimulatedCamera({ streams: { a: { video }, b: { video } } })
})
afterAll(async () => {
  await camera[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** A client that says exactly what a test wants. */
class RawClient implements Disposable {
  readonly socket: Socket
  /** Whether by an end, a reset or our own hand. */
  readonly closed: Promise<unknown>
  readonly #port: number
  #received = Buffer.alloc(0)
  #sequence = 0

  private constructor(socket: Socket, port: number) {
    this.socket = socket
    this.#port = port
    socket.on('data', (chunk) => (this.#received = Buffer.concat([this.#received, chunk])))
    socket.on('error', () => undefined)
    this.closed = new Promise((resolve) => socket.once('close', resolve))
  }

  static async to({ port }: SimulatedCamera): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new RawClient(socket, port)
  }

  get received(): Buffer {
    return this.#received
  }

  /** The answer without its body; packets before it are passed over. */
  async ask(method: string, path: string, headers: Readonly<Record<string, string>> = {}): Promise<{ status: number; text: string }> {
    this.#sequence += 1
    const lines = Object.entries({ CSeq: String(this.#sequence), ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
    this.socket.write(`${method} rtsp://127.0.0.1:${this.#port}/${path} RTSP/1.0\r\n${lines.join('')}\r\n`)
    const isAnswer = new RegExp(`RTSP/1\\.0 (\\d+)[^\\r]*\\r\\nCSeq: ${this.#sequence}\\r\\n[^]*?\\r\\n\\r\\n`)
    for (;;) {
      const [text, status] = isAnswer.exec(this.#received.toString('latin1')) ?? []
      if (text !== undefined) return { status: Number(status), text }
      await once(this.socket, 'data')
    }
  }

  async setUp(path: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
    const { text } = await this.ask('SETUP', `${path}/trackID=0`, { Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1', ...headers })
    return /Session: (\w+);timeout=60/.exec(text)?.[1] ?? ''
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }
}

test('the methods are told to anybody', async () => {
  using client = await RawClient.to(camera)
  expect((await client.ask('OPTIONS', 'a')).text).toContain('Public: OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER')
})

test.each([
  ['RECORD', 'a', {}, 405],
  ['DESCRIBE', 'nowhere', {}, 404],
  ['SETUP', 'nowhere', { Transport: 'RTP/AVP/TCP;interleaved=0-1' }, 404],
  ['SETUP', 'a/trackID=1', { Transport: 'RTP/AVP/TCP;interleaved=0-1' }, 404],
  ['SETUP', 'a/trackID=0', { Transport: 'RTP/AVP;multicast' }, 461],
  ['SETUP', 'a/trackID=0', {}, 461],
  ['SETUP', 'a/trackID=0', { Transport: 'RTP/AVP/TCP;interleaved=0-1', Session: 'none' }, 454],
  ['PLAY', 'a', {}, 454],
  ['PAUSE', 'a', { Session: 'none' }, 454],
  ['GET_PARAMETER', 'a', { Session: 'none' }, 454],
  ['GET_PARAMETER', 'a', {}, 200],
  ['OPTIONS', 'a', { Require: 'implicit-play' }, 551],
])('%s %s %j is answered with %d', async (method, path, headers, status) => {
  using client = await RawClient.to(camera)
  expect((await client.ask(method, path, headers)).status).toBe(status)
})

test('a session belongs to one stream and cannot be changed while it plays', async () => {
  using client = await RawClient.to(camera)
  const Session = await client.setUp('a')
  expect((await client.ask('SETUP', 'b/trackID=0', { Transport: 'RTP/AVP/TCP;interleaved=2-3', Session })).status).toBe(459)
  expect((await client.ask('PLAY', 'a', { Session })).status).toBe(200)
  expect((await client.ask('SETUP', 'a/trackID=0', { Transport: 'RTP/AVP/TCP;interleaved=2-3', Session })).status).toBe(455)
})

test('PLAY tells the number and time of the first packet, which is of a keyframe', async () => {
  using client = await RawClient.to(camera)
  const Session = await client.setUp('a')
  const { text } = await client.ask('PLAY', 'a/', { Session, Range: 'npt=0.000-' })
  const [, url, seq, rtptime] = /RTP-Info: url=(\S+);seq=(\d+);rtptime=(\d+)/.exec(text) ?? []
  expect(url).toMatch(/\/a\/trackID=0$/)
  // After the answer come a report on channel 1 and then the packets on channel 0, beginning with the SPS.
  const end = client.received.indexOf('\r\n\r\n', client.received.indexOf('RTP-Info')) + 4
  while (client.received.length < end + 100) await once(client.socket, 'data')
  const report = client.received.subarray(end)
  expect([...report.subarray(0, 2)]).toEqual([0x24, 1])
  const packet = report.subarray(4 + report.readUInt16BE(2))
  expect([...packet.subarray(0, 2)]).toEqual([0x24, 0])
  expect([packet.readUInt16BE(6), packet.readUInt32BE(8), (packet[16] ?? 0) & 0x1f]).toEqual([Number(seq), Number(rtptime), 7])
})

test('PAUSE stops the pictures, PLAY goes on, TEARDOWN ends', async () => {
  using client = await RawClient.to(camera)
  const Session = await client.setUp('a')
  await client.ask('PLAY', 'a', { Session })
  expect(camera.sessionsOf('a').current).toBe(1)
  expect((await client.ask('PAUSE', 'a', { Session })).status).toBe(200)
  expect(camera.sessionsOf('a').current).toBe(0)
  const { length } = client.received
  await delay(400)
  expect(client.received).toHaveLength(length)
  await client.ask('PLAY', 'a', { Session })
  expect((await client.ask('SET_PARAMETER', 'a', { Session })).status).toBe(200)
  expect((await client.ask('TEARDOWN', 'a', { Session })).status).toBe(200)
  expect((await client.ask('GET_PARAMETER', 'a', { Session })).status).toBe(454)
  expect(camera.sessionsOf('a').current).toBe(0)
})

test('a client that leaves without a word ends its session', async () => {
  const client = await RawClient.to(camera)
  await client.ask('PLAY', 'b', { Session: await client.setUp('b') })
  expect(camera.sessionsOf('b').current).toBe(1)
  client[Symbol.dispose]()
  while (camera.sessionsOf('b').current > 0) await delay(10)
})

/** Noise: more than the buffers of a connection hold within a second or two. */
const heavyVideo = () => {
  const path = join(folder, 'heavy.mp4')
  if (existsSync(path)) return path
  const noise = [
    '-vf',
    'geq=random(1)*255:128:128',
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-qp',
    '18',
    '-g',
    '5',
    '-pix_fmt',
    'yuv420p',
  ]
  return makeVideo(path, { size: '1280x720', fps: 25, picture: 'nullsrc', options: noise, duration_s: 1 })
}

test('a client that leaves while the camera drops it is forgotten too', async () => {
  await using dropping = await startSimulatedCamera({ streams: { a: { video } } })
  for (let round = 0; round < 50; round += 1) {
    using client = await RawClient.to(dropping)
    const Session = await client.setUp('a')
    await client.ask('PLAY', 'a', { Session })
    if (round % 3 === 0) client.socket.end()
    if (round % 3 === 1) client.socket.resetAndDestroy()
    if (round % 2 === 0) await new Promise(setImmediate)
    dropping.drop()
    expect(dropping.sessions.current).toBe(0)
    await client.closed
  }
  expect(dropping.sessions).toMatchObject({ current: 0, peak: 1, total: 50 })
})

test('a client that does not read is dropped at once', async () => {
  await using dropping = await startSimulatedCamera({ streams: { a: { video: heavyVideo() } } })
  using client = await RawClient.to(dropping)
  await client.ask('PLAY', 'a', { Session: await client.setUp('a') })
  client.socket.pause()
  await delay(2000)
  dropping.drop()
  expect(dropping.sessions.current).toBe(0)
  client.socket.resume()
  await client.closed
})

test('garbage is answered and the connection closed', async () => {
  using client = await RawClient.to(camera)
  client.socket.write('GET / HTTP/1.1\r\n\r\n')
  await once(client.socket, 'close')
  expect(client.received.toString()).toMatch(/^RTSP\/1\.0 400 Bad Request\r\n/)
})

test('answers keep the order of their requests behind a slow one', async () => {
  await using slow = await startSimulatedCamera({ streams: { a: { video } } })
  slow.setSlowStart(300)
  using client = await RawClient.to(slow)
  const order: string[] = []
  const described = client.ask('DESCRIBE', 'a').then(() => order.push('DESCRIBE'))
  const options = client.ask('OPTIONS', 'a').then(() => order.push('OPTIONS'))
  await Promise.all([described, options])
  expect(client.received.indexOf('CSeq: 1\r\n')).toBeLessThan(client.received.indexOf('CSeq: 2\r\n'))
  expect(client.received.indexOf('CSeq: 1\r\n')).toBeGreaterThan(0)
})

test('a client that does not read is sent whole frames less often, and memory stays', async () => {
  await using busy = await startSimulatedCamera({ streams: { a: { video: heavyVideo() } } })
  using client = await RawClient.to(busy)
  await client.ask('PLAY', 'a', { Session: await client.setUp('a') })
  client.socket.pause()
  let before = -1
  while (busy.sentFrames('a').length > before) {
    before = busy.sentFrames('a').length
    await delay(1000)
  }
  client.socket.resume()
  while (busy.sentFrames('a').length < before + 10) await delay(50)
  expect(busy.sentFrames('a')[before]).toMatchObject({ key: true })
})
