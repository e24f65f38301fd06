import type { Profile } from './camera.ts'

/** HomeSec copies the main stream into MP4; nothing else can be copied there. */
const RECORDABLE = new Set(['H264', 'H265'])
/** Below this people are too small to be seen moving. */
const MIN_DETECT_WIDTH = 320

export interface ChosenStreams {
  readonly main: Profile
  /** null: motion is looked for in the main stream. */
  readonly detect: Profile | null
}

/**
 * One choice for each picture the device has: a recorder has as many as cameras hang on it. The largest profile is recorded, the
 * smallest one that is still large enough is watched for motion.
 */
export function chooseStreams(profiles: readonly Profile[]): ChosenStreams[] {
  const recordable = profiles.filter(({ codec, stream_uri }) => stream_uri !== null && codec !== null && RECORDABLE.has(codec))
  // Whoever serves the stream gets the password: another host only where the device has nothing of its own.
  const own = recordable.filter(({ stream_host }) => stream_host === null)
  const usable = own.length > 0 ? own : recordable
  const sources = new Set(usable.map(({ video_source }) => video_source))
  return [...sources].flatMap((source) => {
    const ofSource = usable.filter(({ video_source }) => video_source === source)
    const [main] = [...ofSource].sort((a, b) => pixels(b) - pixels(a) || (b.fps ?? 0) - (a.fps ?? 0))
    return main === undefined ? [] : [{ main, detect: detectStream(ofSource, main) }]
  })
}

function detectStream(profiles: readonly Profile[], main: Profile): Profile | null {
  const smaller = profiles.filter(
    (profile) => profile.stream_uri !== main.stream_uri && (profile.width ?? 0) >= MIN_DETECT_WIDTH && pixels(profile) < pixels(main),
  )
  const [detect] = smaller.sort((a, b) => pixels(a) - pixels(b))
  return detect ?? null
}

function pixels({ width, height }: Profile): number {
  return (width ?? 0) * (height ?? 0)
}
