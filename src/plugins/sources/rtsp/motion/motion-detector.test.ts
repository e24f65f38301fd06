import { describe, expect, test } from 'vitest'
import { GreyScene, SCENE, type SceneMoment, type Thing } from '../../../../testkit/grey-scene.ts'
import { watchFrames } from '../../../../testkit/watch-scene.ts'
import { MotionConfigSchema } from './motion-config.ts'
import { MotionDetector } from './motion-detector.ts'
import { motionSettings } from './motion-settings.ts'

const FPS = 5
type Config = Parameters<typeof MotionConfigSchema.parse>[0]
const detector = (config: Config = {}) => new MotionDetector(motionSettings(MotionConfigSchema.parse(config)))

type Script = (second: number, scene: GreyScene) => SceneMoment

/** Shows the scene as it is at each fifth of a second. */
function watch(seconds: number, script: Script, config: Config = {}) {
  return watchFrames(detector(config), film(seconds, script), FPS)
}
function* film(seconds: number, script: Script) {
  const scene = new GreyScene()
  for (let n = 0; n < seconds * FPS; n += 1) yield scene.picture({ noise: 6, ...script(n / FPS, scene) })
}

const someone = (x: number, height = 70): Thing => ({ x, y: 170 - height, width: Math.round(height / 2.8), height, level: 30 })
const part = (second: number, from: number, until: number) => Math.min(1, Math.max(0, (second - from) / (until - from)))

describe('someone', () => {
  test('who walks through is seen all the way', () => {
    const { motion } = watch(25, (second) => (second > 5 ? { things: [someone(-20 + (second - 5) * 20)] } : {}))
    expect(motion).toEqual([[expect.closeTo(5.3, 0), expect.closeTo(21.6, 0)]])
  })

  test('who creeps is seen all the way', () => {
    const { motion } = watch(70, (second) => (second > 5 ? { things: [someone(-20 + (second - 5) * 4)] } : {}))
    expect(motion).toEqual([[expect.closeTo(5.8, 0), 69.8]])
  })

  test('who stands still for half a minute is seen until they have left', () => {
    const walk = (second: number) => (second < 10 ? -20 + (second - 5) * 24 : second < 40 ? 100 : 100 + (second - 40) * 60)
    const { motion } = watch(55, (second) => (second > 5 ? { things: [someone(walk(second))] } : {}))
    expect(motion).toEqual([[expect.closeTo(5.3, 0), expect.closeTo(43.6, 0)]])
  })

  test('is seen one frame after they came, with the time of the frame in which they came', () => {
    const { reports } = watch(6, (second) => (second >= 4 ? { things: [someone(100)] } : {}))
    expect(reports.filter(({ isMotion }) => isMotion)[0]).toMatchObject({ motionSinceMs: 4000 })
    expect(reports.findIndex(({ isMotion }) => isMotion)).toBe(4 * FPS + 1)
  })

  test('who comes up close is not taken for a change of light', () => {
    const near = (second: number): Thing => ({ x: Math.min(60, -200 + (second - 5) * 150), y: 0, width: 200, height: 180, level: 40 })
    const { motion, states } = watch(30, (second) => (second > 5 && second < 20 ? { things: [near(second)] } : {}))
    expect(motion[0]).toEqual([expect.closeTo(5.3, 0), expect.closeTo(19.8, 0)])
    expect(states.filter((state) => state.startsWith('light'))).toEqual([])
  })

  test('in whose way a lamp goes on is seen before, while and after', () => {
    const lamp = (level: number, x: number, y: number) => level + 110 * Math.exp(-((x - 240) ** 2 + (y - 90) ** 2) / 20_000)
    const { motion } = watch(20, (second) => ({
      things: second > 5 ? [someone(-20 + (second - 5) * 15)] : [],
      ...(second > 8 ? { light: lamp } : {}),
    }))
    expect(motion).toEqual([[expect.closeTo(5.5, 0), 19.8]])
  })
})

