import type { RgbPicture } from '../../../lib/ffmpeg/ppm-stream.ts'
import type { InputSize, OutputLayout } from './output-layout.ts'

/** How a picture becomes a model's input. */
export interface Preprocessing {
  readonly order: 'rgb' | 'bgr'
  /** Where the picture lies in the input; the rest is grey. `stretch` fills it. */
  readonly placement: 'corner' | 'centre' | 'stretch'
  /** A channel's value for each byte, in the order of the input's channels. */
  readonly tables: readonly [Float32Array, Float32Array, Float32Array]
}

const PAD = 114
const IMAGENET_MEAN = [0.485, 0.456, 0.406] as const
const IMAGENET_STD = [0.229, 0.224, 0.225] as const

const table = (valueOf: (byte: number) => number) => Float32Array.from({ length: 256 }, (_, byte) => valueOf(byte))
const same = (one: Float32Array) => [one, one, one] as const

/** What each family of models was trained with. docs/filters.md has the same as a table. */
export function preprocessingFor(layout: OutputLayout): Preprocessing {
  switch (layout.kind) {
    case 'yolox':
      return { order: 'bgr', placement: 'corner', tables: same(table((byte) => byte)) }
    case 'yolov5':
    case 'yolov8':
    case 'end_to_end':
      return { order: 'rgb', placement: 'centre', tables: same(table((byte) => byte / 255)) }
    case 'detr':
      return { order: 'rgb', placement: 'stretch', tables: detrTables(layout.classCount) }
  }
}

/** RT-DETR and its kin number 80 classes and take plain 0 to 1; those that number 91 take ImageNet's mean and spread. */
function detrTables(classCount: number): Preprocessing['tables'] {
  if (classCount === 80) return same(table((byte) => byte / 255))
  const channel = (index: 0 | 1 | 2) => table((byte) => (byte / 255 - IMAGENET_MEAN[index]) / IMAGENET_STD[index])
  return [channel(0), channel(1), channel(2)]
}

export interface Placed {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Where a picture that already fits into the input lies in it. */
export function placePicture(
  picture: { readonly width: number; readonly height: number },
  input: InputSize,
  how: Preprocessing['placement'],
): Placed {
  const { width, height } = picture
  if (how !== 'centre') return { x: 0, y: 0, width, height }
  return { x: Math.floor((input.width - width) / 2), y: Math.floor((input.height - height) / 2), width, height }
}

/** The model's input, reused from frame to frame: only the pixels under the picture are written again. */
export class InputBuffer {
  readonly data: Float32Array
  readonly #input: InputSize & { readonly channelsLast: boolean }
  readonly #how: Preprocessing
  #filledFor = ''

  constructor(input: InputSize & { readonly channelsLast: boolean }, how: Preprocessing) {
    this.#input = input
    this.#how = how
    this.data = new Float32Array(3 * input.width * input.height)
  }

  write(picture: RgbPicture): Placed {
    const placed = placePicture(picture, this.#input, this.#how.placement)
    const size = `${picture.width}x${picture.height}`
    if (this.#filledFor !== size) {
      this.#fillGrey()
      this.#filledFor = size
    }
    for (let channel = 0; channel < 3; channel += 1) this.#writeChannel(picture, placed, channel)
    return placed
  }

  #fillGrey(): void {
    this.#how.tables.forEach((values, channel) => {
      const { first, step } = this.#strides(channel)
      for (let index = first, left = this.#input.width * this.#input.height; left > 0; left -= 1, index += step) {
        this.data[index] = values[PAD] ?? 0
      }
    })
  }

  #writeChannel(picture: RgbPicture, placed: Placed, channel: number): void {
    const { data } = this
    const { rgb } = picture
    const values = this.#how.tables[channel] ?? this.#how.tables[0]
    const { first, step } = this.#strides(channel)
    let from = this.#how.order === 'rgb' ? channel : 2 - channel
    for (let y = 0; y < placed.height; y += 1) {
      let to = first + ((placed.y + y) * this.#input.width + placed.x) * step
      for (const end = to + placed.width * step; to < end; to += step, from += 3) data[to] = values[rgb[from] ?? 0] ?? 0
    }
  }

  /** Where a channel begins, and how far apart its pixels lie. */
  #strides(channel: number): { readonly first: number; readonly step: number } {
    return this.#input.channelsLast ? { first: channel, step: 3 } : { first: channel * this.#input.width * this.#input.height, step: 1 }
  }
}
