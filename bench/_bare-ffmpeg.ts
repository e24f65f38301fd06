import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { GREY_SIZE } from '../src/plugins/sources/rtsp/grey-size.ts'

/** What anybody needs at least, each in a process without us: segments from a copy, and small grey frames that nobody looks at. */
export interface BareJob {
  readonly url: string
  readonly copies: boolean
  readonly fps: number | null
  /** Options for the decoder. */
  readonly decoding?: readonly string[]
}

const { width, height } = GREY_SIZE

export function startBareFfmpeg({ url, copies, fps, decoding = [] }: BareJob, folder: string): ChildProcess {
  const grey = ['-vf', `fps=${String(fps)},scale=${width}:${height}:flags=area,format=gray`, '-f', 'rawvideo', '-y', '/dev/null']
  const args = [
    ...['-nostdin', '-v', 'error', '-threads', '1', '-filter_threads', '1', ...decoding, '-rtsp_transport', 'tcp', '-i', url],
    ...(copies ? ['-map', '0:v', '-c', 'copy', '-f', 'segment', '-segment_time', '0.5', '-segment_format', 'mpegts', '%06d.ts'] : []),
    ...(fps === null ? [] : ['-map', '0:v', ...grey]),
  ]
  return spawn('ffmpeg', args, { cwd: mkdtempSync(join(folder, 'bare-')), stdio: 'ignore' })
}
