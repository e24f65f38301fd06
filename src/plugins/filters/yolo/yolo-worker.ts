import type { FilterResult } from '../../../contracts/detection.ts'
import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import { DetectionTally } from '../../../lib/detection-tally.ts'
import { scanFrames } from '../../../lib/ffmpeg/scan-frames.ts'
import { serveJobs } from '../../../lib/serve-jobs.ts'
import { loadDetector, type Detector } from './detector.ts'
import { JobSchema, type LookRequest, type ModelChoice } from './job.ts'

const never = new AbortController().signal // an abort kills this whole process
const loaded = new Map<string, Detector>()

/** Decodes and looks in one process, so that frames never travel. */
serveJobs(async (raw, tell) => {
  const { model, look } = JobSchema.parse(raw)
  const detector = await detectorFor(model)
  if (!detector.ok) return detector
  return look === null ? ok(null) : lookAtVideo(detector.value, look, { name: model.name, tell })
})

/** One model stays loaded: a worker serves one filter. */
async function detectorFor(model: ModelChoice): Promise<Result<Detector, PluginError>> {
  const key = JSON.stringify(model)
  const known = loaded.get(key)
  if (known !== undefined) return ok(known)
  const detector = await loadDetector(model)
  if (!detector.ok) return detector
  loaded.clear()
  loaded.set(key, detector.value)
  return detector
}

async function lookAtVideo(
  detector: Detector,
  look: LookRequest,
  { name, tell }: { readonly name: string; readonly tell: (soFar: FilterResult) => void },
): Promise<Result<FilterResult, PluginError>> {
  const unseen = detector.unknownClasses(look.classes)
  if (unseen.length === look.classes.length) {
    return err(pluginError('rejected', `the model ${name} knows none of the wanted classes: ${unseen.join(', ')}`))
  }
  const tally = new DetectionTally({ minHits: look.min_hits, fullScan: look.full_scan }, () => tell(tally.result(name)))
  const { width, height } = detector.input
  const fit = detector.preprocessing.placement === 'stretch' ? 'stretch' : 'contain'
  const scanned = await scanFrames(
    { path: look.video_path, lookFirstS: look.look_first_s },
    { sampleFps: look.sample_fps, width, height, fit },
    async (frame) => tally.add(await detector.look(frame, look)),
    never,
  )
  return scanned.ok ? ok(tally.result(name)) : scanned
}
