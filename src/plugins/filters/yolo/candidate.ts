/** One possible object in one frame, in the model's own terms. */
export interface Candidate {
  readonly classIndex: number
  readonly confidence: number
  /** Left, top, right, bottom in pixels of the model's input. */
  readonly box: readonly [number, number, number, number]
}

/** One output of a model, in memory order. */
export interface OutputTensor {
  readonly name: string
  readonly dims: readonly number[]
  readonly data: Float32Array
}

export interface DecodeContext {
  readonly inputWidth: number
  readonly inputHeight: number
  readonly minConfidence: number
}

/** A box given by its centre and size. */
export function fromCentre(cx: number, cy: number, width: number, height: number): Candidate['box'] {
  return [cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2]
}

/** Reads a number that is known to be there; keeps index arithmetic free of `undefined`. */
export function at(data: Float32Array, index: number): number {
  return data[index] ?? 0
}
