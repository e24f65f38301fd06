import { z } from 'zod'

const numeric = z.string().transform(Number)

const ProbeOutputSchema = z.object({
  streams: z
    .array(
      z.object({
        codec_type: z.string().optional(),
        codec_name: z.string().optional(),
        width: z.number().optional(),
        height: z.number().optional(),
        avg_frame_rate: z.string().optional(),
        r_frame_rate: z.string().optional(),
        disposition: z.object({ attached_pic: z.number().optional() }).optional(),
        tags: z.object({ rotate: numeric.optional() }).optional(),
        side_data_list: z.array(z.object({ rotation: z.number().optional() })).optional(),
      }),
    )
    .default([]),
  format: z
    .object({
      format_name: z.string().default(''),
      duration: numeric.optional(),
      tags: z.object({ creation_time: z.string().optional() }).optional(),
    })
    .prefault({}),
})
type ProbedStream = z.infer<typeof ProbeOutputSchema>['streams'][number]

/** What the container says of itself, before any of it is believed. Sizes are as shown, after rotation. */
export interface ContainerFacts {
  /** MP4 or its parent QuickTime, which players treat alike. */
  readonly is_mp4: boolean
  /** Null when the container does not say. */
  readonly duration_s: number | null
  readonly creation_time: string | null
  /** Null when there is no video stream (a cover picture is none). */
  readonly video: { readonly width: number; readonly height: number; readonly fps: number; readonly codec: string } | null
  readonly has_audio: boolean
}

/** Null when ffprobe printed something else than its JSON. */
export function parseProbeOutput(json: string): ContainerFacts | null {
  let raw: unknown
  try {
    raw = JSON.parse(json)
  } catch {
    return null
  }
  const parsed = ProbeOutputSchema.safeParse(raw)
  if (!parsed.success) return null
  const { streams, format } = parsed.data
  const video = streams.find((stream) => stream.codec_type === 'video' && stream.disposition?.attached_pic !== 1)
  return {
    is_mp4: format.format_name.split(',').includes('mp4'),
    duration_s: format.duration !== undefined && format.duration > 0 ? format.duration : null,
    creation_time: format.tags?.creation_time ?? null,
    video: video === undefined ? null : shownVideo(video),
    has_audio: streams.some((stream) => stream.codec_type === 'audio'),
  }
}

function shownVideo(stream: ProbedStream): ContainerFacts['video'] {
  const { width = 0, height = 0, codec_name = 'unknown' } = stream
  const lying = Math.abs(Math.round(rotationOf(stream) / 90)) % 2 === 1
  const fps = frameRate(stream.avg_frame_rate) ?? frameRate(stream.r_frame_rate) ?? 0
  return { width: lying ? height : width, height: lying ? width : height, fps, codec: codec_name }
}

/** In degrees; newer ffmpeg tells it as side data, older as a tag. */
function rotationOf(stream: ProbedStream): number {
  return stream.side_data_list?.find((side) => side.rotation !== undefined)?.rotation ?? stream.tags?.rotate ?? 0
}

/** `30000/1001` → 29.97; null for `0/0`. */
function frameRate(fraction: string | undefined): number | null {
  const [count, per] = (fraction ?? '').split('/').map(Number)
  if (count === undefined || per === undefined || !(count > 0) || !(per > 0)) return null
  return count / per
}

/** Length of the video from `pts,duration` lines; null when none has a time. */
export function durationFromPackets(csv: string): number | null {
  let first = Infinity
  let last = -Infinity
  for (const line of csv.split('\n')) {
    const [start, length] = line.split(',').map(Number.parseFloat)
    if (start === undefined || Number.isNaN(start)) continue
    first = Math.min(first, start)
    last = Math.max(last, start + (length === undefined || Number.isNaN(length) ? 0 : length))
  }
  return last > first ? last - first : null
}

const EARLIEST_MS = Date.parse('2000-01-01T00:00:00Z')
const DAY_MS = 86_400_000

/** Cameras without a clock write 1904, 1970 or 2036: a time is believed from 2000 on, up to a day after the file was written. */
export function plausibleCreationTime(tag: string | null, fileWrittenMs: number): string | null {
  const at = Date.parse(tag ?? '')
  if (Number.isNaN(at) || at < EARLIEST_MS || at > fileWrittenMs + DAY_MS) return null
  return new Date(at).toISOString()
}
