import { createRedactor } from '../lib/redact.ts'
import { inBatches } from '../lib/in-batches.ts'
import { spellings } from '../lib/secret-forms.ts'
import { askDevice, type AskOptions } from './ask-device.ts'
import type { FoundCamera } from './camera.ts'
import { CameraNames } from './camera-names.ts'
import { describeDevice } from './describe-device.ts'
import type { FoundDevice } from './device-address.ts'

const AT_ONCE = 4

/** Asks each device, a few at a time; one that fails is listed with its error and holds up none of the others. */
export async function askCameras(devices: readonly FoundDevice[], options: AskOptions, signal: AbortSignal): Promise<FoundCamera[]> {
  const { credentials } = options
  const answers = new Map<FoundDevice, Awaited<ReturnType<typeof askDevice>>>()
  await inBatches(devices, AT_ONCE, signal, async (device) => {
    answers.set(device, await askDevice(device, options, signal))
  })
  const secrets = credentials === null ? [] : [credentials.password]
  const hiding = { redact: createRedactor(secrets), spellings: spellings(secrets) }
  const means = { names: new CameraNames(), ...hiding, asked: credentials !== null }
  // In the order of the addresses, not of the answers: the same cameras get the same names again.
  return devices.flatMap((device) => {
    const answer = answers.get(device)
    return answer === undefined ? [] : [describeDevice(device, answer, means)]
  })
}
