import type { Detection } from '../../../contracts/detection.ts'
import type { Candidate } from './candidate.ts'
import type { ClassNames } from './class-names.ts'
import type { LookRequest } from './job.ts'
import type { Placed } from './preprocess.ts'

export interface FrameContext {
  readonly placed: Placed
  readonly second: number
  readonly names: ClassNames
  readonly request: Pick<LookRequest, 'classes' | 'min_box_h_ratio'>
}

const clamp = (value: number) => Math.min(Math.max(value, 0), 1)

/** Candidates in the words of the product: wanted classes only, boxes as fractions of the frame and inside it. */
export function toDetections(candidates: readonly Candidate[], { placed, second, names, request }: FrameContext): Detection[] {
  return candidates.flatMap(({ classIndex, confidence, box }) => {
    const name = names.get(classIndex)
    if (name === undefined || !request.classes.includes(name)) return []
    const left = clamp((box[0] - placed.x) / placed.width)
    const top = clamp((box[1] - placed.y) / placed.height)
    const width = clamp((box[2] - placed.x) / placed.width) - left
    const height = clamp((box[3] - placed.y) / placed.height) - top
    if (width <= 0 || height <= 0 || height < request.min_box_h_ratio) return []
    return [{ class: name, confidence, box: [left, top, width, height] as [number, number, number, number], second }]
  })
}
