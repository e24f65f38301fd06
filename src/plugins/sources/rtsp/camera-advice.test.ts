import { describe, expect, test } from 'vitest'
import { adviceOn, type CameraFindings, type DetectFinding } from './camera-advice.ts'
import { paceOf } from './explain-camera.ts'

const MAIN = { video_codec: 'h264', width: 1920, height: 1080, audio_codec: null, fps: 15, profile: 'Main' }
const SMALL = { ...MAIN, width: 640, height: 360 }
const GOOD: CameraFindings = {
  main: MAIN,
  pace: { fps: 15, kbitPerS: 2000, keyframeS: 2, watchedS: 10, hasBFrames: false },
  allowsSecondSession: true,
  detect: { state: 'used', stream: SMALL, isGuessed: true },
  decoder: 'none',
  wantedDecoder: 'none',
  preRollS: 5,
}
const pace = (changes: Partial<NonNullable<CameraFindings['pace']>>) => ({
  pace: { fps: 15, kbitPerS: 2000, keyframeS: 2, watchedS: 10, hasBFrames: false, ...changes },
})
const detect = (finding: DetectFinding) => ({ detect: finding })

test('a camera that is set well needs no advice', () => {
  expect(adviceOn(GOOD)).toEqual([])
})

test.each<[string, Partial<CameraFindings>, RegExp]>([
  ['keyframes are rare', pace({ keyframeS: 8 }), /keyframe.*30 frames.*8 s too early/],
  ['no two keyframes came', pace({ keyframeS: null }), /keyframe.*10 s too early/],
  ['hardly a picture came', { pace: null }, /too few pictures/],
  ['it has no small stream', detect({ state: 'none' }), /second, small stream.*detect_url_env/],
  [
    'the guessed small stream is refused',
    detect({ state: 'refused', trouble: 'not_found', isGuessed: true }),
    /no second stream was found/,
  ],
  [
    'the named small stream is refused',
    detect({ state: 'refused', trouble: 'credentials', isGuessed: false }),
    /detect_url_env does not work.*password/,
  ],
  ['the small stream is large', detect({ state: 'too_large', stream: MAIN, isGuessed: true }), /1920×1080, too large/],
  ['it gives one session only', { allowsSecondSession: false }, /one session only.*derive_detect/],
  ['it sends H.265', { main: { ...MAIN, video_codec: 'hevc' } }, /H\.265.*browser/],
  ['it sends MJPEG', { main: { ...MAIN, video_codec: 'mjpeg' } }, /switch the camera to H\.264/],
  ['it sends B-frames', pace({ hasBFrames: true }), /B-frames/],
  ['the wanted device is not there', { wantedDecoder: 'vaapi' }, /no graphics device.*vaapi/],
])('where %s, the owner is told what to do', (_name, changes, advice) => {
  const given = adviceOn({ ...GOOD, ...changes })
  expect(given).toHaveLength(1)
  expect(given[0]).toMatch(advice)
})

test('a camera with a small picture needs no second stream', () => {
  expect(adviceOn({ ...GOOD, main: SMALL, detect: { state: 'none' } })).toEqual([])
})

describe('the pace of a stream', () => {
  const csv = (times: readonly number[], keys: readonly number[]) =>
    times.map((at) => `${at},1000,${keys.includes(at) ? 'K__' : '___'}`).join('\n')

  test('is read from its packets', () => {
    const times = Array.from({ length: 41 }, (_, index) => index / 10)
    const found = paceOf(csv(times, [0, 2, 4]))
    expect(found).toMatchObject({ keyframeS: 2, watchedS: 4, hasBFrames: false })
    expect(found?.fps).toBeCloseTo(10)
    expect(found?.kbitPerS).toBeCloseTo((41 * 8) / 4)
  })

  test('shows B-frames by pictures that come out of order', () => {
    expect(paceOf(csv([0, 0.4, 0.1, 0.2, 0.3], [0]))).toMatchObject({ hasBFrames: true, keyframeS: null })
  })

  test('is not known from a picture or two, or from nonsense', () => {
    for (const text of ['', 'nonsense', csv([0, 0.1], [0]), csv([1, 1, 1], [1])]) expect(paceOf(text)).toBeNull()
  })
})
