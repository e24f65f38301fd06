import type { FoundCamera, Profile } from '../../discovery/camera.ts'

const CODEC_NAMES: Readonly<Record<string, string>> = { H264: 'H.264', H265: 'H.265', MPEG4: 'MPEG-4' }

/** One device for people: a head line, then a line for each profile. */
export function describeCamera(camera: FoundCamera): string[] {
  const { address, port, manufacturer, name, model, firmware, profiles, error, warnings } = camera
  const maker = [manufacturer, model].filter((part) => part !== null).join(' ')
  const title = name !== null && name !== maker ? `"${name}"` : ''
  const version = firmware === null ? '' : `firmware ${firmware}`
  return [
    [`${address}:${port}`, title, maker, version].filter((part) => part !== '').join('  '),
    ...(profiles ?? []).map((profile) => `  ${useOf(profile, camera)}${describeProfile(profile)}`),
    ...(profiles?.length === 0 ? ['  it has no video profile'] : []),
    ...(error === null ? [] : [`  not read: ${explain(error)}`]),
    ...warnings.map((warning) => `  careful: ${warning}`),
  ]
}

export function explain({ kind, message }: { readonly kind: string; readonly message: string }): string {
  if (kind !== 'rejected') return message
  return `${message}; it was tried once. Many cameras have users for ONVIF that are set up apart, in the camera's settings`
}

export function describeProfile(profile: Profile): string {
  const { codec, width, height, fps, keyframe_interval, stream_uri } = profile
  const parts = [
    codec === null ? '' : (CODEC_NAMES[codec] ?? codec),
    width === null || height === null ? '' : `${width}×${height}`,
    fps === null ? '' : `${fps} fps`,
    keyframe_interval === null ? '' : keyframes(keyframe_interval, fps),
    stream_uri ?? '',
  ]
  return parts.filter((part) => part !== '').join('  ')
}

function useOf(profile: Profile, { cameras }: FoundCamera): string {
  const main = cameras.find((camera) => camera.main === profile)
  const detect = cameras.find((camera) => camera.detect === profile)
  const use = main !== undefined ? `${main.name} main` : detect !== undefined ? `${detect.name} detect` : '-'
  const width = Math.max(...cameras.map(({ name }) => `${name} detect`.length), 1)
  return `${use.padEnd(width)}  `
}

function keyframes(interval: number, fps: number | null): string {
  const everyS = fps === null || fps === 0 ? '' : ` (${Number((interval / fps).toFixed(1))} s)`
  return `keyframe every ${interval} frames${everyS}`
}
