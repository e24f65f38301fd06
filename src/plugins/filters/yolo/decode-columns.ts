import { at, fromCentre, type Candidate, type DecodeContext, type OutputTensor } from './candidate.ts'

/** `1 × (4 + classes) × N`: each property is a row, each box a column; no objectness (YOLOv8, 9, 11). */
export function decodeColumns(output: OutputTensor, classCount: number, context: DecodeContext): Candidate[] {
  const [, , boxes = 0] = output.dims
  const { data } = output
  const bestScore = new Float32Array(boxes)
  const bestClass = new Uint16Array(boxes)
  // Class by class: that is how the numbers lie in memory.
  for (let classIndex = 0; classIndex < classCount; classIndex += 1) {
    const row = (4 + classIndex) * boxes
    for (let box = 0; box < boxes; box += 1) {
      const score = at(data, row + box)
      if (score > at(bestScore, box)) {
        bestScore[box] = score
        bestClass[box] = classIndex
      }
    }
  }
  const candidates: Candidate[] = []
  for (let box = 0; box < boxes; box += 1) {
    const confidence = at(bestScore, box)
    if (confidence < context.minConfidence) continue
    const [cx, cy, width, height] = [at(data, box), at(data, boxes + box), at(data, 2 * boxes + box), at(data, 3 * boxes + box)]
    candidates.push({ classIndex: bestClass[box] ?? 0, confidence, box: fromCentre(cx, cy, width, height) })
  }
  return candidates
}
