import { listenForStop } from '../app/stop-signal.ts'
import type { FoundCamera } from '../discovery/camera.ts'
import { deviceAt, parseAddress, type FoundDevice, type GivenAddress as Given } from '../discovery/device-address.ts'
import type { Credentials } from '../discovery/device-job.ts'
import { askCameras } from '../discovery/discover-cameras.ts'
import { localAddresses } from '../discovery/local-addresses.ts'
import { DISCOVERY_GROUP, probeNetwork, type ProbeOptions } from '../discovery/probe-network.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import { systemClock } from '../lib/system-clock.ts'
import { credentialsFromEnvironment, credentialsFromPrompt, type CredentialFlags } from './discover/credentials.ts'
import { describeCamera, explain } from './discover/render-text.ts'
import { renderYaml } from './discover/render-yaml.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { complain, print, printJson } from './terminal.ts'

export interface DiscoverFlags extends CredentialFlags {
  readonly timeoutS: number
  readonly address?: readonly string[]
  readonly interface?: readonly string[]
  readonly json?: boolean
  readonly yaml?: boolean
}

const NEEDS_CREDENTIALS =
  'Their streams are told only to those who have a user name and a password: run this on a terminal, which asks for them, or put them\n' +
  'into .env and name the variables: --username-env CAMERA_USER --password-env CAMERA_PASSWORD'

/** Finds the cameras of the network and says how to use them. */
export async function discover(flags: DiscoverFlags): Promise<ExitCode> {
  const wrong = wrongUse(flags)
  if (wrong !== null) {
    complain(`homesec discover: ${wrong}`)
    return EXIT.usage
  }
  using stop = listenForStop(() => complain('stopping'))
  const known = await credentialsFromEnvironment(flags)
  if (!known.ok) return failed(known.error)
  const devices = await findDevices(flags, stop.signal)
  if (!devices.ok) return failed(devices.error)
  const credentials = known.value ?? (await credentialsFromPrompt(devices.value.length, stop.signal))
  const options = { credentials, answerWithinMs: flags.timeoutS * 1000 }
  if (credentials !== null) complain(`asking ${devices.value.length === 1 ? '1 device' : `${devices.value.length} devices`}`)
  const cameras = await askCameras(devices.value, options, stop.signal)
  if (stop.signal.aborted) return EXIT.failed
  return show(cameras, credentials, flags)
}

function wrongUse({ usernameEnv, passwordEnv, address = [], interface: interfaces = [] }: DiscoverFlags): string | null {
  if ((usernameEnv === undefined) !== (passwordEnv === undefined)) return '--username-env and --password-env go together'
  const odd = address.find((text) => parseAddress(text) === null)
  if (odd !== undefined) return `--address ${JSON.stringify(odd)} is no IPv4 address with or without a port, such as 192.168.1.20:8000`
  return address.length > 0 && interfaces.length > 0
    ? '--interface is about devices that nobody named; it does not go with --address'
    : null
}

function findDevices(flags: DiscoverFlags, signal: AbortSignal): Promise<Result<readonly FoundDevice[], string>> {
  const given = (flags.address ?? []).flatMap((text) => parseAddress(text) ?? [])
  return given.length > 0 ? findGiven(given, flags.timeoutS, signal) : findByMulticast(flags, signal)
}

async function findByMulticast(flags: DiscoverFlags, signal: AbortSignal): Promise<Result<readonly FoundDevice[], string>> {
  const from = localAddresses(flags.interface ?? [])
  if (!from.ok) return from
  if (from.value.length === 0) return err('this machine has no network with IPv4. Is it connected?')
  complain(`listening for ${flags.timeoutS} s on ${from.value.join(', ')}`)
  const devices = await probe({ from: from.value, to: [DISCOVERY_GROUP], listenMs: flags.timeoutS * 1000 }, signal)
  return devices.length > 0 || signal.aborted ? ok(devices) : err(nothingFound(from.value))
}

/** Whoever is named without a port is asked by UDP first, which tells the port. One that does not answer is tried at the usual one. */
async function findGiven(given: readonly Given[], timeoutS: number, signal: AbortSignal): Promise<Result<readonly FoundDevice[], string>> {
  const to = given.flatMap(({ address, port }) => (port === null ? [address] : []))
  if (to.length > 0) complain(`listening for ${timeoutS} s`)
  const found = to.length > 0 ? await probe({ from: ['0.0.0.0'], to, listenMs: timeoutS * 1000 }, signal) : []
  return ok(given.flatMap((each) => devicesAt(each, found)))
}

async function probe(options: Omit<ProbeOptions, 'clock'>, signal: AbortSignal): Promise<readonly FoundDevice[]> {
  const { devices, problems } = await probeNetwork({ ...options, clock: systemClock }, signal)
  for (const problem of problems) complain(`not everywhere: ${problem}`)
  return devices
}

function devicesAt(given: Given, found: readonly FoundDevice[]): FoundDevice[] {
  const answered = given.port === null ? found.filter(({ address }) => address === given.address) : []
  return answered.length > 0 ? answered : [deviceAt(given)]
}

function nothingFound(from: readonly string[]): string {
  return [
    `no camera answered on ${from.join(', ')}. That may be because`,
    '  - ONVIF is switched off in the camera: look for ONVIF, "open network video interface" or "integration protocol" in its settings',
    '  - the cameras are in another network or VLAN, or a guest Wi-Fi keeps devices apart: multicast does not pass routers',
    '  - this is a container: its network is not that of the house. Use --network host, or run homesec discover outside',
    '  - a firewall here drops answers over UDP from port 3702',
    'A camera whose address you know can be asked directly: homesec discover --address 192.168.1.20',
  ].join('\n')
}

function show(cameras: readonly FoundCamera[], credentials: Credentials | null, flags: DiscoverFlags): ExitCode {
  const broken = cameras.filter(({ error }) => error !== null)
  if (flags.json === true) cameras.map(toJson).forEach(printJson)
  else if (flags.yaml === true) return showYaml(cameras, broken, credentials)
  else for (const line of cameras.flatMap((camera) => describeCamera(camera))) print(line)
  if (credentials === null && broken.length < cameras.length) complain(NEEDS_CREDENTIALS)
  return broken.length > 0 ? EXIT.failed : EXIT.ok
}

/** A suggested camera names its streams instead of repeating their profiles. */
function toJson(found: FoundCamera): object {
  const cameras = found.cameras.map(({ name, main, detect }) => ({
    name,
    stream_uri: main.stream_uri,
    detect_stream_uri: detect?.stream_uri ?? null,
  }))
  return { ...found, cameras }
}

function showYaml(cameras: readonly FoundCamera[], broken: readonly FoundCamera[], credentials: Credentials | null): ExitCode {
  for (const { address, port, error } of broken) if (error !== null) complain(`${address}:${port}: not read: ${explain(error)}`)
  const lines = renderYaml(cameras)
  lines?.forEach(print)
  if (lines === null) complain(credentials === null ? NEEDS_CREDENTIALS : 'no camera has a stream that HomeSec could record')
  return lines === null || broken.length > 0 ? EXIT.failed : EXIT.ok
}

function failed(message: string): ExitCode {
  complain(`homesec discover: ${message}`)
  return EXIT.failed
}
