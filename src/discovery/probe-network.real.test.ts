import { afterEach, describe, expect, test } from 'vitest'
import { systemClock } from '../lib/system-clock.ts'
import { LOOPBACK_IS_A_NETWORK, startOnvifDevice, type OnvifDeviceOptions } from '../testkit/onvif-device.ts'
import { DISCOVERY_GROUP, probeNetwork, type ProbeOptions } from './probe-network.ts'

const signal = new AbortController().signal
const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const device of open.splice(0)) await device[Symbol.asyncDispose]()
})

async function device(options: OnvifDeviceOptions) {
  const started = await startOnvifDevice(options)
  open.push(started)
  return started
}

/** Devices of other tests that run at the same time answer too; they have other addresses. */
async function probe(changes: Partial<ProbeOptions> = {}) {
  const options = { from: ['127.0.0.1'], to: [DISCOVERY_GROUP], listenMs: 900, clock: systemClock, ...changes }
  const { devices, problems } = await probeNetwork(options, signal)
  return { devices: devices.filter(({ address }) => address.startsWith('127.0.71.')), problems }
}

describe.runIf(LOOPBACK_IS_A_NETWORK)('asking a network', () => {
  test('two cameras are found by multicast, also when a careless maker gave both the same id', async () => {
    const endpoint = 'urn:uuid:not-so-unique'
    const front = await device({ address: '127.0.71.3', name: 'Front Door', endpoint })
    const back = await device({ address: '127.0.71.2', name: 'Back', endpoint })
    const { devices, problems } = await probe()
    expect(devices.map(({ address, port, name }) => [address, port, name])).toEqual([
      ['127.0.71.2', back.port, 'Back'],
      ['127.0.71.3', front.port, 'Front Door'],
    ])
    expect(problems).toEqual([])
  })

  test('a camera that answers many times, to each question, is listed once', async () => {
    const chatty = await device({ address: '127.0.71.2', probeAnswers: 20 })
    expect((await probe({ from: ['127.0.0.1', '127.0.71.9'] })).devices).toHaveLength(1)
    expect(chatty.probes).toBeGreaterThanOrEqual(4) // older and newer kind, each asked again: UDP gets lost
  })

  test('a camera that claims to be elsewhere is asked where its answer came from', async () => {
    const { port } = await device({ address: '127.0.71.2', xaddrs: (own) => [`http://10.9.9.9:${own}/onvif/device_service`] })
    expect((await probe()).devices).toMatchObject([{ address: '127.0.71.2', port, claimed_host: '10.9.9.9' }])
  })

  test('an address that is asked directly tells its port', async () => {
    const { port } = await device({ address: '127.0.71.2' })
    await device({ address: '127.0.71.3' })
    const { devices } = await probe({ from: ['0.0.0.0'], to: ['127.0.71.2'] })
    expect(devices).toMatchObject([{ address: '127.0.71.2', port }])
  })

  test('an interface that cannot be used is told, and the others are asked all the same', async () => {
    await device({ address: '127.0.71.2' })
    const { devices, problems } = await probe({ from: ['203.0.113.77', '127.0.0.1'] })
    expect(devices).toHaveLength(1)
    expect(problems).toEqual([expect.stringContaining('203.0.113.77: EADDRNOTAVAIL')])
  })

  test('a stop ends the listening at once', async () => {
    const stop = new AbortController()
    const listenMs = 3_600_000 // far longer than this test may take
    const probing = probeNetwork({ from: ['127.0.0.1'], to: [DISCOVERY_GROUP], listenMs, clock: systemClock }, stop.signal)
    stop.abort()
    await probing
  })
})
