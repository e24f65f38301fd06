/** Older ones lack options that recording needs. */
export const LEAST_FFMPEG = { major: 5, minor: 1 } as const

/** Whether a version, as `ffmpeg -version` says it in its first line, is new enough; one that is no release, but built from some day's sources, is. Pure. */
export function isFfmpegNewEnough(firstLine: string): boolean {
  const [, major, minor] = /^ffmpeg version n?(\d+)\.(\d+)/.exec(firstLine) ?? []
  if (major === undefined) return true
  return Number(major) > LEAST_FFMPEG.major || (Number(major) === LEAST_FFMPEG.major && Number(minor) >= LEAST_FFMPEG.minor)
}
