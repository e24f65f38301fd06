import { Tensor, type InferenceSession } from 'onnxruntime-node'
import { err, ok, type Result } from '../../../contracts/result.ts'

/** What a model takes: one picture, and perhaps a mask that says all of it is picture. */
export interface ModelInput {
  readonly name: string
  readonly dims: readonly number[]
  readonly width: number
  readonly height: number
  /** The three colours of a pixel lie together. */
  readonly channelsLast: boolean
  readonly constants: Readonly<Record<string, Tensor>>
}

/** For models that take any size. */
const DEFAULT_SIDE = 640

export function inputsOf(metadata: readonly InferenceSession.ValueMetadata[]): Result<ModelInput, string> {
  const tensors = metadata.filter((value) => value.isTensor)
  const picture = tensors.find(({ shape }) => shape.length === 4)
  if (picture === undefined) return err('it takes no picture')
  if (picture.type !== 'float32') return err(`it takes ${picture.type} pictures, we give float32`)

  const others = tensors.filter((tensor) => tensor !== picture)
  const constants: Record<string, Tensor> = {}
  for (const other of others) {
    const mask = maskFor(other)
    if (mask === null) return err(`it wants an input "${other.name}" that we do not know`)
    constants[other.name] = mask
  }
  const size = picture.shape.map((side) => (typeof side === 'number' && side > 0 ? side : null))
  const channelsLast = size[3] === 3 && size[1] !== 3
  const height = (channelsLast ? size[1] : size[2]) ?? DEFAULT_SIDE
  const width = (channelsLast ? size[2] : size[3]) ?? DEFAULT_SIDE
  const dims = channelsLast ? [1, height, width, 3] : [1, 3, height, width]
  return ok({ name: picture.name, dims, width, height, channelsLast, constants })
}

/** DETR exports take a `pixel_mask`; 64 × 64 is what they are traced with. */
function maskFor(metadata: InferenceSession.TensorValueMetadata): Tensor | null {
  if (!metadata.name.includes('mask') || metadata.type !== 'int64') return null
  const dims = metadata.shape.map((side, index) => (typeof side === 'number' && side > 0 ? side : index === 0 ? 1 : 64))
  const count = dims.reduce((product, side) => product * side, 1)
  return new Tensor('int64', new BigInt64Array(count).fill(1n), dims)
}
