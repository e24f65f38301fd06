import { at, fromCentre, type Candidate, type DecodeContext, type OutputTensor } from './candidate.ts'

export const YOLOX_STRIDES = [8, 16, 32] as const

/**
 * `1 × N × (5 + classes)`: centre and size, objectness, class scores (YOLOv5, YOLOv7, YOLOX). Scores are past their sigmoid.
 * @param onGrid boxes are still offsets in cells of the stride-8, -16 and -32 grids, sizes logarithms of strides (raw YOLOX)
 */
export function decodeObjectness(output: OutputTensor, onGrid: boolean, context: DecodeContext): Candidate[] {
  const [, rows = 0, columns = 0] = output.dims
  const { data } = output
  const cellOf = onGrid ? gridCells(context) : null
  const candidates: Candidate[] = []
  for (let row = 0; row < rows; row += 1) {
    const start = row * columns
    const objectness = at(data, start + 4)
    if (objectness < context.minConfidence) continue
    const classIndex = highest(data, start + 5, columns - 5)
    const confidence = objectness * at(data, start + 5 + classIndex)
    if (confidence < context.minConfidence) continue
    candidates.push({ classIndex, confidence, box: readBox(data, start, cellOf?.(row)) })
  }
  return candidates
}

interface Cell {
  readonly x: number
  readonly y: number
  readonly stride: number
}

function readBox(data: Float32Array, start: number, cell: Cell | undefined): Candidate['box'] {
  const [x, y, width, height] = [at(data, start), at(data, start + 1), at(data, start + 2), at(data, start + 3)]
  if (cell === undefined) return fromCentre(x, y, width, height)
  const { stride } = cell
  return fromCentre((x + cell.x) * stride, (y + cell.y) * stride, Math.exp(width) * stride, Math.exp(height) * stride)
}

function gridCells({ inputWidth, inputHeight }: DecodeContext): (row: number) => Cell {
  const grids = YOLOX_STRIDES.map((stride) => ({
    stride,
    columns: Math.floor(inputWidth / stride),
    rows: Math.floor(inputHeight / stride),
  }))
  return (row) => {
    let index = row
    for (const { stride, columns, rows } of grids) {
      if (index < columns * rows) return { x: index % columns, y: Math.floor(index / columns), stride }
      index -= columns * rows
    }
    throw new Error('more rows than the grids have cells')
  }
}

function highest(data: Float32Array, start: number, count: number): number {
  let best = 0
  for (let index = 1; index < count; index += 1) {
    if (at(data, start + index) > at(data, start + best)) best = index
  }
  return best
}
