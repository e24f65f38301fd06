import type { VlmUsage } from '../contracts/analysis.ts'
import type { VlmAnalyzer } from '../contracts/analyzer.ts'
import type { ClipStateData } from '../contracts/clip-state.ts'
import { FilterResultSchema, type FilterResult } from '../contracts/detection.ts'
import { pluginError, type PluginError } from '../contracts/errors.ts'
import type { ObjectFilter } from '../contracts/filter.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import type { StorageBackend } from '../contracts/storage.ts'
import type { AppConfig } from '../config/schema.ts'
import { chooseFrames } from '../core/stages/choose-frames.ts'
import type { ClipRepository } from '../core/clips/clip-repository.ts'
import { copyProgress } from '../core/stages/copy-progress.ts'
import type { ClipStages } from '../core/process-clip.ts'
import { whereToLook } from '../core/stages/where-to-look.ts'
import type { StorageKeys } from '../core/stages/storage-keys.ts'
import { extractJpegs } from '../lib/ffmpeg/extract-jpegs.ts'
import { Semaphore } from '../lib/semaphore.ts'
import { askAnalyzer } from './ask-analyzer.ts'

export interface StagePlugins {
  readonly storage: Pick<StorageBackend, 'put'>
  readonly filter: Pick<ObjectFilter, 'detect'>
  readonly analyzer: Pick<VlmAnalyzer, 'analyze'> | null
  readonly keys: StorageKeys
  readonly repository: Pick<ClipRepository, 'get' | 'record'>
  /** Hears of every paid answer. */
  readonly onUsage: (usage: VlmUsage) => void
  /** Whether today's budget has something left. */
  readonly mayPay: () => boolean
}

type StageConfig = Pick<AppConfig, 'storage' | 'filter' | 'vlm' | 'timeouts' | 'concurrency'>

/** The plugins as the stages a clip passes through. */
export function clipStages(config: StageConfig, plugins: StagePlugins): ClipStages {
  const { timeouts, concurrency } = config
  const slots = {
    upload: new Semaphore(concurrency.upload_workers),
    filter: new Semaphore(concurrency.filter_workers),
    vlm: new Semaphore(concurrency.vlm_workers),
  }
  return {
    upload: (clip, onCopy) => ({
      name: 'upload',
      plugin: config.storage.backend,
      timeoutMs: timeouts.upload_s * 1000,
      slots: slots.upload,
      attempt: (signal, goesOn) => {
        const onBytes = (bytes: number) => {
          if (bytes > 0) goesOn()
        }
        const progress = copyProgress(clip.clip_id, plugins.repository, { onCopy, onBytes })
        return plugins.storage.put(clip.local_path, plugins.keys.clip(clip), signal, progress)
      },
    }),
    filter: ({ motion_scores }, path, onHit) => ({
      name: 'filter',
      plugin: config.filter.backend,
      timeoutMs: timeouts.filter_s * 1000,
      slots: slots.filter,
      attempt: (signal) => plugins.filter.detect(path, { look_first_s: whereToLook(motion_scores), onHit: ifValid(onHit) }, signal),
    }),
    vlm: (clip, path, detection) => ({
      name: 'vlm',
      plugin: config.vlm.backend ?? 'none',
      timeoutMs: timeouts.vlm_s * 1000,
      slots: slots.vlm,
      attempt: (signal) => analyze({ clip, path, detection }, config, plugins, signal),
    }),
  }
}

/** A filter may be a stranger's JavaScript: what it tells is looked at before it is believed. */
function ifValid(onHit: (soFar: FilterResult) => void): (soFar: unknown) => void {
  return (soFar) => {
    const parsed = FilterResultSchema.safeParse(soFar)
    if (parsed.success) onHit(parsed.data)
  }
}

interface Subject {
  readonly clip: Pick<ClipStateData, 'camera_name' | 'start_ts' | 'duration_s'>
  readonly path: string
  readonly detection: FilterResult
}

/** Takes the pictures the model should see, and asks it. */
export async function analyze(
  { clip, path, detection }: Subject,
  config: Pick<AppConfig, 'vlm'>,
  plugins: Pick<StagePlugins, 'analyzer' | 'onUsage' | 'mayPay'>,
  signal: AbortSignal,
): ReturnType<VlmAnalyzer['analyze']> {
  if (plugins.analyzer === null) return err(pluginError('invalid', 'no analyzer is configured'))
  const { max_frames, max_size, quality } = config.vlm.preprocessing
  const seconds = chooseFrames(clip.duration_s, detection, max_frames)
  const frames = await extractJpegs(path, { seconds, maxSize: max_size, quality }, signal)
  if (!frames.ok) return frames
  const { camera_name, start_ts, duration_s } = clip
  const request = { camera_name, start_ts, duration_s, filter_result: detection, frames: frames.value, may_pay: plugins.mayPay() }
  return askAnalyzer(plugins.analyzer, request, plugins.onUsage, signal)
}

const THUMBNAIL = { maxSize: 640, quality: 80 }

/** The picture that goes with an alert. */
export async function makeThumbnail(path: string, second: number, signal: AbortSignal): Promise<Result<Uint8Array, PluginError>> {
  const frames = await extractJpegs(path, { seconds: [second], ...THUMBNAIL }, signal)
  if (!frames.ok) return frames
  const [frame] = frames.value
  return frame === undefined ? err(pluginError('invalid', 'no frame at that second')) : ok(frame.jpeg)
}
