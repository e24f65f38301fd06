import { InferenceSession, Tensor } from 'onnxruntime-node'
import { expandClasses, type Detection } from '../../../contracts/detection.ts'
import { messageOf, pluginError, type PluginError } from '../../../contracts/errors.ts'
import { attempt, err, ok, type Result } from '../../../contracts/result.ts'
import type { SampledFrame } from '../../../lib/ffmpeg/scan-frames.ts'
import type { OutputTensor } from './candidate.ts'
import { classNamesOf, parseNames, type ClassNames } from './class-names.ts'
import { decode } from './decode.ts'
import type { LookRequest, ModelChoice } from './job.ts'
import { inputsOf, type ModelInput } from './model-input.ts'
import { readOnnxMetadata } from './onnx-metadata.ts'
import { recogniseLayout, type OutputLayout } from './output-layout.ts'
import { InputBuffer, preprocessingFor, type Placed, type Preprocessing } from './preprocess.ts'
import { toDetections } from './to-detections.ts'

/** A loaded model that has run once. */
export class Detector {
  readonly input: ModelInput
  readonly preprocessing: Preprocessing
  readonly #session: InferenceSession
  readonly #layout: OutputLayout
  readonly #names: ClassNames
  readonly #buffer: InputBuffer
  readonly #feeds: Readonly<Record<string, Tensor>>

  constructor(session: InferenceSession, input: ModelInput, layout: OutputLayout, names: ClassNames) {
    this.#session = session
    this.input = input
    this.#layout = layout
    this.#names = names
    this.preprocessing = preprocessingFor(layout)
    this.#buffer = new InputBuffer(input, this.preprocessing)
    this.#feeds = { ...input.constants, [input.name]: new Tensor('float32', this.#buffer.data, input.dims) }
  }

  /** Which of the wanted classes this model cannot see. */
  unknownClasses(classes: readonly string[]): string[] {
    const known = new Set(this.#names.values())
    return expandClasses(classes).filter((name) => !known.has(name))
  }

  async look(frame: SampledFrame, request: LookRequest): Promise<Detection[]> {
    const placed: Placed = this.#buffer.write(frame)
    const outputs = floatOutputs(await this.#session.run(this.#feeds))
    const context = { inputWidth: this.input.width, inputHeight: this.input.height, minConfidence: request.min_confidence }
    const candidates = decode(this.#layout, outputs, context, request.iou_threshold)
    return toDetections(candidates, { placed, second: frame.second, names: this.#names, request })
  }
}

/** @returns `rejected` for a model that does not load, does not run, or answers in no way we know. */
export async function loadDetector(choice: ModelChoice): Promise<Result<Detector, PluginError>> {
  const reject = (reason: string, cause?: unknown) => pluginError('rejected', `the model ${choice.name} cannot be used: ${reason}`, cause)
  const session = await attempt(
    () =>
      InferenceSession.create(choice.path, {
        executionProviders: [choice.execution_provider],
        intraOpNumThreads: choice.threads,
        interOpNumThreads: 1,
        logSeverityLevel: 3,
      }),
    (cause) => reject(messageOf(cause), cause),
  )
  if (!session.ok) return session
  const input = inputsOf(session.value.inputMetadata)
  if (!input.ok) return err(reject(input.error))

  const names = parseNames((await readOnnxMetadata(choice.path)).get('names'))
  const blank = new Tensor('float32', new Float32Array(3 * input.value.width * input.value.height), input.value.dims)
  const outputs = await attempt(
    async () => floatOutputs(await session.value.run({ ...input.value.constants, [input.value.name]: blank })),
    (cause) => reject(messageOf(cause), cause),
  )
  if (!outputs.ok) return outputs
  const layout = recogniseLayout(outputs.value, input.value, names?.size ?? null)
  if (!layout.ok) return err(reject(layout.error))

  const classCount = layout.value.kind === 'end_to_end' ? null : layout.value.classCount
  const meaning = classNamesOf(classCount, names)
  if (meaning === null) return err(reject(`it has ${classCount ?? 0} classes and does not name them`))
  return ok(new Detector(session.value, input.value, layout.value, meaning))
}

function floatOutputs(results: InferenceSession.OnnxValueMapType): OutputTensor[] {
  return Object.entries(results).flatMap(([name, value]) =>
    value instanceof Tensor && value.data instanceof Float32Array ? [{ name, dims: value.dims, data: value.data }] : [],
  )
}
