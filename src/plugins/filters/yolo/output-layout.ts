import { err, ok, type Result } from '../../../contracts/result.ts'
import type { OutputTensor } from './candidate.ts'
import { YOLOX_STRIDES } from './decode-objectness.ts'

/** How a model says what it sees. */
export type OutputLayout =
  | { readonly kind: 'yolox'; readonly output: string; readonly classCount: number; readonly onGrid: boolean }
  | { readonly kind: 'yolov5'; readonly output: string; readonly classCount: number }
  | { readonly kind: 'yolov8'; readonly output: string; readonly classCount: number }
  | { readonly kind: 'end_to_end'; readonly output: string }
  | {
      readonly kind: 'detr'
      readonly logits: string
      readonly boxes: string
      readonly activation: 'softmax' | 'sigmoid'
      readonly classCount: number
    }

export interface InputSize {
  readonly width: number
  readonly height: number
}

/** COCO with its gaps: 91 numbers for 80 classes, one more when "nothing" is a class. */
const COCO_91 = 91

/**
 * Recognises a model by the outputs of a first run on an empty picture: shapes first, values only where two models share a shape.
 * @param namedClasses how many classes the model's metadata names, or null
 */
export function recogniseLayout(
  outputs: readonly OutputTensor[],
  input: InputSize,
  namedClasses: number | null,
): Result<OutputLayout, string> {
  const pictures = outputs.filter(({ dims }) => dims.length === 3 && dims[0] === 1)
  const detr = detrLayout(pictures, namedClasses)
  if (detr !== null) return ok(detr)
  for (const output of pictures) {
    const layout = singleLayout(output, input, namedClasses)
    if (layout !== null) return ok(layout)
  }
  const shapes = outputs.map(({ name, dims }) => `${name} ${dims.join('×')}`).join(', ')
  return err(`its outputs (${shapes}) are of no layout that we know`)
}

function detrLayout(outputs: readonly OutputTensor[], namedClasses: number | null): OutputLayout | null {
  const boxes = outputs.find(({ name, dims }) => dims[2] === 4 && !name.includes('logits'))
  const logits = outputs.find((output) => output !== boxes && output.dims[1] === boxes?.dims[1])
  const columns = logits?.dims[2]
  if (boxes === undefined || logits === undefined || columns === undefined) return null
  const hasNothingClass = columns === COCO_91 + 1 || (namedClasses !== null && columns === namedClasses + 1)
  return {
    kind: 'detr',
    logits: logits.name,
    boxes: boxes.name,
    activation: hasNothingClass ? 'softmax' : 'sigmoid',
    classCount: hasNothingClass ? columns - 1 : columns,
  }
}

function singleLayout(tensor: OutputTensor, input: InputSize, namedClasses: number | null): OutputLayout | null {
  const [, rows = 0, columns = 0] = tensor.dims
  const cells = YOLOX_STRIDES.reduce((sum, stride) => sum + Math.floor(input.width / stride) * Math.floor(input.height / stride), 0)
  const output = tensor.name
  if (columns > 5 && rows === cells) return { kind: 'yolox', output, classCount: columns - 5, onGrid: isOnGrid(tensor, input) }
  if (columns > 5 && rows === 3 * cells) return { kind: 'yolov5', output, classCount: columns - 5 }
  if (columns === 6) return { kind: 'end_to_end', output }
  if (rows > 4 && columns > rows) return { kind: 'yolov8', output, classCount: Math.min(namedClasses ?? Infinity, rows - 4) }
  return null
}

/** Decoded centres spread over the input, half its width on average; offsets in a cell are about one. */
function isOnGrid({ data, dims }: OutputTensor, input: InputSize): boolean {
  const [, rows = 0, columns = 0] = dims
  let sum = 0
  for (let row = 0; row < rows; row += 1) sum += data[row * columns] ?? 0
  return sum / rows < input.width / 8
}
