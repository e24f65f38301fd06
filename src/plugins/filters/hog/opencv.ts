import { createRequire } from 'node:module'

/** The few parts of OpenCV that we use; the package's own types do not match what it does here. */
export interface OpenCv {
  readonly Mat: new (rows: number, columns: number, type: number) => Mat
  readonly Size: new (width: number, height: number) => unknown
  readonly RectVector: new () => Vector<Rect>
  readonly DoubleVector: new () => Vector<number>
  readonly HOGDescriptor: (new () => HogDescriptor) & { getDefaultPeopleDetector(): Vector<number> }
  readonly CV_8UC1: number
  readonly CV_32F: number
}
export interface Mat extends Freed {
  readonly data: Uint8Array
  readonly data32F: Float32Array
}
export interface Rect {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}
export interface Vector<T> extends Freed {
  size(): number
  get(index: number): T
}
export interface HogDescriptor {
  setSVMDetector(weights: Mat): void
  detectMultiScale(
    image: Mat,
    found: Vector<Rect>,
    weights: Vector<number>,
    hitThreshold: number,
    stride: unknown,
    padding: unknown,
    scale: number,
    groupThreshold: number,
    meanShift: boolean,
  ): void
}
/** WASM memory is not garbage collected. */
interface Freed {
  delete(): void
}

interface LoadingModule {
  Mat?: unknown
  onRuntimeInitialized?: () => void
}

/** In a box, because the module has a `then` of its own: a promise of it would never settle. */
export function loadOpenCv(): Promise<{ readonly cv: OpenCv }> {
  const loading = createRequire(import.meta.url)('@techstark/opencv-js') as LoadingModule
  return new Promise((resolve) => {
    const done = () => resolve({ cv: loading as unknown as OpenCv }) // once loaded it has what is described above
    if (loading.Mat !== undefined) done()
    else loading.onRuntimeInitialized = done
  })
}
