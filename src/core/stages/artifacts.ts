import type { ClipStateData } from '../../contracts/clip-state.ts'
import type { FilterResult } from '../../contracts/detection.ts'
import type { PluginError } from '../../contracts/errors.ts'
import type { Logger } from '../../contracts/logger.ts'
import type { Result } from '../../contracts/result.ts'
import type { StorageBackend } from '../../contracts/storage.ts'
import { isThere } from '../../lib/is-there.ts'
import { callPlugin } from './call-plugin.ts'
import type { ClipRepository } from '../clips/clip-repository.ts'
import { isPictureGivenUp, pictureFailure } from '../clips/picture-tries.ts'
import { missingArtifacts } from '../clips/storage-debt.ts'
import type { StorageKeys } from './storage-keys.ts'

/** The best frame as JPEG, or null when none could be made. Never rejects; shared by the alert and the storage. */
export type Thumbnail = Promise<Uint8Array | null>

export interface ArtifactDeps {
  readonly repository: Pick<ClipRepository, 'record' | 'get'>
  readonly storage: Pick<StorageBackend, 'putBytes'>
  readonly keys: StorageKeys
  readonly makeThumbnail: (path: string, second: number, signal: AbortSignal) => Promise<Result<Uint8Array, PluginError>>
  readonly timeoutMs: number
  readonly log: Logger
  /** Takes secrets out of text before it is stored or logged. */
  readonly redact: (text: string) => string
}

/** An alert does not wait longer than this for its picture. */
const THUMBNAIL_TIMEOUT_MS = 15_000

export interface ArtifactKeeper {
  /** Null at once for a clip whose picture is given up. */
  thumbnail(clip: ClipStateData, detection: FilterResult, path: string, signal: AbortSignal): Thumbnail
  /** Writes down that a picture that is wanted could not be made; after some tries it is wanted no more. */
  noPicture(clipId: string, error: PluginError): void
  /** Stores the picture next to the clip. A failure is logged and left to the sweeper. */
  keepThumbnail(clipId: string, thumbnail: Thumbnail, signal: AbortSignal): Promise<void>
  /** Stores `analysis.json`, if there is an analysis, the same way. */
  keepAnalysis(clipId: string, signal: AbortSignal): Promise<void>
}

export function artifactKeeper(deps: ArtifactDeps): ArtifactKeeper {
  const put = async (key: string, bytes: Uint8Array, signal: AbortSignal): Promise<string | null> => {
    const call = { plugin: 'storage', timeoutMs: deps.timeoutMs, signal }
    const stored = await callPlugin(call, (deadline) => deps.storage.putBytes(bytes, key, deadline))
    if (stored.ok) return stored.value.storage_uri
    const { kind, message } = stored.error
    if (kind !== 'cancelled') deps.log.warn({ event_type: 'artifact_not_stored', key, kind, error: message }, 'artifact not stored yet')
    return null
  }
  const noPicture = (clipId: string, { kind, message }: PluginError) => {
    const state = deps.repository.get(clipId)
    if (state === null || state.deleted_at !== null || !missingArtifacts(state).includes('thumbnail')) return
    const fact = pictureFailure(state, { kind, message: deps.redact(message) })
    deps.repository.record(clipId, fact)
    if (fact.will_retry) return
    const fields = { event_type: 'thumbnail_given_up', kind, error: fact.error.message, attempts: fact.attempt }
    deps.log.warn(fields, 'this clip will have no picture')
  }
  return {
    noPicture,

    async thumbnail(clip, detection, path, signal) {
      if (isPictureGivenUp(deps.repository.get(clip.clip_id) ?? clip)) return null
      const second = detection.best_frame_s ?? clip.duration_s / 2
      const call = { plugin: 'ffmpeg', timeoutMs: THUMBNAIL_TIMEOUT_MS, signal }
      const made = await callPlugin(call, (deadline) => deps.makeThumbnail(path, second, deadline))
      if (made.ok) return made.value
      if (made.error.kind === 'cancelled') return null
      const error = deps.redact(made.error.message)
      deps.log.warn({ event_type: 'thumbnail_failed', kind: made.error.kind, error }, 'no picture could be made of this clip')
      // A file that is not here now, as the storage is down, says nothing about the picture.
      if (await isThere(path)) noPicture(clip.clip_id, made.error)
      return null
    },

    async keepThumbnail(clipId, thumbnail, signal) {
      const jpeg = await thumbnail
      const state = deps.repository.get(clipId)
      if (jpeg === null || state === null || state.deleted_at !== null || !missingArtifacts(state).includes('thumbnail')) return
      const thumbnail_uri = await put(deps.keys.thumbnail(state), jpeg, signal)
      if (thumbnail_uri !== null) deps.repository.record(clipId, { event_type: 'artifacts_stored', thumbnail_uri, analysis_uri: null })
    },

    async keepAnalysis(clipId, signal) {
      const state = deps.repository.get(clipId)
      if (state === null || state.deleted_at !== null || !missingArtifacts(state).includes('analysis')) return
      const analysis_uri = await put(deps.keys.analysis(state), analysisJson(state), signal)
      if (analysis_uri !== null) deps.repository.record(clipId, { event_type: 'artifacts_stored', thumbnail_uri: null, analysis_uri })
    },
  }
}

function analysisJson({ clip_id, camera_name, start_ts, filter_result, analysis_result, vlm_usage }: ClipStateData): Uint8Array {
  return Buffer.from(`${JSON.stringify({ clip_id, camera_name, start_ts, filter_result, analysis_result, vlm_usage }, null, 2)}\n`)
}
