import { execFile } from 'node:child_process'
import { linkSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { ok } from '../contracts/result.ts'
import type { ClipSource, IncomingFile } from '../contracts/source.ts'
import { rtspSource } from '../plugins/sources/rtsp/plugin.ts'
import type { StreamFacts } from '../plugins/sources/rtsp/stream-facts.ts'
import { memoryLogger } from './memory-logger.ts'
import { built, testHost } from './plugin-host.ts'

/** A clip as the source offered it; `path` is a copy that stays. */
export interface OfferedClip extends IncomingFile {
  /** Wall clock when it was offered. */
  readonly offeredAtMs: number
}

export interface CameraRecording extends AsyncDisposable {
  readonly source: ClipSource
  readonly clips: readonly OfferedClip[]
  readonly log: ReturnType<typeof memoryLogger>
  readonly stateDir: string
}

/** Never waits for a child in place: cameras and recorders of a test live in the same process. */
const run = promisify(execFile)

/**
 * Records one camera with the real source into a temp folder, taking every clip it offers.
 * @param known what an earlier run found out about the stream.
 */
export async function recordCamera(
  urls: { readonly main: string; readonly detect?: string },
  config: Readonly<Record<string, unknown>> = {},
  known: StreamFacts | null = null,
): Promise<CameraRecording> {
  const env: Record<string, string> = { MAIN_URL: urls.main, ...(urls.detect === undefined ? {} : { DETECT_URL: urls.detect }) }
  const log = memoryLogger()
  const host = testHost({ env, instance: 'front_door', log })
  if (known !== null) {
    mkdirSync(host.dirs.state, { recursive: true })
    writeFileSync(join(host.dirs.state, 'stream.json'), JSON.stringify(known))
  }
  const detect_url_env = urls.detect === undefined ? null : 'DETECT_URL'
  const source = await built(rtspSource, { rtsp_url_env: 'MAIN_URL', detect_url_env, derive_detect: false, ...config }, host)
  const kept = join(host.dirs.data, 'clips')
  mkdirSync(kept)
  const clips: OfferedClip[] = []
  const sink = {
    accept: async (file: IncomingFile) => {
      const path = join(kept, `${clips.length}.mp4`)
      linkSync(file.path, path)
      clips.push({ ...file, path, offeredAtMs: Date.now() })
      return ok({ state: 'accepted', clip_id: `front_door_${clips.length}.mp4` } as const)
    },
  }
  await source.start(sink, new AbortController().signal)
  return { source, clips, log, stateDir: host.dirs.state, [Symbol.asyncDispose]: () => source[Symbol.asyncDispose]() }
}

/** A hash of each decoded frame, in the order in which they are shown. Rejects when ffmpeg complains of anything. */
export async function frameHashes(video: string): Promise<string[]> {
  const args = ['-v', 'error', '-xerror', '-i', video, '-map', '0:v:0', '-fps_mode', 'passthrough', '-f', 'framemd5', '-']
  const { stdout, stderr } = await run('ffmpeg', args, { maxBuffer: 100_000_000 })
  if (stderr !== '') throw new Error(`${video}: ${stderr}`)
  return stdout.split('\n').flatMap((line) => (line === '' || line.startsWith('#') ? [] : [line.split(',').at(-1)?.trim() ?? '']))
}

/** Frames of a source without a gap, by their numbers there, both included. `to` is less than `from` where the source began anew. */
export interface FrameRun {
  readonly from: number
  readonly to: number
  readonly count: number
}

/** Where the frames of a clip come from: one run if none is missing or repeated. A frame that the source does not have is a run of -1. */
export function runsIn(frames: readonly string[], source: readonly string[]): FrameRun[] {
  const places = new Map<string, number[]>()
  for (const [index, hash] of source.entries()) places.set(hash, [...(places.get(hash) ?? []), index])
  const runs: { from: number; to: number; count: number }[] = []
  for (const hash of frames) {
    const candidates = places.get(hash) ?? []
    const run = runs.at(-1)
    const next = run === undefined ? -1 : (run.to + 1) % source.length
    if (run !== undefined && run.to >= 0 && candidates.includes(next)) {
      run.to = next
      run.count += 1
    } else {
      const from = candidates[0] ?? -1
      runs.push({ from, to: from, count: 1 })
    }
  }
  return runs
}

const StreamsSchema = z.object({
  streams: z.array(z.object({ codec_type: z.string(), codec_name: z.string(), codec_tag_string: z.string().optional() })),
})

/** Type, codec and tag of each stream: `video h264 avc1`. */
export async function streamsOf(video: string): Promise<string[]> {
  const entries = 'stream=codec_type,codec_name,codec_tag_string'
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', entries, '-of', 'json', video])
  return StreamsSchema.parse(JSON.parse(stdout)).streams.map(
    (stream) => `${stream.codec_type} ${stream.codec_name} ${stream.codec_tag_string ?? ''}`,
  )
}
