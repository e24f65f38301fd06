import type { PluginError } from '../contracts/errors.ts'
import type { Result } from '../contracts/result.ts'
import { plainText } from '../lib/plain-text.ts'
import type { Redact } from '../lib/redact.ts'
import type { FoundCamera, Profile } from './camera.ts'
import type { CameraNames } from './camera-names.ts'
import { chooseStreams } from './choose-streams.ts'
import type { FoundDevice } from './device-address.ts'
import { NOTHING_TOLD, type DeviceAnswer, type ToldProfile } from './device-job.ts'
import { readStreamUri } from './stream-uri.ts'

const MAX_TEXT_CHARS = 120

export interface Means {
  readonly names: CameraNames
  readonly redact: Redact
  /** The password in every spelling. */
  readonly spellings: readonly string[]
  /** Whether a user name and password were given. */
  readonly asked: boolean
}

/** Turns what a device told into what is shown: nothing it says is passed on as it is. */
export function describeDevice(device: FoundDevice, answer: Result<DeviceAnswer, PluginError>, means: Means): FoundCamera {
  const { names, redact, asked } = means
  const clean = (text: string | null) => (text === null ? null : plainText(redact(text), MAX_TEXT_CHARS) || null)
  const told = answer.ok ? answer.value : NOTHING_TOLD
  const profiles = told.profiles.map((profile) => readProfile(profile, device.address, means))
  const [name, model] = [clean(device.name), clean(told.model ?? device.hardware)]
  const cameras = chooseStreams(profiles).map((streams) => ({ name: names.take([name, model]), ...streams }))
  return {
    address: device.address,
    port: device.port,
    endpoint: clean(device.endpoint),
    ...{ name, model },
    manufacturer: clean(told.manufacturer),
    firmware: clean(told.firmware),
    serial_number: clean(told.serial_number),
    profiles: asked && answer.ok ? profiles : null,
    cameras,
    warnings: warningsFor(device, profiles, clean),
    error: answer.ok ? null : { kind: answer.error.kind, message: answer.error.message },
  }
}

function readProfile({ stream_uri, codec, ...told }: ToldProfile, deviceAddress: string, { redact, spellings }: Means): Profile {
  const clean = (text: string | null) => (text === null ? null : plainText(redact(text), MAX_TEXT_CHARS))
  const stream = stream_uri === null ? null : readStreamUri(stream_uri, deviceAddress, spellings)
  return {
    ...told,
    name: clean(told.name),
    video_source: clean(told.video_source),
    codec: clean(codec)?.toUpperCase() ?? null,
    stream_uri: stream?.uri ?? null,
    stream_host: stream?.other_host ?? null,
  }
}

function warningsFor(device: FoundDevice, profiles: readonly Profile[], clean: (text: string | null) => string | null): string[] {
  const warnings: string[] = []
  if (device.claimed_host !== null)
    warnings.push(`it says that it is at ${clean(device.claimed_host) ?? 'another host'}; it was asked at ${device.address}`)
  const hosts = new Set(profiles.flatMap(({ stream_host }) => (stream_host === null ? [] : [stream_host])))
  for (const host of hosts)
    warnings.push(`a stream leads to another host, ${host}: use it only if you know that host, for it gets the password`)
  if (profiles.some(({ stream_uri }) => stream_uri === null))
    warnings.push('a profile has no stream that can be used: no address of the form rtsp://')
  return warnings
}
