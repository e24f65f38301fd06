import type { RtspConfig } from './config.ts'
import { runChild } from '../../../lib/child-process.ts'
import { startDeadline } from '../../../lib/deadline.ts'

export type Decoder = Exclude<RtspConfig['stream']['hwaccel'], 'auto'>

/** What `auto` tries, best first. */
const CANDIDATES: Readonly<Partial<Record<NodeJS.Platform, readonly Decoder[]>>> = {
  linux: ['vaapi', 'qsv', 'cuda'],
  darwin: ['videotoolbox'],
}

/** A driver that hangs is one that does not work. */
const PROBE_WITHIN_MS = 8_000

/** Which decoder to begin with: the one asked for, or the first that this machine has. `none` when there is no other. */
export async function chooseDecoder(wanted: RtspConfig['stream']['hwaccel'], signal: AbortSignal): Promise<Decoder> {
  if (wanted === 'none' || wanted === 'v4l2m2m') return wanted
  const candidates = wanted === 'auto' ? (CANDIDATES[process.platform] ?? []) : [wanted]
  for (const candidate of candidates) if (await opens(candidate, signal)) return candidate
  return 'none'
}

/** Whether ffmpeg can open such a device here. */
async function opens(device: Decoder, signal: AbortSignal): Promise<boolean> {
  using deadline = startDeadline(PROBE_WITHIN_MS, signal)
  const args = ['-nostdin', '-hide_banner', '-loglevel', 'error', '-init_hw_device', device]
  const nothing = ['-f', 'lavfi', '-i', 'color=s=16x16', '-frames:v', '1', '-f', 'null', '-']
  const probe = await runChild('ffmpeg', [...args, ...nothing], { signal: deadline.signal, maxStdoutBytes: 10_000 })
  return probe.ok && probe.value.exitCode === 0
}
