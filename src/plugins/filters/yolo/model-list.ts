import { stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'

export interface KnownModel {
  readonly name: string
  readonly file: string
  /** Hex; null where none has been published. */
  readonly sha256: string | null
  /** One line for a person who chooses. */
  readonly note: string
}

const yolox = (name: string, note: string): KnownModel => ({ name, file: `${name}.onnx`, sha256: null, note: `${note}; Apache-2.0` })

const KNOWN_MODELS: readonly KnownModel[] = [
  yolox('yolox_nano', '4 MB, smallest and fastest, the default'),
  yolox('yolox_tiny', '20 MB, a little slower, surer of small figures'),
  yolox('yolox_s', '36 MB, for a fast CPU or a GPU'),
  yolox('yolox_m', '101 MB, for a GPU'),
]

/** Where the names above are released. */
export const MODEL_BASE_URL = 'https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0/'

export interface ListedModel {
  readonly name: string
  readonly installed: boolean
  readonly note: string
}

/** The models that can be had by name, and which of them are there. */
export async function listModels(modelsDir: string): Promise<readonly ListedModel[]> {
  return Promise.all(KNOWN_MODELS.map(async ({ name, file, note }) => ({ name, note, installed: await isFile(join(modelsDir, file)) })))
}

export interface ModelPlace {
  readonly name: string
  /** Absolute; nothing is there yet when `missing` is set. */
  readonly path: string
  /** Set when it can be fetched and has not been. */
  readonly missing: KnownModel | null
}

/** A path is whatever has a slash or ends in `.onnx`; everything else is a name. */
const isPath = (model: string) => /[/\\]|\.onnx$/i.test(model)

/**
 * Finds the file of a model. Fetches nothing.
 * @returns `rejected` when there is none and it cannot be fetched either.
 */
export async function resolveModel(model: string, modelsDir: string): Promise<Result<ModelPlace, PluginError>> {
  const path = isPath(model) ? resolve(model) : join(modelsDir, `${model}.onnx`)
  const name = basename(path).replace(/\.onnx$/i, '')
  if (await isFile(path)) return ok({ name, path, missing: null })
  if (isPath(model)) return err(pluginError('rejected', `there is no model file ${path}`))
  const known = KNOWN_MODELS.find((candidate) => candidate.name === model)
  return known === undefined ? err(notOffered(model, path)) : ok({ name, path, missing: known })
}

function notOffered(model: string, path: string): PluginError {
  const names = KNOWN_MODELS.map(({ name }) => name).join(', ')
  const reason = /^(yolo|rtdetr)/i.test(model) && !/^yolox/i.test(model) ? ' because of its licence (AGPL)' : ''
  return pluginError('rejected', `the model ${model} is not offered for download${reason}: put it at ${path}, or use one of ${names}`)
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}
