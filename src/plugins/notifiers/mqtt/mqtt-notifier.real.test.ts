import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SystemAlertSchema } from '../../../contracts/alert.ts'
import { anAlert, aSystemAlert } from '../../../testkit/builders.ts'
import { NO_MOSQUITTO } from '../../../testkit/mosquitto.ts'
import { MqttFixture, mqttNotifierProcess, sendAll, untilPing } from '../../../testkit/mqtt-fixture.ts'
import { CANARY_SECRET, notifierContract } from '../../../testkit/notifier-contract.ts'

const NO_MEDIA = { thumbnail: null, replaces: null }
const signal = new AbortController().signal
const AUTH = { username_env: 'MQTT_USERNAME', password_env: 'MQTT_PASSWORD' }

describe.skipIf(NO_MOSQUITTO !== null)(`mqtt with a real broker${NO_MOSQUITTO === null ? '' : ` (skipped: ${NO_MOSQUITTO})`}`, () => {
  let fixture: MqttFixture
  beforeEach(async () => {
    fixture = await MqttFixture.open()
  })
  afterEach(() => fixture[Symbol.asyncDispose]())

  notifierContract('mqtt', async () => {
    const broker = await fixture.startBroker({ users: { homesec: CANARY_SECRET } })
    const mailbox = await fixture.subscribe(broker, 'homecam/alerts/#')
    const { notifier, log } = await fixture.notifierFor(broker.port, {
      config: { auth: AUTH, publish_timeout_s: 0.5 },
      env: { MQTT_USERNAME: 'homesec', MQTT_PASSWORD: CANARY_SECRET },
    })
    await untilPing(notifier, 'ok')
    return {
      notifier,
      log,
      received: async () => {
        await mailbox.settled()
        return JSON.stringify(mailbox.messages)
      },
      breakDown: async () => broker.freeze(),
    }
  })

  describe('with the broker up', () => {
    test('the payload is the alert, on the topic of its camera, with qos and retain of the config', async () => {
      const broker = await fixture.startBroker()
      const mailbox = await fixture.subscribe(broker, 'home/#')
      const { notifier } = await fixture.notifierFor(broker.port, { config: { topic_template: 'home/{camera_name}/alert', qos: 2 } })
      await untilPing(notifier, 'ok')
      const alert = anAlert({ camera_name: 'garage', summary: 'ünïcode 🐕 "quoted"' })
      expect(await notifier.send(alert, NO_MEDIA, signal)).toMatchObject({ ok: true })
      await mailbox.atLeast(1)
      expect(mailbox.messages).toMatchObject([{ topic: 'home/garage/alert', payload: JSON.stringify(alert), qos: 2, retain: false }])
    })

    test('a retained alert reaches those who subscribe later', async () => {
      const broker = await fixture.startBroker()
      const { notifier } = await fixture.notifierFor(broker.port, { config: { retain: true } })
      await untilPing(notifier, 'ok')
      await sendAll(notifier, ['front_door_1.mp4'])
      const late = await fixture.subscribe(broker, 'homecam/alerts/#')
      await late.atLeast(1)
      expect(late.messages[0]).toMatchObject({ topic: 'homecam/alerts/front_door', qos: 1, retain: true })
    })

    test('news about the system goes to its own topic', async () => {
      const broker = await fixture.startBroker()
      const mailbox = await fixture.subscribe(broker, 'homecam/system/errors')
      const { notifier } = await fixture.notifierFor(broker.port)
      expect(await notifier.sendSystem(aSystemAlert(), signal)).toMatchObject({ ok: true })
      await mailbox.atLeast(1)
      expect(SystemAlertSchema.parse(JSON.parse(mailbox.messages[0]?.payload ?? ''))).toEqual(aSystemAlert())
    })

    test('birth on connecting, offline on a clean stop, both retained', async () => {
      const broker = await fixture.startBroker()
      const mailbox = await fixture.subscribe(broker, 'homecam/bridge/state')
      const { notifier } = await fixture.notifierFor(broker.port)
      await mailbox.atLeast(1)
      await notifier[Symbol.asyncDispose]()
      await mailbox.atLeast(2)
      expect(mailbox.messages.map(({ payload, qos }) => ({ payload, qos }))).toEqual([
        { payload: '{"state":"online"}', qos: 1 },
        { payload: '{"state":"offline"}', qos: 1 },
      ])
      const late = await fixture.subscribe(broker, 'homecam/bridge/state')
      await late.atLeast(1)
      expect(late.messages[0]).toMatchObject({ payload: '{"state":"offline"}', retain: true })
    })

    test('an older broker protocol works too', async () => {
      const broker = await fixture.startBroker()
      const mailbox = await fixture.subscribe(broker, 'homecam/alerts/#')
      const { notifier } = await fixture.notifierFor(broker.port, { config: { protocol_version: '3.1.1' } })
      await untilPing(notifier, 'ok')
      await sendAll(notifier, ['front_door_1.mp4'])
      await mailbox.atLeast(1)
    })
  })

  test('a killed process is announced as offline by the broker', async () => {
    const broker = await fixture.startBroker()
    const mailbox = await fixture.subscribe(broker, 'homecam/bridge/state')
    const child = mqttNotifierProcess(broker.port, fixture.state)
    await mailbox.has((message) => message.payload === '{"state":"online"}')
    await child.kill()
    await mailbox.has((message) => message.payload === '{"state":"offline"}')
    expect(mailbox.messages).toHaveLength(2)
  })

  describe('credentials and certificates', () => {
    test('a wrong password shows in ping as rejected, and alerts wait on disk', async () => {
      const broker = await fixture.startBroker({ users: { homesec: 'right' } })
      const { notifier } = await fixture.notifierFor(broker.port, {
        config: { auth: AUTH },
        env: { MQTT_USERNAME: 'homesec', MQTT_PASSWORD: CANARY_SECRET },
      })
      const result = await untilPing(notifier, 'rejected')
      expect(result).toContain('auth.password_env')
      await sendAll(notifier, ['front_door_1.mp4'])
      expect(await fixture.waitingFiles()).toHaveLength(1)
    })

    test.each([[{ MQTT_USERNAME: 'homesec' }], [{ MQTT_PASSWORD: CANARY_SECRET }]])(
      'with only one of user name and password, neither is used and the log says so',
      async (env: Record<string, string>) => {
        const broker = await fixture.startBroker()
        const { notifier, log } = await fixture.notifierFor(broker.port, { config: { auth: AUTH }, env })
        await untilPing(notifier, 'ok')
        expect(log.lines.filter((line) => line.fields['event_type'] === 'mqtt_credentials_incomplete')).toHaveLength(1)
      },
    )

    test('a message that the access list forbids is refused, not lost in silence', async () => {
      const broker = await fixture.startBroker({ acl: ['topic readwrite homecam/bridge/state'] })
      const { notifier } = await fixture.notifierFor(broker.port)
      await untilPing(notifier, 'ok')
      expect(await notifier.send(anAlert(), NO_MEDIA, signal)).toMatchObject({ ok: false, error: { kind: 'rejected' } })
    })

    test('TLS with the right CA works, with a client certificate too', async () => {
      const broker = await fixture.startBroker({ tls: true, clientCertificate: true })
      const tls = { ca_file: broker.caFile, cert_file: broker.certFile, key_file: broker.keyFile }
      const { notifier } = await fixture.notifierFor(broker.port, { config: { tls } })
      await untilPing(notifier, 'ok')
      await sendAll(notifier, ['front_door_1.mp4'])
    })

    test('TLS with an unknown CA is rejected with advice, and accepted if the owner says so', async () => {
      const broker = await fixture.startBroker({ tls: true })
      const strict = await fixture.notifierFor(broker.port, { config: { tls: {} } })
      const result = await untilPing(strict.notifier, 'rejected')
      expect(result).toContain('tls.ca_file')
      const lenient = await fixture.notifierFor(broker.port, {
        config: { tls: { reject_unauthorized: false } },
        state: join(fixture.state, 'other'),
      })
      await untilPing(lenient.notifier, 'ok')
    })

    test('a CA file that is not there is an error of the config, and nothing throws', async () => {
      const { notifier } = await fixture.notifierFor(1, { config: { tls: { ca_file: '/nowhere/ca.crt' } } })
      await untilPing(notifier, 'invalid')
    })
  })

  test('something that accepts and never speaks MQTT is no broker, and does not hold the stop', async () => {
    const server = createServer(() => undefined).listen(0, 'localhost')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const { notifier } = await fixture.notifierFor(port, { config: { connect_timeout_s: 0.2 } })
    await untilPing(notifier, 'unavailable')
    await notifier[Symbol.asyncDispose]()
    expect(await notifier.ping(signal)).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
    server.close()
  })
})
