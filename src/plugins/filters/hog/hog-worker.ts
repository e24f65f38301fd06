import { ok } from '../../../contracts/result.ts'
import { DetectionTally } from '../../../lib/detection-tally.ts'
import { scanFrames } from '../../../lib/ffmpeg/scan-frames.ts'
import { serveJobs } from '../../../lib/serve-jobs.ts'
import { JobSchema } from './job.ts'
import { loadOpenCv } from './opencv.ts'
import { PeopleDetector } from './people-detector.ts'

/** People are found from 128 pixels on; at this size that is a third of the frame and more, in a quarter of a second. */
const LONGEST_SIDE = 640

const never = new AbortController().signal // an abort kills this whole process
let detector: PeopleDetector | null = null

serveJobs(async (raw, tell) => {
  const { look } = JobSchema.parse(raw)
  detector ??= new PeopleDetector((await loadOpenCv()).cv)
  if (look === null) return ok(null)
  const people = detector
  const tally = new DetectionTally({ minHits: look.min_hits, fullScan: look.full_scan }, () => tell(tally.result('hog')))
  const scanned = await scanFrames(
    { path: look.video_path, lookFirstS: look.look_first_s },
    { sampleFps: look.sample_fps, width: LONGEST_SIDE, height: LONGEST_SIDE, fit: 'contain' },
    async (frame) => tally.add(people.look(frame, look)),
    never,
  )
  return scanned.ok ? ok(tally.result('hog')) : scanned
})
