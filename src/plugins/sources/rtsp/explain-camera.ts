import { pluginError, type ErrorKind, type PluginError } from '../../../contracts/errors.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import type { SourceReport } from '../../../contracts/source.ts'
import { runChild } from '../../../lib/child-process.ts'
import { startDeadline } from '../../../lib/deadline.ts'
import { shownUrl } from './camera-url.ts'
import type { CameraUrls } from './camera-urls.ts'
import type { RtspConfig } from './config.ts'
import { adviceOn, type CameraFindings, type DetectFinding, type StreamPace } from './camera-advice.ts'
import { isSmallEnough } from './detect-choice.ts'
import { chooseDecoder } from './hwaccel.ts'
import { probeInput, probeStream, type ProbedStream, type ProbeInput } from './probe-stream.ts'
import { adviceFor, type StreamTrouble } from './stream-trouble.ts'

/** Long enough to see two keyframes of a camera that makes one every four seconds. */
const LISTEN_S = 10
/** The session that listens is open for sure when this has passed. */
const SECOND_SESSION_AFTER_MS = 2_500

const KIND: Readonly<Partial<Record<StreamTrouble, ErrorKind>>> = { credentials: 'rejected', not_found: 'rejected' }

/** Looks at a camera as its owner would want it looked at: what it sends, what of it is used for what, and what should be changed. */
export async function explainCamera(config: RtspConfig, urls: CameraUrls, signal: AbortSignal): Promise<Result<SourceReport, PluginError>> {
  const input: ProbeInput = { url: urls.main, transport: config.stream.transport, timeoutMs: config.stream.connect_timeout_s * 1000 }
  const main = await probeStream(input, signal)
  if (!main.ok)
    return err(
      pluginError(KIND[main.error] ?? 'unavailable', `${adviceFor(main.error)} (${shownUrl(urls.main)}, from ${config.rtsp_url_env})`),
    )
  const [pace, second] = await Promise.all([listen(input, signal), tryAnother(input, signal)])
  const findings: CameraFindings = {
    main: main.value,
    pace,
    allowsSecondSession: second,
    detect: await lookAtDetect(urls, input, signal),
    decoder: await chooseDecoder(config.stream.hwaccel, signal),
    preRollS: config.recording.pre_roll_s,
    wantedDecoder: config.stream.hwaccel,
  }
  return ok({ facts: factsOf(findings, urls).map(toSentence), advice: adviceOn(findings).map(toSentence) })
}

async function lookAtDetect(urls: CameraUrls, input: ProbeInput, signal: AbortSignal): Promise<DetectFinding> {
  if (urls.detect === null) return { state: 'none' }
  const probed = await probeStream({ ...input, url: urls.detect }, signal)
  if (!probed.ok) return { state: 'refused', trouble: probed.error, isGuessed: urls.isGuessed }
  const isUsed = !urls.isGuessed || isSmallEnough(probed.value)
  return { state: isUsed ? 'used' : 'too_large', stream: probed.value, isGuessed: urls.isGuessed }
}

async function tryAnother(input: ProbeInput, signal: AbortSignal): Promise<boolean> {
  await new Promise((resolve) => setTimeout(resolve, SECOND_SESSION_AFTER_MS))
  return (await probeStream(input, signal)).ok
}

/** Watches the packets of a stream go by. */
async function listen(input: ProbeInput, signal: AbortSignal): Promise<StreamPace | null> {
  using deadline = startDeadline(input.timeoutMs + (LISTEN_S + 5) * 1000, signal)
  const shown = [
    '-select_streams',
    'v:0',
    '-show_entries',
    'packet=pts_time,size,flags',
    '-read_intervals',
    `%+${LISTEN_S}`,
    '-of',
    'csv=p=0',
  ]
  const args = ['-hide_banner', '-loglevel', 'error', ...shown, ...probeInput(input)]
  const heard = await runChild('ffprobe', args, { signal: deadline.signal, maxStdoutBytes: 10_000_000 })
  return heard.ok ? paceOf(heard.value.stdout.toString('latin1')) : null
}

/** From `pts,size,flags` lines. Null when there are too few pictures to tell. Pure. */
export function paceOf(csv: string): StreamPace | null {
  const packets = csv.split('\n').flatMap((line) => {
    const [time, size, flags = ''] = line.split(',')
    const second = Number.parseFloat(time ?? '')
    return Number.isNaN(second) ? [] : [{ second, size: Number(size) || 0, isKey: flags.startsWith('K') }]
  })
  const seconds = packets.map(({ second }) => second)
  const length = Math.max(...seconds) - Math.min(...seconds)
  if (packets.length < 3 || !(length > 0)) return null
  const keys = packets.filter(({ isKey }) => isKey).map(({ second }) => second)
  const gaps = keys.slice(1).map((second, index) => second - (keys[index] ?? 0))
  return {
    fps: (packets.length - 1) / length,
    kbitPerS: (packets.reduce((sum, { size }) => sum + size, 0) * 8) / 1000 / length,
    keyframeS: gaps.length > 0 ? Math.max(...gaps) : null,
    watchedS: length,
    hasBFrames: seconds.some((second, index) => second < (seconds[index - 1] ?? -Infinity)),
  }
}

function factsOf({ main, pace, detect, decoder, allowsSecondSession }: CameraFindings, urls: CameraUrls): string[] {
  const sound = main.audio_codec === null ? 'no sound' : `sound ${main.audio_codec}`
  const facts = [`recorded: ${shownUrl(urls.main)}: ${describe(main)}, ${sound}`]
  if (pace !== null) {
    const keys =
      pace.keyframeS === null ? `no two keyframes within ${Math.round(pace.watchedS)} s` : `a keyframe every ${pace.keyframeS.toFixed(1)} s`
    facts.push(`${pace.fps.toFixed(1)} pictures and ${Math.round(pace.kbitPerS)} kbit a second, ${keys}`)
  }
  const decodes = `decoded by ${decoder === 'none' ? 'the CPU' : decoder}`
  if (detect.state === 'used') facts.push(`motion: ${shownUrl(urls.detect ?? '')}: ${describe(detect.stream)}, ${decodes}`)
  else facts.push(`motion: the recorded stream, ${decodes}`)
  facts.push(allowsSecondSession ? 'a second session at the same time is allowed' : 'a second session at the same time is refused')
  return facts
}

function toSentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

function describe({ video_codec, profile, width, height, fps }: ProbedStream): string {
  return `${video_codec ?? 'unknown'}${profile === '' ? '' : ` ${profile}`} ${width}×${height}${fps > 0 ? ` at ${fps}/s` : ''}`
}