describe('nothing moves', () => {
  const ramp = (second: number) => part(second, 5, 8)
  const infrared = (level: number, _x: number, y: number) => (y < 40 ? 20 : y < 100 ? (level < 100 ? 120 : 160) : 230 - level * 0.3)
  const exposed = (second: number) => (second < 5.6 ? 0 : second < 6 ? 2.5 : second < 8 ? 2 - (second - 6) / 2 : 1)

  test.each<[string, Script]>([
    ['at all', () => ({})],
    ['and the camera is very noisy', () => ({ noise: 80 })],
    ['and it gets brighter at once', (second) => (second > 5 ? { light: (level) => level + 60 } : {})],
    ['and it gets darker at once', (second) => (second > 5 ? { light: (level) => level - 80 } : {})],
    ['and the exposure doubles', (second) => (second > 5 ? { light: (level) => level * 2 } : {})],
    ['and the light flickers', (second) => ({ light: (level) => level * (0.75 + 0.25 * Math.sin(second * 9)) })],
    ['and a cloud takes half of the light', (second) => ({ light: (level) => level * (1 - 0.5 * ramp(second)) })],
    ['and the sun comes out on one side', (second) => (second > 5 ? { light: (level, x) => (x > 160 ? level * 1.6 : level) } : {})],
    ['and a lamp goes on', (second) => (second > 5 ? { light: (level, x) => level + (x > 200 ? 90 : 10) } : {})],
    ['and a lamp goes on and off', (second) => (second > 5 && second < 12 ? { light: (level, x) => level + (x > 200 ? 90 : 0) } : {})],
    ['and the camera switches to infrared', (second) => (second < 5 ? {} : { light: (...at) => infrared(...at) * exposed(second) })],
    ['and it shakes by a pixel', (second) => ({ shift: [Math.round(Math.sin(second * 9)), Math.round(Math.cos(second * 7))] })],
    ['and a frame is broken', (second) => (Math.abs(second - 8) < 0.05 ? { light: (level, _x, y) => (y > 60 ? 128 : level) } : {})],
    ['and a frame is grey', (second) => (Math.abs(second - 8) < 0.05 ? { light: () => 128 } : {})],
    ['but a cat', (second) => ({ things: [{ x: second * 10, y: 150, width: 14, height: 9, level: 10 }] })],
    [
      'but the rain',
      (_second, scene) => ({
        things: Array.from({ length: 150 }, () => ({
          ...{ x: Math.floor(scene.random() * SCENE.width), y: Math.floor(scene.random() * SCENE.height) },
          ...{ width: 1, height: 10, level: 220 },
        })),
      }),
    ],
  ])('%s', (_what, script) => {
    expect(watch(20, script).motion).toEqual([])
  })

  test('from noon to night', () => {
    expect(watch(80, (second) => ({ light: (level) => level * (1 - part(second, 0, 90)) })).motion).toEqual([])
  })

  test('but a leaf in a masked area, which counts where it is not masked', () => {
    const leaf = (second: number): SceneMoment => ({ things: [{ x: 20 + Math.round(10 * Math.sin(second * 4)), y: 20, width: 40, height: 40, level: 20 }] }) // prettier-ignore
    const masks = [[[0, 0], [0.35, 0], [0.35, 0.45], [0, 0.45]]] // prettier-ignore
    expect(watch(15, leaf, { masks }).motion).toEqual([])
    expect(watch(15, leaf).motion).not.toEqual([])
  })
})

test('a car that parks is motion for as long as stated, and its leaving is seen and leaves no trace', () => {
  const place = (second: number) => (second < 14 ? -120 + (second - 10) * 50 : second < 100 ? 80 : 80 + (second - 100) * 70)
  const car = (second: number): Thing => ({ x: place(second), y: 110, width: 120, height: 45, level: 220 })
  const { motion } = watch(115, (second) => (second > 10 && second < 105 ? { things: [car(second)] } : {}))
  expect(motion).toEqual([
    [expect.closeTo(10.4, 0), expect.closeTo(73.6, 0)],
    [expect.closeTo(100.2, 0), expect.closeTo(103.3, 0)],
  ])
})

test('a smaller thing is motion while recording', () => {
  const { picture } = { picture: (things: readonly Thing[]) => new GreyScene().picture({ things }) }
  const isMotion = (isRecording: boolean) => {
    const watching = detector({ settle_s: 0, min_frames: 1 })
    watching.analyze(picture([]), { streamMs: 0, isRecording })
    return watching.analyze(picture([{ x: 100, y: 120, width: 20, height: 20, level: 10 }]), { streamMs: 200, isRecording }).isMotion
  }
  expect([isMotion(false), isMotion(true)]).toEqual([false, true])
})

describe('the background is learnt', () => {
  const settled = (watching: MotionDetector, fromMs: number) => {
    for (let streamMs = fromMs; streamMs < fromMs + 3000; streamMs += 200) watching.analyze(new GreyScene().picture(), { streamMs, isRecording: false }) // prettier-ignore
  }
  const stateOf = (watching: MotionDetector, streamMs: number, picture = new GreyScene().picture()) =>
    watching.analyze(picture, { streamMs, isRecording: false }).state

  test('first, for as long as stated', () => {
    expect(watch(6, () => ({})).states).toEqual(['settling 0', 'watching 2'])
    expect(watch(6, () => ({}), { settle_s: 4 }).states).toEqual(['settling 0', 'watching 4'])
    expect(watch(6, () => ({}), { settle_s: 0 }).states).toEqual(['watching 0'])
  })

  test('after a reset', () => {
    const watching = detector()
    settled(watching, 0)
    expect(stateOf(watching, 3000)).toBe('watching')
    watching.reset()
    expect(stateOf(watching, 3200)).toBe('settling')
  })

  test('after a change of the size', () => {
    const watching = detector()
    settled(watching, 0)
    expect(stateOf(watching, 3000, { width: 4, height: 3, pixels: new Uint8Array(12) })).toBe('settling')
    expect(stateOf(watching, 5000, { width: 4, height: 3, pixels: new Uint8Array(12) })).toBe('settling')
    expect(stateOf(watching, 7100, { width: 4, height: 3, pixels: new Uint8Array(12) })).toBe('watching')
  })

  test('for no longer when the time of the stream jumps back, and for no shorter when it jumps on', () => {
    const back = detector()
    expect([stateOf(back, 500_000), stateOf(back, 0), stateOf(back, 1900), stateOf(back, 2900)].at(-1)).toBe('watching')
    const on = detector()
    expect([stateOf(on, 0), stateOf(on, 500_000)].at(-1)).toBe('settling')
  })
})
