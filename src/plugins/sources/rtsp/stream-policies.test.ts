import { describe, expect, test } from 'vitest'
import { detectRetryMs } from './detect-feed.ts'
import { reconnectDelayMs } from './reconnect-policy.ts'
import { GreetingReader, soundFor, type StreamFacts } from './stream-facts.ts'
import { adviceFor, STREAM_TROUBLES, troubleFrom } from './stream-trouble.ts'

describe('what ffmpeg says', () => {
  test.each([
    ['[rtsp @ 0x1] method DESCRIBE failed: 401 Unauthorized\nrtsp://***:***@cam/x: Server returned 401 Unauthorized', 'credentials'],
    ['[tcp @ 0x1] Connection to tcp://10.0.0.9:554?timeout=0 failed: Connection refused', 'offline'],
    ['rtsp://cam/x: Connection timed out', 'offline'],
    ['rtsp://cam/x: No route to host', 'offline'],
    ['[rtsp @ 0x1] method SETUP failed: 453 Not Enough Bandwidth', 'session_limit'],
    ['[rtsp @ 0x1] method DESCRIBE failed: 404 Not Found', 'not_found'],
    ['av_interleaved_write_frame(): No space left on device', 'disk'],
    ['[segment @ 0x1] Failed to open segment: Read-only file system', 'disk'],
    ['Device creation failed: -542398533.', 'decoder'],
    ['Could not write header for output file #0 (incorrect codec parameters ?): Invalid argument', 'output'],
    ['[segment @ 0x1] dimensions not set\nCould not write header for output file #0 (incorrect codec parameters ?)', 'ended'],
    ['rtsp://***:***@nvr/Streaming/Channels/401: Connection refused', 'offline'],
    ['rtsp://***:***@nvr/Streaming/Channels/404: Server returned 5XX Server Error reply', 'ended'],
    ['[rtsp @ 0x1] RTP: missed 453 packets\nrtsp://cam/x: Connection timed out', 'offline'],
    ['[h264 @ 0x1] current: 403\nbitrate: 401 kb/s', 'ended'],
    ['', 'ended'],
    ['Exiting normally, received signal 15.', 'ended'],
  ] as const)('%j means %s', (stderr, trouble) => {
    expect(troubleFrom(stderr)).toBe(trouble)
  })

  test('each trouble comes with what to do about it', () => {
    for (const trouble of STREAM_TROUBLES) expect(adviceFor(trouble).length).toBeGreaterThan(10)
  })
})

describe('a camera that does not answer', () => {
  const policy = { backoffMs: 1000, maxBackoffMs: 30_000, maxAttempts: 0 }
  const delay = (trouble: Parameters<typeof reconnectDelayMs>[0], failures: number, changes = {}) =>
    reconnectDelayMs(trouble, failures, { ...policy, ...changes }, 0.5)

  test('is tried again ever more rarely, up to a limit, for ever', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 100].map((failures) => delay('offline', failures))).toEqual([
      1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000,
    ])
  })

  test('is tried at once when a good connection was lost', () => {
    expect(delay('stalled', 0)).toBe(1000)
  })

  test('is not asked again soon when it refused the password, as it would lock the account', () => {
    expect(delay('credentials', 1)).toBe(30_000)
    expect(delay('credentials', 20)).toBe(300_000)
  })

  test('is dialled without delay when we hung up ourselves', () => {
    expect(delay('restart', 0)).toBe(0)
  })

  test('is given up only if told to', () => {
    expect(delay('offline', 4, { maxAttempts: 5 })).not.toBeNull()
    expect(delay('offline', 5, { maxAttempts: 5 })).toBeNull()
  })

  test('has its waiting spread by chance', () => {
    expect(reconnectDelayMs('offline', 3, policy, 0)).toBe(3000)
    expect(reconnectDelayMs('offline', 3, policy, 1)).toBe(5000)
  })
})

test('a detect stream that is down is probed after 25 s, then × 1.6, up to a minute', () => {
  expect([1, 2, 3, 4, 5, 50].map((failures) => detectRetryMs(failures, 'stalled'))).toEqual([1000, 25_000, 40_000, 60_000, 60_000, 60_000])
  expect(detectRetryMs(1, 'credentials')).toBe(300_000)
})

describe("ffmpeg's greeting", () => {
  const GREETING = `Input #0, rtsp, from 'rtsp://u:p@cam/x':
  Duration: N/A, start: 0.000000, bitrate: N/A
  Stream #0:0: Video: hevc (Main), yuv420p(tv, bt709), 2560x1440 [SAR 1:1 DAR 16:9], 15 fps, 15 tbr, 90k tbn
  Stream #0:1: Audio: pcm_alaw, 8000 Hz, mono, s16, 64 kb/s
Stream mapping:
  Stream #0:0 -> #0:0 (copy)
`
  const read = (chunks: readonly string[]) => {
    const facts: StreamFacts[] = []
    const reader = new GreetingReader((found) => facts.push(found))
    for (const chunk of chunks) reader.push(chunk)
    return facts
  }

  test('tells once what the camera sends, however it comes in pieces', () => {
    const wanted = [{ video_codec: 'hevc', width: 2560, height: 1440, audio_codec: 'pcm_alaw' }]
    expect(read([GREETING])).toEqual(wanted)
    expect(read(GREETING.split(''))).toEqual(wanted)
  })

  test('tells nothing before it is complete', () => {
    expect(read([GREETING.slice(0, 150)])).toEqual([])
  })

  test.each([
    ['aac', 'copy'],
    ['opus', 'copy'],
    ['pcm_alaw', 'aac'],
    ['adpcm_g726', 'aac'],
    [null, 'copy'],
  ] as const)('sound in %s goes into the ring as %s', (codec, sound) => {
    expect(soundFor(codec)).toBe(sound)
  })
})
