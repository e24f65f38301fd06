import { FilterResultSchema } from '../contracts/detection.ts'
import type { FilterOverrides } from '../contracts/filter.ts'

/** Passes on what a detection worker says before its answer, if it is a result and somebody wants to hear of it. */
export function hitListener({ onHit }: Pick<FilterOverrides, 'onHit'>): (note: unknown) => void {
  return (note) => {
    const soFar = FilterResultSchema.safeParse(note)
    if (soFar.success) onHit?.(soFar.data)
  }
}
