import { pluginError, type PluginError } from '../contracts/errors.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import { MAX_PROFILES, NOTHING_TOLD, type DeviceAnswer, type DeviceJob, type ToldProfile } from './device-job.ts'
import { readLibraryProfile } from './library-profile.ts'
import { OnvifSession } from './onvif-session.ts'
import { elementText } from './xml-text.ts'

/** Asks one device everything, in the order in which a wrong password is noticed first: it is tried once and never again. */
export async function interview(job: DeviceJob): Promise<Result<DeviceAnswer, PluginError>> {
  const session = new OnvifSession(job)
  const time = await session.ask((cam, done) => cam.getSystemDateAndTime(done))
  if (!time.ok && isFinal(time.error)) {
    const isThere = time.error.kind === 'rejected' && job.credentials === null
    return isThere ? ok(NOTHING_TOLD) : time
  }
  if (job.credentials === null) return time.ok ? ok(NOTHING_TOLD) : time
  session.assumeOurClock()
  const about = await deviceInformation(session)
  if (!about.ok) return about
  const services = await findServices(session)
  if (!services.ok) return services
  const profiles = await listProfiles(session)
  return profiles.ok ? ok({ ...about.value, profiles: profiles.value }) : profiles
}

/** After these nothing else is asked; one question that a device does not understand is no reason to stop. */
function isFinal({ kind }: PluginError): boolean {
  return kind !== 'invalid'
}

/** Read from the answer itself: the library turns a version "5.50" into the number 5.5. */
async function deviceInformation(session: OnvifSession): Promise<Result<Omit<DeviceAnswer, 'profiles'>, PluginError>> {
  const told = await session.ask((cam, done) => cam.getDeviceInformation(done))
  if (!told.ok) return isFinal(told.error) ? told : ok(NOTHING_TOLD)
  const text = (name: string) => elementText(told.value.xml, name)?.slice(0, 500) ?? null
  return ok({
    manufacturer: text('Manufacturer'),
    model: text('Model'),
    firmware: text('FirmwareVersion'),
    serial_number: text('SerialNumber'),
  })
}

/** Devices of before 2012 know only capabilities. */
async function findServices(session: OnvifSession): Promise<Result<void, PluginError>> {
  const services = await session.ask((cam, done) => cam.getServices(false, done))
  if (services.ok) return ok()
  if (isFinal(services.error)) return services
  const capabilities = await session.ask((cam, done) => cam.getCapabilities(done))
  return capabilities.ok ? ok() : capabilities
}

/** Media2 first, which alone knows H.265; some devices offer it and fail at it. */
async function listProfiles(session: OnvifSession): Promise<Result<ToldProfile[], PluginError>> {
  const { cam } = session
  if (cam.uri?.['media'] === undefined && cam.uri?.['media2'] === undefined) return err(pluginError('invalid', 'it has no video'))
  let listed = await session.ask((_, done) => cam.getProfiles(done))
  if (!listed.ok && !isFinal(listed.error) && cam.media2Support === true) {
    cam.media2Support = false
    listed = await session.ask((_, done) => cam.getProfiles(done))
  }
  if (!listed.ok) return listed
  const profiles: ToldProfile[] = []
  for (const raw of asList(listed.value.data).slice(0, MAX_PROFILES)) {
    const profile = readLibraryProfile(raw)
    if (profile === null) continue
    const stream_uri = await streamUri(session, profile.token)
    if (!stream_uri.ok) return stream_uri
    profiles.push({ ...profile.told, stream_uri: stream_uri.value })
  }
  return ok(profiles)
}

async function streamUri(session: OnvifSession, profileToken: string): Promise<Result<string | null, PluginError>> {
  const told = await session.ask((cam, done) => cam.getStreamUri({ protocol: 'RTSP', profileToken }, done))
  if (told.ok) return ok(elementText(told.value.xml, 'Uri')?.slice(0, 2_000) ?? null)
  return isFinal(told.error) ? told : ok(null)
}

function asList(data: unknown): readonly unknown[] {
  return Array.isArray(data) ? data : []
}
