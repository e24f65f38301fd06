import type { ClipStateData } from '../contracts/clip-state.ts'
import type { FilterResult } from '../contracts/detection.ts'
import type { PluginError } from '../contracts/errors.ts'
import type { Logger } from '../contracts/logger.ts'
import type { Result } from '../contracts/result.ts'
import type { StorageBackend } from '../contracts/storage.ts'
import { orAborted, startDeadline } from '../lib/deadline.ts'
import type { ClipRepository } from './clip-repository.ts'
import { missingArtifacts } from './storage-debt.ts'
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
}

export interface ArtifactKeeper {
  thumbnail(clip: ClipStateData, detection: FilterResult, path: string, signal: AbortSignal): Thumbnail
  /** Stores the picture next to the clip. A failure is logged and left to the sweeper. */
  keepThumbnail(clipId: string, thumbnail: Thumbnail, signal: AbortSignal): Promise<void>
  /** Stores `analysis.json`, if there is an analysis, the same way. */
  keepAnalysis(clipId: string, signal: AbortSignal): Promise<void>
}

export function artifactKeeper(deps: ArtifactDeps): ArtifactKeeper {
  const put = async (key: string, bytes: Uint8Array, signal: AbortSignal): Promise<string | null> => {
    using deadline = startDeadline(deps.timeoutMs, signal)
    try {
      const stored = await orAborted(deps.storage.putBytes(bytes, key, deadline.signal), deadline.signal)
      if (stored.ok) return stored.value.storage_uri
      deps.log.warn(
        { event_type: 'artifact_not_stored', key, kind: stored.error.kind, error: stored.error.message },
        'artifact not stored yet',
      )
    } catch (cause) {
      if (!signal.aborted) deps.log.warn({ event_type: 'artifact_not_stored', key, cause }, 'artifact not stored yet')
    }
    return null
  }
  return {
    async thumbnail(clip, detection, path, signal) {
      const second = detection.best_frame_s ?? clip.duration_s / 2
      const made = await deps.makeThumbnail(path, second, signal)
      if (made.ok) return made.value
      if (!signal.aborted)
        deps.log.warn({ event_type: 'thumbnail_failed', error: made.error.message }, 'no picture could be made of this clip')
      return null
    },

    async keepThumbnail(clipId, thumbnail, signal) {
      const jpeg = await thumbnail
      const state = deps.repository.get(clipId)
      if (jpeg === null || state === null || !missingArtifacts(state).includes('thumbnail')) return
      const thumbnail_uri = await put(deps.keys.thumbnail(state), jpeg, signal)
      if (thumbnail_uri !== null) deps.repository.record(clipId, { event_type: 'artifacts_stored', thumbnail_uri, analysis_uri: null })
    },

    async keepAnalysis(clipId, signal) {
      const state = deps.repository.get(clipId)
      if (state === null || !missingArtifacts(state).includes('analysis')) return
      const analysis_uri = await put(deps.keys.analysis(state), analysisJson(state), signal)
      if (analysis_uri !== null) deps.repository.record(clipId, { event_type: 'artifacts_stored', thumbnail_uri: null, analysis_uri })
    },
  }
}

function analysisJson({ clip_id, camera_name, start_ts, filter_result, analysis_result, vlm_usage }: ClipStateData): Uint8Array {
  return Buffer.from(`${JSON.stringify({ clip_id, camera_name, start_ts, filter_result, analysis_result, vlm_usage }, null, 2)}\n`)
}
