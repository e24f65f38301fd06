import { at, fromCentre, type Candidate, type DecodeContext, type OutputTensor } from './candidate.ts'

export interface DetrOutputs {
  /** `1 × N × classes`, before softmax or sigmoid. */
  readonly logits: OutputTensor
  /** `1 × N × 4`: centre and size as fractions of the input. */
  readonly boxes: OutputTensor
  /** `softmax`: the last class is "nothing" (DETR). `sigmoid`: classes stand alone (RT-DETR, Deformable DETR). */
  readonly activation: 'softmax' | 'sigmoid'
}

/** One query, one object: no overlaps to remove. */
export function decodeDetr({ logits, boxes, activation }: DetrOutputs, context: DecodeContext): Candidate[] {
  const [, queries = 0, columns = 0] = logits.dims
  const candidates: Candidate[] = []
  for (let query = 0; query < queries; query += 1) {
    const scores = logits.data.subarray(query * columns, (query + 1) * columns)
    const { classIndex, confidence } = activation === 'softmax' ? bestOfSoftmax(scores) : bestOfSigmoid(scores)
    if (confidence < context.minConfidence) continue
    const [cx, cy, width, height] = [0, 1, 2, 3].map((index) => at(boxes.data, query * 4 + index)) as [number, number, number, number] // four indexes, four numbers
    const { inputWidth, inputHeight } = context
    candidates.push({
      classIndex,
      confidence,
      box: fromCentre(cx * inputWidth, cy * inputHeight, width * inputWidth, height * inputHeight),
    })
  }
  return candidates
}

function highest(scores: Float32Array): number {
  return scores.reduce((best, score, index) => (score > at(scores, best) ? index : best), 0)
}

function bestOfSoftmax(scores: Float32Array): { classIndex: number; confidence: number } {
  const real = scores.subarray(0, -1)
  const classIndex = highest(real)
  const top = Math.max(...scores)
  const total = scores.reduce((sum, score) => sum + Math.exp(score - top), 0)
  return { classIndex, confidence: Math.exp(at(real, classIndex) - top) / total }
}

function bestOfSigmoid(scores: Float32Array): { classIndex: number; confidence: number } {
  const classIndex = highest(scores)
  return { classIndex, confidence: 1 / (1 + Math.exp(-at(scores, classIndex))) }
}
