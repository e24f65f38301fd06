/** The size frames are analysed in. */
export const SCENE = { width: 320, height: 180 } as const

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

  constructor(seed = 1) {
    this.#random = randomFrom(seed)
  }

  picture(moment: SceneMoment = {}): GreyPicture {
    const { things = [], shift = [0, 0], light, noise = 0 } = moment
    const { width, height } = SCENE
    const pixels = new Uint8Array(width * height)
    for (let y = 0, at = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1, at += 1) {
        const thing = things.findLast((one) => x >= one.x && x < one.x + one.width && y >= one.y && y < one.y + one.height)
        const level = thing?.level ?? yard(x + shift[0], y + shift[1])
        const lit = light === undefined ? level : light(level, x, y)
        pixels[at] = Math.min(255, Math.max(0, lit + (noise === 0 ? 0 : (this.#random() * 2 - 1) * noise)))
      }
    }
    return { width, height, pixels }
  }

  /** A number below 1. */
  random(): number {
    return this.#random()
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
