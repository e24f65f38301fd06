import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import { storageKeyProblem } from '../../../lib/storage-key.ts'
import type { S3Config } from './config.ts'

type Place = Pick<S3Config, 'bucket' | 'prefix'>

/** The name of the object in the bucket. */
export function objectName(place: Place, key: string): Result<string, PluginError> {
  const problem = storageKeyProblem(key)
  return problem === null ? ok(`${folder(place)}${key}`) : err(pluginError('invalid', problem))
}

/** `s3://bucket/prefix/key`, the key as it is. */
export function uriOf(place: Place, key: string): Result<string, PluginError> {
  const name = objectName(place, key)
  return name.ok ? ok(`s3://${place.bucket}/${name.value}`) : name
}

/** The key behind an address of ours. */
export function keyOf(place: Place, storageUri: string): Result<string, PluginError> {
  const start = `s3://${place.bucket}/${folder(place)}`
  if (!storageUri.startsWith(start)) return err(pluginError('invalid', `not an address in this storage; those begin with "${start}"`))
  const key = storageUri.slice(start.length)
  const problem = storageKeyProblem(key)
  return problem === null ? ok(key) : err(pluginError('invalid', problem))
}

/** A link under `view_url_prefix`. */
export function publicUrl(viewUrlPrefix: string, key: string): string {
  return `${viewUrlPrefix.replace(/\/+$/, '')}/${key.split('/').map(encodeURIComponent).join('/')}`
}

function folder({ prefix }: Place): string {
  return prefix === '' ? '' : `${prefix}/`
}
