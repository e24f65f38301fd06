import { at, type Candidate, type DecodeContext, type OutputTensor } from './candidate.ts'

/** `1 × N × 6`: corners, confidence, class. The model has removed overlaps itself (YOLOv10, 26). */
export function decodeEndToEnd(output: OutputTensor, context: DecodeContext): Candidate[] {
  const [, rows = 0] = output.dims
  const { data } = output
  const candidates: Candidate[] = []
  for (let start = 0; start < rows * 6; start += 6) {
    const confidence = at(data, start + 4)
    if (confidence < context.minConfidence) continue
    const box = [at(data, start), at(data, start + 1), at(data, start + 2), at(data, start + 3)] as const
    candidates.push({ classIndex: Math.round(at(data, start + 5)), confidence, box })
  }
  return candidates
}
