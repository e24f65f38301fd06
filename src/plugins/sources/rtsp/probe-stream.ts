import { z } from 'zod'
import type { PluginError } from '../../../contracts/errors.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import { runChild } from '../../../lib/child-process.ts'
import { startDeadline } from '../../../lib/deadline.ts'
import type { StreamFacts } from './stream-facts.ts'
import { troubleFrom, type StreamTrouble } from './stream-trouble.ts'

export interface ProbedStream extends StreamFacts {
  readonly fps: number
  readonly profile: string
}

const ProbeSchema = z.object({
  streams: z.array(
    z.object({
      codec_type: z.string().optional(),
      codec_name: z.string().optional(),
      profile: z.string().optional(),
      width: z.number().optional(),
      height: z.number().optional(),
      avg_frame_rate: z.string().optional(),
      r_frame_rate: z.string().optional(),
    }),
  ),
})

export interface ProbeInput {
  readonly url: string
  readonly transport: 'tcp' | 'udp'
  readonly timeoutMs: number
}

/** How ffprobe opens a camera. */
export function probeInput({ url, transport, timeoutMs }: ProbeInput): string[] {
  const timeoutUs = String(Math.round(timeoutMs * 1000))
  return ['-protocol_whitelist', 'rtp,srtp,tcp,udp,tls,crypto', '-rtsp_transport', transport, '-timeout', timeoutUs, '-i', url]
}

/** Opens a stream, looks what it is, and closes it again. @returns why it cannot be had, else. */
export async function probeStream(input: ProbeInput, signal: AbortSignal): Promise<Result<ProbedStream, StreamTrouble>> {
  using deadline = startDeadline(input.timeoutMs + 2_000, signal)
  const args = ['-hide_banner', '-loglevel', 'error', '-show_streams', '-of', 'json', ...probeInput(input)]
  const probed = await runChild('ffprobe', args, { signal: deadline.signal, maxStdoutBytes: 1_000_000 })
  if (!probed.ok) return err(probeTrouble(probed.error))
  if (probed.value.exitCode !== 0) return err(troubleFrom(probed.value.stderr))
  const parsed = ProbeSchema.safeParse(jsonOf(probed.value.stdout.toString()))
  const streams = parsed.success ? parsed.data.streams : []
  const video = streams.find(({ codec_type }) => codec_type === 'video')
  if (video === undefined) return err('not_found')
  return ok({
    video_codec: video.codec_name ?? null,
    width: video.width ?? 0,
    height: video.height ?? 0,
    fps: rateOf(video.avg_frame_rate) || rateOf(video.r_frame_rate),
    profile: video.profile ?? '',
    audio_codec: streams.find(({ codec_type }) => codec_type === 'audio')?.codec_name ?? null,
  })
}

function probeTrouble({ kind }: PluginError): StreamTrouble {
  return kind === 'cancelled' ? 'offline' : 'ffmpeg_missing'
}

function rateOf(fraction = '0/0'): number {
  const [count = 0, per = 0] = fraction.split('/').map(Number)
  return per > 0 ? Math.round((count / per) * 100) / 100 : 0
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
