import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gstServerMissing, startGstServer } from './gst-rtsp-server.ts'
import { readAllFrames, startReading } from './rtsp-reader.ts'
import { makeVideo } from './videos.ts'

const missing = gstServerMissing()

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'homesec-gst-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe.skipIf(missing !== null)(`GStreamer's RTSP server${missing === null ? '' : ` (${missing})`}`, () => {
  test.each([
    ['h264', 'a "quoted" name.mp4', ['-c:v', 'libx264', '-pix_fmt', 'yuv420p']],
    ['h265', 'plain.mkv', ['-c:v', 'libx265', '-x265-params', 'log-level=error:bframes=0']],
  ] as const)('shows each client the whole %s file', async (codec, name, options) => {
    const video = makeVideo(join(folder, name), { options })
    const source = await readAllFrames(video)
    await using server = await startGstServer({ video, codec })
    for (const transport of ['tcp', 'udp'] as const) {
      await using reading = startReading(server.url, transport)
      await reading.ended
      // At the end of a file it keeps the last frame or two to itself, or hangs up before they are through.
      expect(reading.frames.length).toBeGreaterThanOrEqual(28)
      expect(reading.frames.map(({ md5 }) => md5)).toEqual(source.slice(0, reading.frames.length).map(({ md5 }) => md5))
    }
  })
})
