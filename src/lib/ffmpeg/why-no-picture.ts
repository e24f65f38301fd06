import { pluginError, type PluginError } from '../../contracts/errors.ts'
import type { ChildOutput } from '../child-process.ts'
import { explainFfmpeg } from './probe.ts'

/** What says nothing about the video, but that this machine cannot read it now. */
const TROUBLE_HERE =
  /Input\/output error|Permission denied|Cannot allocate memory|Too many open files|Stale file handle|Resource temporarily unavailable/

/** Why ffmpeg gave no picture: `invalid` if the video holds none, `unavailable` if this machine is at fault. Pure. */
export function whyNoPicture({ exitCode, stderr }: Pick<ChildOutput, 'exitCode' | 'stderr'>): PluginError {
  if (exitCode === null) return pluginError('unavailable', 'ffmpeg was killed, perhaps for want of memory')
  const why = explainFfmpeg(stderr)
  if (TROUBLE_HERE.test(stderr)) return pluginError('unavailable', `the video cannot be read now: ${why}`)
  return pluginError('invalid', `not a readable video: ${why}`)
}
