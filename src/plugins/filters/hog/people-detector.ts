import type { Detection } from '../../../contracts/detection.ts'
import type { SampledFrame } from '../../../lib/ffmpeg/scan-frames.ts'
import type { HogDescriptor, OpenCv } from './opencv.ts'
import type { LookRequest } from './job.ts'

/** The detector's window; a smaller picture cannot show anybody. */
const WINDOW = { width: 64, height: 128 }

/** OpenCV's pedestrian detector, on grey pictures: twice as fast as on colour, and surer. */
export class PeopleDetector {
  readonly #cv: OpenCv
  readonly #hog: HogDescriptor

  constructor(cv: OpenCv) {
    this.#cv = cv
    this.#hog = new cv.HOGDescriptor()
    const trained = cv.HOGDescriptor.getDefaultPeopleDetector()
    const weights = new cv.Mat(trained.size(), 1, cv.CV_32F)
    for (let index = 0; index < trained.size(); index += 1) weights.data32F[index] = trained.get(index)
    this.#hog.setSVMDetector(weights)
    trained.delete()
    weights.delete()
  }

  look(frame: SampledFrame, request: Pick<LookRequest, 'min_confidence' | 'min_box_h_ratio'>): Detection[] {
    if (frame.width < WINDOW.width || frame.height < WINDOW.height) return []
    const image = new this.#cv.Mat(frame.height, frame.width, this.#cv.CV_8UC1)
    const found = new this.#cv.RectVector()
    const weights = new this.#cv.DoubleVector()
    try {
      toGrey(frame.rgb, image.data)
      const { Size } = this.#cv
      this.#hog.detectMultiScale(image, found, weights, 0, new Size(8, 8), new Size(16, 16), 1.05, 2, false)
      const all = Array.from({ length: found.size() }, (_, index) => ({ rect: found.get(index), confidence: weights.get(index) }))
      return all
        .filter(({ rect, confidence }) => confidence >= request.min_confidence && rect.height / frame.height >= request.min_box_h_ratio)
        .map(({ rect, confidence }) => ({ class: 'person', confidence, box: insideFrame(rect, frame), second: frame.second }))
    } finally {
      for (const memory of [image, found, weights]) memory.delete()
    }
  }
}

/** The eye's weights, in 256ths. */
function toGrey(rgb: Uint8Array, grey: Uint8Array): void {
  for (let to = 0, from = 0; to < grey.length; to += 1, from += 3) {
    grey[to] = (77 * (rgb[from] ?? 0) + 150 * (rgb[from + 1] ?? 0) + 29 * (rgb[from + 2] ?? 0)) >> 8
  }
}

/** The detector pads the picture, so its boxes can reach out of it. */
export function insideFrame(
  rect: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
  frame: { readonly width: number; readonly height: number },
): [number, number, number, number] {
  const clamp = (value: number) => Math.min(Math.max(value, 0), 1)
  const left = clamp(rect.x / frame.width)
  const top = clamp(rect.y / frame.height)
  return [left, top, clamp((rect.x + rect.width) / frame.width) - left, clamp((rect.y + rect.height) / frame.height) - top]
}
