import type { FoundCamera, SuggestedCamera } from '../../discovery/camera.ts'
import { variableFor } from '../../discovery/camera-names.ts'
import { uriToComplete } from '../../discovery/stream-uri.ts'
import { describeProfile, explain } from './render-text.ts'

/** A configuration with these cameras, and in comments what belongs into `.env`. Null when there is no camera to write. */
export function renderYaml(found: readonly FoundCamera[]): string[] | null {
  const cameras = found.flatMap((device) => device.cameras.map((camera) => ({ device, camera })))
  if (cameras.length === 0) return null
  const skipped = found.filter((device) => device.cameras.length === 0)
  return [
    '# Written by homesec discover. Where there is a configuration already, take over the list of cameras only.',
    '# Put the addresses of the streams into .env beside this file, each with the real user name and password',
    '# (in a URL, write @ as %40, : as %3A, / as %2F, # as %23, ? as %3F and % as %25):',
    '#',
    ...cameras.flatMap(({ camera }) => envLines(camera)).map((line) => `#   ${line}`),
    ...skipped.map((device) => `#\n# Left out: ${device.address}:${device.port}, ${reason(device)}.`),
    'version: 1',
    'cameras:',
    ...cameras.flatMap(({ device, camera }) => cameraLines(device, camera)),
  ]
}

function envLines({ name, main, detect }: SuggestedCamera): string[] {
  const line = (variable: string, uri: string | null) => `${variable}=${uriToComplete(uri ?? '')}`
  return [
    line(variableFor(name, 'RTSP'), main.stream_uri),
    ...(detect === null ? [] : [line(variableFor(name, 'DETECT'), detect.stream_uri)]),
  ]
}

function cameraLines(
  { address, manufacturer, model, name: title, warnings }: FoundCamera,
  { name, main, detect }: SuggestedCamera,
): string[] {
  const about = [title, manufacturer, model, address].filter((part) => part !== null)
  const urls = [
    `        rtsp_url_env: ${variableFor(name, 'RTSP')}`,
    ...(detect === null ? [] : [`        detect_url_env: ${variableFor(name, 'DETECT')}`]),
  ]
  return [
    `  # ${about.join(', ')}`,
    `  # recorded: ${describeProfile({ ...main, stream_uri: null })}`,
    `  # motion: ${detect === null ? 'the same stream' : describeProfile({ ...detect, stream_uri: null })}`,
    ...warnings.map((warning) => `  # careful: ${warning}`),
    // Quoted: a name such as "null" or "true" would be no text.
    `  - name: ${JSON.stringify(name)}`,
    '    source:',
    '      backend: rtsp',
    '      config:',
    ...urls,
  ]
}

function reason({ error, profiles }: FoundCamera): string {
  if (error !== null) return explain(error)
  return profiles === null ? 'not asked for want of a password' : 'no H.264 or H.265 stream'
}
