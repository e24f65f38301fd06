import type { GreyPicture } from './grey-scene.ts'

interface Report {
  readonly state: string
  readonly isMotion: boolean
  readonly motionSinceMs: number | null
}

/** A detector, as far as a test needs to know it. */
export interface Watcher<R extends Report> {
  analyze(frame: GreyPicture, moment: { readonly streamMs: number; readonly isRecording: boolean }): R
}

export interface Watched<R extends Report> {
  /** From when to when there was motion, in seconds of the stream; pauses of less than half a second are none. */
  readonly motion: readonly (readonly [fromS: number, untilS: number])[]
  /** The states, each when it began. */
  readonly states: readonly string[]
  readonly reports: readonly R[]
}

/** Shows frames to a detector, which is more sensitive until ten seconds after the last motion, as if it were recording. */
export function watchFrames<R extends Report>(watcher: Watcher<R>, frames: Iterable<GreyPicture>, fps: number): Watched<R> {
  const motion: [number, number][] = []
  const states: string[] = []
  const reports: R[] = []
  let lastMotionMs = -Infinity
  for (const frame of frames) {
    const streamMs = (reports.length * 1000) / fps
    const report = watcher.analyze(frame, { streamMs, isRecording: streamMs - lastMotionMs < 10_000 })
    reports.push(report)
    if (states.at(-1)?.split(' ')[0] !== report.state) states.push(`${report.state} ${streamMs / 1000}`)
    if (!report.isMotion) continue
    const latest = motion.at(-1)
    if (latest !== undefined && streamMs - lastMotionMs < 500 + 1000 / fps) latest[1] = streamMs / 1000
    else motion.push([(report.motionSinceMs ?? NaN) / 1000, streamMs / 1000])
    lastMotionMs = streamMs
  }
  return { motion, states, reports }
}
