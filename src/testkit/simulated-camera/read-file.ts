import { z } from 'zod'
import { pluginError, type PluginError } from '../../contracts/errors.ts'
import { err, ok, type Result } from '../../contracts/result.ts'
import { runChild } from '../../lib/child-process.ts'
import { inputArguments } from '../../lib/ffmpeg/arguments.ts'
import { parseFrameList, type ListedFrame } from './frame-list.ts'

const MAX_FILE_BYTES = 512 * 1024 * 1024
const QUIET = ['-nostdin', '-hide_banner', '-loglevel', 'error']

const StreamsSchema = z.object({
  streams: z.array(
    z.object({
      codec_type: z.string(),
      codec_name: z.string().default(''),
      sample_rate: z.coerce.number().default(0),
      channels: z.number().default(0),
      disposition: z.object({ attached_pic: z.number() }).partial().default({}),
    }),
  ),
})

export interface FileCodecs {
  readonly video: string
  readonly audio: { readonly codec: string; readonly sampleRateHz: number; readonly channels: number } | null
}

export async function readCodecs(path: string, signal: AbortSignal): Promise<Result<FileCodecs, PluginError>> {
  const args = ['-hide_banner', '-loglevel', 'error', '-show_streams', '-of', 'json', ...inputArguments(path)]
  const probed = await run('ffprobe', args, signal)
  if (!probed.ok) return probed
  const parsed = StreamsSchema.safeParse(JSON.parse(probed.value.stdout.toString()))
  if (!parsed.success) return err(pluginError('invalid', 'ffprobe printed something unknown'))
  const video = parsed.data.streams.find((stream) => stream.codec_type === 'video' && stream.disposition.attached_pic !== 1)
  const audio = parsed.data.streams.find((stream) => stream.codec_type === 'audio')
  if (video === undefined) return err(pluginError('invalid', 'the file has no video'))
  return ok({
    video: video.codec_name,
    audio: audio === undefined ? null : { codec: audio.codec_name, sampleRateHz: audio.sample_rate, channels: audio.channels },
  })
}

export interface FileStream {
  readonly bytes: Buffer
  readonly frames: readonly ListedFrame[]
}

/** One stream of a file as raw bytes and the list of its frames, from one pass so that they cannot differ. */
export async function readStream(
  path: string,
  stream: { readonly map: string; readonly codecArguments: readonly string[]; readonly format: string },
  signal: AbortSignal,
): Promise<Result<FileStream, PluginError>> {
  const output = ['-map', stream.map, ...stream.codecArguments, '-f', 'tee', `[f=${stream.format}]pipe:1|[f=framecrc]pipe:3`]
  const read = await run('ffmpeg', [...QUIET, ...inputArguments(path), ...output], signal)
  if (!read.ok) return read
  const frames = parseFrameList(read.value.extra.toString('latin1'))
  if (frames === null) return err(pluginError('invalid', 'ffmpeg found no frames in the file'))
  return ok({ bytes: read.value.stdout, frames })
}

async function run(command: string, args: readonly string[], signal: AbortSignal) {
  const done = await runChild(command, args, { signal, maxStdoutBytes: MAX_FILE_BYTES })
  if (done.ok && done.value.exitCode !== 0) {
    return err(pluginError('invalid', `${command} cannot read the file: ${done.value.stderr.split('\n').at(-1) ?? ''}`))
  }
  return done
}
