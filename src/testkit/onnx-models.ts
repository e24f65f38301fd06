/**
 * Builds tiny ONNX models byte by byte: a picture goes in, and what comes out is what the test wants. ONNX is one protobuf message;
 * these are the few fields of it that a runtime insists on.
 */
const VARINT = 0
const BYTES = 2
const FLOAT = 1

function varint(value: number): number[] {
  const bytes = []
  let rest = value
  while (rest > 127) {
    bytes.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  return [...bytes, rest]
}

const number = (field: number, value: number) => Buffer.from([...varint(field * 8 + VARINT), ...varint(value)])

function bytes(field: number, ...parts: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)))
  return Buffer.concat([Buffer.from([...varint(field * 8 + BYTES), ...varint(body.length)]), body])
}

/** A size of a tensor; a word is a size that is only known when the model runs. */
export type Side = number | string

/** `ValueInfoProto`: a name and the type of what goes in or comes out. */
function valueInfo(name: string, dims: readonly Side[]): Buffer {
  const shape = bytes(2, ...dims.map((side) => bytes(1, typeof side === 'number' ? number(1, side) : bytes(2, side))))
  return Buffer.concat([bytes(1, name), bytes(2, bytes(1, number(1, FLOAT), shape))])
}

/** `TensorProto`. */
function tensor(name: string, dims: readonly number[], data: Float32Array): Buffer {
  const raw = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  return Buffer.concat([...dims.map((side) => number(1, side)), number(2, FLOAT), bytes(8, name), bytes(9, raw)])
}

/** `NodeProto`. */
const node = (operator: string, inputs: readonly string[], output: string) =>
  Buffer.concat([...inputs.map((input) => bytes(1, input)), bytes(2, output), bytes(3, `${operator}_${output}`), bytes(4, operator)])

export interface ModelOutput {
  readonly name: string
  readonly dims: readonly number[]
  readonly data: Float32Array
}

export interface TinyModel {
  /** Default `images`, 1 × 3 × 64 × 64. */
  readonly input?: { readonly name: string; readonly dims: readonly Side[] }
  readonly outputs: readonly ModelOutput[]
  readonly metadata?: Readonly<Record<string, string>>
}

/** A model that answers every picture with `outputs`. */
export function onnxModel({ input = { name: 'images', dims: [1, 3, 64, 64] }, outputs, metadata = {} }: TinyModel): Buffer {
  const graph = Buffer.concat([
    ...outputs.map((output) => bytes(1, node('Identity', [`${output.name}_value`], output.name))),
    bytes(2, 'tiny'),
    ...outputs.map((output) => bytes(5, tensor(`${output.name}_value`, output.dims, output.data))),
    bytes(11, valueInfo(input.name, input.dims)),
    ...outputs.map((output) => bytes(12, valueInfo(output.name, output.dims))),
  ])
  const operatorSet = bytes(8, bytes(1, ''), number(2, 13))
  const properties = Object.entries(metadata).map(([key, value]) => bytes(14, bytes(1, key), bytes(2, value)))
  return Buffer.concat([number(1, 8), bytes(2, 'tests'), bytes(7, graph), operatorSet, ...properties])
}

/** A model that answers with the picture it was given, to see how pictures are prepared. */
export function echoModel(input: { readonly name: string; readonly dims: readonly number[] }): Buffer {
  const graph = Buffer.concat([
    bytes(1, node('Identity', [input.name], 'echo')),
    bytes(2, 'echo'),
    bytes(11, valueInfo(input.name, input.dims)),
    bytes(12, valueInfo('echo', input.dims)),
  ])
  return Buffer.concat([number(1, 8), bytes(7, graph), bytes(8, bytes(1, ''), number(2, 13))])
}
