import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { expect, test } from 'vitest'
import { Mosquitto, NO_MOSQUITTO } from '../../src/testkit/mosquitto.ts'
import { readDevice } from '../../src/testkit/home-assistant-rules.ts'
import { CAMERA, openHome } from './harness/home.ts'
import { waitFor } from './harness/wait-for.ts'
import { startWebhookReceiver } from './harness/webhook-receiver.ts'

const door = (what: string) => `homecam/cameras/${CAMERA}/${what}`

test.skipIf(NO_MOSQUITTO !== null)(
  'what is switched in Home Assistant counts for everybody, at once and after the program was killed',
  async () => {
    const home = openHome()
    const broker = home.own(await Mosquitto.start())
    const phone = home.own(await startWebhookReceiver())
    const mailbox = home.own(await broker.subscribe('#'))
    const say = async (topic: string, payload: string) => {
      const client = await mqtt.connectAsync({ host: 'localhost', port: broker.port })
      await client.publishAsync(topic, payload, { qos: 1 })
      await client.endAsync()
    }
    const last = (topic: string) => mailbox.messages.filter((message) => message.topic === topic).at(-1)?.payload
    home.reconfigure({
      notifiers: [
        { backend: 'mqtt', config: { host: 'localhost', port: broker.port, home_assistant: {} } },
        { name: 'phone', backend: 'webhook', config: { url: phone.url } },
      ],
    })
    const first = await home.start()
    await mailbox.has(({ topic }) => topic === door('alerts/state'))
    // As Home Assistant finds them after its own restart.
    const later = home.own(await broker.subscribe('homeassistant/device/#'))
    await later.settled()
    const devices = later.messages.filter(({ topic }) => topic.startsWith('homeassistant/device/'))
    expect(devices.map(readDevice).map(({ device }) => device.name)).toEqual(expect.arrayContaining(['HomeSec', 'Front door']))
    home.drop(1)
    const { clip_id } = await home.done(1)
    await phone.alertOf(clip_id)
    await mailbox.has(({ topic }) => topic === door('alert'))

    await say(door('alerts/set'), 'OFF')
    await expect.poll(() => last(door('alerts/state'))).toBe('OFF')
    home.drop(2)
    expect((await home.done(2)).alert_decision).toEqual({ notify: false, notify_reason: 'alerts_off' })

    await waitFor('the switch to be kept', () => /"alerts_on":\s*false/.test(readFileSync(join(home.data, 'camera-settings.json'), 'utf8')))
    await first.kill()
    await expect.poll(() => last('homecam/bridge/state')).toBe('{"state":"offline"}')
    await home.start()
    await expect.poll(() => last('homecam/bridge/state')).toBe('{"state":"online"}') // it listens before it says so
    home.drop(3)
    expect((await home.done(3)).alert_decision).toEqual({ notify: false, notify_reason: 'alerts_off' })

    await say(door('alerts/set'), 'ON')
    await expect.poll(() => last(door('alerts/state'))).toBe('ON')
    await say(door('silence/set'), '30')
    await expect.poll(() => last(door('silence/state'))).toMatch(/^20/)
    home.drop(4)
    expect((await home.done(4)).alert_decision).toEqual({ notify: false, notify_reason: 'silenced' })
    await say(door('silence/set'), '0')
    await expect.poll(() => last(door('silence/state'))).toBe('None')
    home.drop(5)
    await phone.alertOf((await home.done(5)).clip_id)
    expect(phone.alerts).toHaveLength(2)
  },
)
