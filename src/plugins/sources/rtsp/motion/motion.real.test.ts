import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import type { GreyPicture } from '../../../../testkit/grey-scene.ts'
import { testData } from '../../../../testkit/videos.ts'
import { watchFrames } from '../../../../testkit/watch-scene.ts'
import { recordingStep } from '../recording-policy.ts'
import { MotionConfigSchema } from './motion-config.ts'
import { MotionDetector, type MotionReport } from './motion-detector.ts'
import { motionSettings } from './motion-settings.ts'

const video = testData('videos/one-by-one-person.mp4')
/** Where an object detector, asked once a second, sees someone; they are in the picture for up to a second before and after. */
const PRESENCE_S = [[6, 19], [23, 43], [51, 69], [75, 86], [93, 119], [124, 135]] as const // prettier-ignore
const EARLIEST_COMING_S = 1
const LATEST_LEAVING_S = 2.2
const PRE_ROLL_S = 5
const POLICY = { stopDelayMs: 10_000, maxRecordingMs: 60_000 }

interface Shape {
  readonly fps?: number
  readonly size?: readonly [width: number, height: number]
  /** Filters of ffmpeg, before scaling. */
  readonly filters?: readonly string[]
  readonly inputOptions?: readonly string[]
  readonly config?: Parameters<typeof MotionConfigSchema.parse>[0]
  /** Seconds for which the shadow of who has left may be seen. */
  readonly shadowS?: number
}

function watch(shape: Shape) {
  const { fps = 5, size: [width, height] = [320, 180], filters = [], inputOptions = [], config = {} } = shape
  const chain = [...filters, `fps=${fps}`, `scale=${width}:${height}:flags=area`, 'format=gray'].join(',')
  const decoding = spawnSync(
    'ffmpeg',
    ['-v', 'error', '-nostdin', ...inputOptions, '-i', video ?? '', '-vf', chain, '-f', 'rawvideo', '-'], // prettier-ignore
    { maxBuffer: 2 ** 30 },
  )
  const frames: GreyPicture[] = []
  for (let at = 0; at + width * height <= decoding.stdout.length; at += width * height) {
    frames.push({ width, height, pixels: decoding.stdout.subarray(at, at + width * height) })
  }
  return {
    fps,
    frameCount: frames.length,
    ...watchFrames(new MotionDetector(motionSettings(MotionConfigSchema.parse(config))), frames, fps),
  }
}

/** What would be recorded, in seconds: from the pre-roll before the first motion to the end of the delay after the last. */
function recordings(reports: readonly MotionReport[], fps: number): readonly (readonly [number, number])[] {
  const clips: [number, number][] = []
  let current: [number, number] | null = null
  let lastMotionS = -Infinity
  for (const [n, { isMotion, motionSinceMs }] of reports.entries()) {
    const nowS = n / fps
    if (isMotion) lastMotionS = nowS
    const recordedMs: number | null = current === null ? null : (nowS - current[0]) * 1000
    const step = recordingStep({ isMotion, quietMs: (nowS - lastMotionS) * 1000, recordedMs }, POLICY)
    if (current !== null) current[1] = nowS
    if (step === 'start') current = [(motionSinceMs ?? NaN) / 1000 - PRE_ROLL_S, nowS]
    if (step === 'rotate') current = [nowS, nowS]
    if (current !== null && clips.at(-1) !== current) clips.push(current)
    if (step === 'stop') current = null
  }
  return clips
}

/** Clips that follow one another without a gap are one. */
function joined(clips: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  const whole: [number, number][] = []
  for (const [from, until] of clips) {
    const latest = whole.at(-1)
    if (latest !== undefined && from <= latest[1]) latest[1] = until
    else whole.push([from, until])
  }
  return whole
}

describe.skipIf(video === null)('six people in a hallway, one by one', () => {
  test.each<[string, Shape]>([
    ['as it is', {}],
    ['at 10 frames a second', { fps: 10 }],
    ['at 2 frames a second', { fps: 2 }],
    ['in pictures of 160x90', { size: [160, 90] }],
    ['by a noisy camera', { filters: ['noise=alls=12:allf=t'] }],
    ['in flickering light', { filters: ["eq=brightness='0.08*sin(9*t)':eval=frame"] }],
    ['while a cloud passes', { filters: ["eq=brightness='-0.2*between(t,30,200)*min(1,(t-30)/20)':eval=frame"] }],
    ['decoded without deblocking', { inputOptions: ['-skip_loop_filter', 'all', '-flags2', 'fast'] }],
    ['with a lower threshold', { config: { pixel_threshold: 25 }, shadowS: 1 }],
    ['with a higher threshold', { config: { pixel_threshold: 80 } }],
    ['with half of the area', { config: { min_changed_pct: 0.5 } }],
    ['with twice the area', { config: { min_changed_pct: 2 } }],
    ['without a blur', { config: { blur_kernel: 0 } }],
  ])('%s: each is recorded in full, and nothing else is motion', (_what, shape) => {
    const { motion, reports, fps } = watch(shape)
    const whole = joined(recordings(reports, fps))
    for (const [comesS, leavesS] of PRESENCE_S) {
      expect(whole.some(([from, until]) => from <= comesS - PRE_ROLL_S + 1 && until >= leavesS)).toBe(true)
      const during = motion.filter(([from, until]) => until >= comesS && from <= leavesS)
      expect(during).toHaveLength(1)
      expect(during[0]?.[0]).toBeGreaterThanOrEqual(comesS - EARLIEST_COMING_S)
      expect(during[0]?.[0]).toBeLessThanOrEqual(comesS + 0.5)
      expect(during[0]?.[1]).toBeLessThanOrEqual(leavesS + LATEST_LEAVING_S + (shape.shadowS ?? 0))
    }
    expect(motion).toHaveLength(PRESENCE_S.length)
  })

  const EMPTY = 'trim=start=0.5:end=5.5,setpts=PTS-STARTPTS,loop=loop=5:size=50'

  test.each([
    ['nothing changes', 'null'],
    ['the camera is noisy', 'noise=alls=40:allf=t'],
    ['it gets darker slowly', "eq=brightness='-0.02*t':eval=frame"],
    ['it gets darker at once', "eq=brightness='-0.35*gte(t,10)':eval=frame"],
    ['it gets brighter at once', "eq=brightness='0.3*gte(t,10)':eval=frame"],
    ['the light flickers', "eq=brightness='0.15*sin(11*t)':eval=frame"],
    ['the light goes on and off', "eq=brightness='-0.4*mod(floor(t/7),2)':eval=frame"],
    ['the contrast halves', "eq=contrast='1-0.5*gte(t,10)':eval=frame"],
    ['the gamma changes', "eq=gamma='1-0.4*gte(t,10)':eval=frame"],
    ['everything is inverted, as infrared does to some things', "negate=enable='gte(t,10)'"],
  ])('there is no motion while nobody is there and %s', (_what, filter) => {
    const { motion, frameCount } = watch({ filters: [EMPTY, filter] })
    expect(frameCount).toBeGreaterThan(100)
    expect(motion).toEqual([])
  })
})
