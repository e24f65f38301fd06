import type { Candidate, DecodeContext, OutputTensor } from './candidate.ts'
import { decodeColumns } from './decode-columns.ts'
import { decodeDetr } from './decode-detr.ts'
import { decodeEndToEnd } from './decode-end-to-end.ts'
import { decodeObjectness } from './decode-objectness.ts'
import { suppressOverlaps } from './nms.ts'
import type { OutputLayout } from './output-layout.ts'

/** What a model saw, overlaps removed where it has not done so itself. */
export function decode(layout: OutputLayout, outputs: readonly OutputTensor[], context: DecodeContext, iouThreshold: number): Candidate[] {
  const named = (name: string): OutputTensor =>
    outputs.find((output) => output.name === name) ?? { name, dims: [], data: new Float32Array() }
  switch (layout.kind) {
    case 'yolox':
      return suppressOverlaps(decodeObjectness(named(layout.output), layout.onGrid, context), iouThreshold)
    case 'yolov5':
      return suppressOverlaps(decodeObjectness(named(layout.output), false, context), iouThreshold)
    case 'yolov8':
      return suppressOverlaps(decodeColumns(named(layout.output), layout.classCount, context), iouThreshold)
    case 'end_to_end':
      return decodeEndToEnd(named(layout.output), context)
    case 'detr':
      return decodeDetr({ logits: named(layout.logits), boxes: named(layout.boxes), activation: layout.activation }, context)
  }
}
