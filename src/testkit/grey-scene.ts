/** The size frames are analysed in. */
export const SCENE = { width: 320, height: 180 } as const
const COUNT = SCENE.width * SCENE.height

export interface GreyPicture {
  readonly width: number
  readonly height: number
  readonly pixels: Uint8Array
}

/** What the camera would see at one moment: a grey level for each place, then light and sensor. */
export interface SceneMoment {
  /** What stands before the background, from back to front. */
  readonly things?: readonly Thing[]
  /** Pixels by which the camera has moved. */
  readonly shift?: readonly [x: number, y: number]
  /** From what is there to what is seen, at a place. */
  readonly light?: (level: number, x: number, y: number) => number
  /** Largest deviation of a pixel. */
  readonly noise?: number
}

export interface Thing {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly level: number
}

/** Draws a yard: bright sky and wall, dark door and window, a textured ground. The same seed draws the same. */
export class GreyScene {
  readonly #random: () => number
  readonly #noise: Float32Array
  readonly #yard = Uint8Array.from({ length: COUNT }, (_, at) => yard(at % SCENE.width, Math.floor(at / SCENE.width)))

  constructor(seed = 1) {
    this.#random = randomFrom(seed)
    this.#noise = Float32Array.from({ length: 2 * COUNT }, () => this.#random() * 2 - 1)
  }

  picture(moment: SceneMoment = {}): GreyPicture {
    const { width, height } = SCENE
    const pixels = this.#yardFrom(moment.shift ?? [0, 0])
    for (const thing of moment.things ?? []) paint(pixels, thing)
    if (moment.light !== undefined) lit(pixels, moment.light)
    if (moment.noise !== undefined) this.#addNoise(pixels, moment.noise)
    return { width, height, pixels: new Uint8Array(pixels.buffer) }
  }

  #yardFrom([x, y]: readonly [number, number]): Uint8ClampedArray {
    const shown = new Uint8ClampedArray(this.#yard)
    return x === 0 && y === 0 ? shown : shown.map((_, at) => yard((at % SCENE.width) + x, Math.floor(at / SCENE.width) + y))
  }

  #addNoise(pixels: Uint8ClampedArray, most: number): void {
    const noise = this.#noise
    const from = Math.floor(this.#random() * COUNT)
    for (let at = 0; at < COUNT; at += 1) pixels[at] = (pixels[at] ?? 0) + (noise[from + at] ?? 0) * most
  }

  /** A number below 1. */
  random(): number {
    return this.#random()
  }
}

function lit(pixels: Uint8ClampedArray, light: NonNullable<SceneMoment['light']>): void {
  for (let y = 0, at = 0; y < SCENE.height; y += 1) {
    for (let x = 0; x < SCENE.width; x += 1, at += 1) pixels[at] = light(pixels[at] ?? 0, x, y)
  }
}

function paint(pixels: Uint8ClampedArray, thing: Thing): void {
  const { width, height } = SCENE
  const left = Math.max(0, Math.round(thing.x))
  const right = Math.min(width, Math.round(thing.x) + thing.width)
  if (left >= right) return
  for (let y = Math.max(0, thing.y); y < Math.min(height, thing.y + thing.height); y += 1) {
    pixels.fill(thing.level, y * width + left, y * width + right)
  }
}

function yard(x: number, y: number): number {
  if (y < 40) return 190 + ((x >> 5) & 1) * 10
  if (y < 100) {
    if (x >= 60 && x < 90 && y >= 50) return 50 // the door
    if (x >= 180 && x < 230 && y < 80) return 35 + ((y >> 3) & 1) * 25 // the window, with its blind
    return 140 + ((y >> 2) & 1) * 12 // the wall, with its bricks
  }
  return 90 + (((x * 7 + y * 13) >> 2) & 15) * 4 // the gravel
}

/** Mulberry32: small, and good enough for noise. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
