import { join } from 'node:path'
import mqtt from 'mqtt'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { anAlert, aSystemAlert } from '../../../../testkit/builders.ts'
import { FakeHome } from '../../../../testkit/fake-home.ts'
import { readDevice } from '../../../../testkit/home-assistant-rules.ts'
import { NO_MOSQUITTO, type Mailbox, type Mosquitto, type ReceivedMessage } from '../../../../testkit/mosquitto.ts'
import { MqttFixture, untilPing } from '../../../../testkit/mqtt-fixture.ts'

const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3])
const MEDIA = { thumbnail: JPEG, replaces: null }
const signal = new AbortController().signal
const CONFIG = { home_assistant: {} }
const door = (what: string) => `homecam/cameras/front_door/${what}`

describe.skipIf(NO_MOSQUITTO !== null)('Home Assistant over a real broker', () => {
  let fixture: MqttFixture
  let broker: Mosquitto
  let home: FakeHome
  beforeEach(async () => {
    fixture = await MqttFixture.open()
    broker = await fixture.startBroker()
    home = new FakeHome(['front_door', 'yard'])
  })
  afterEach(() => fixture[Symbol.asyncDispose]())

  /** What somebody who subscribes now is told of old messages, by topic. */
  async function retainedNow(): Promise<Map<string, ReceivedMessage>> {
    const mailbox = await fixture.subscribe(broker, '#')
    await mailbox.settled()
    return new Map(mailbox.messages.filter(({ retain }) => retain).map((message) => [message.topic, message]))
  }

  async function say(topic: string, payload: string, retain = false): Promise<void> {
    const client = await mqtt.connectAsync({ host: 'localhost', port: broker.port })
    await client.publishAsync(topic, payload, { qos: 1, retain })
    await client.endAsync()
  }

  async function started(mailbox: Mailbox) {
    const opened = await fixture.notifierFor(broker.port, { config: CONFIG, home })
    await untilPing(opened.notifier, 'ok')
    await mailbox.has(({ topic }) => topic === 'homecam/bridge/info')
    return opened
  }

  const valueOf = (mailbox: Mailbox, topic: string) => mailbox.messages.filter((message) => message.topic === topic).at(-1)?.payload

  test('knows all devices and their states, as its rules want them, after it restarts too', async () => {
    await started(await fixture.subscribe(broker, '#'))
    const retained = await retainedNow()
    const devices = [...retained.values()].filter(({ topic }) => topic.startsWith('homeassistant/device/')).map(readDevice)
    expect(devices.map(({ device }) => device.name).sort()).toEqual(['Front door', 'HomeSec', 'Yard'])
    const states = devices
      .flatMap(({ components }) => Object.values(components))
      .flatMap((it) => ('state_topic' in it ? it.state_topic : []))
    // The event is never retained, and nothing was decided or told yet.
    const unknown = new Set(states.filter((topic) => topic !== undefined && !retained.has(topic)).map((topic) => topic?.split('/').at(-1)))
    expect([...unknown].sort()).toEqual(['alert', 'last', 'message', 'person'])
    expect(JSON.parse(retained.get('homecam/bridge/info')?.payload ?? '')).toEqual({
      version: '1.2.3',
      health: 'healthy',
      clips_in_flight: 1,
      disk_free_gb: 12.3,
    })
  })

  test('gets each alert as an event, after its picture, beside the alert of everybody else', async () => {
    const mailbox = await fixture.subscribe(broker, '#')
    const { notifier } = await started(mailbox)
    expect(await notifier.send(anAlert({ stage: 'first', risk_level: null, summary: null }), MEDIA, signal)).toMatchObject({ ok: true })
    expect(await notifier.send(anAlert({ stage: 'withdrawn' }), { ...MEDIA, thumbnail: null }, signal)).toMatchObject({ ok: true })
    await mailbox.settled()
    const about = mailbox.messages.filter(({ topic }) => [door('alert'), door('image'), 'homecam/alerts/front_door'].includes(topic))
    expect(about.map(({ topic }) => topic)).toEqual([
      'homecam/alerts/front_door',
      door('image'),
      door('alert'),
      'homecam/alerts/front_door',
      door('alert'),
    ])
    const events = about.filter(({ topic }) => topic === door('alert')).map(({ payload }) => JSON.parse(payload) as Record<string, unknown>)
    expect(events.map(({ event_type }) => event_type)).toEqual(['unverified', 'withdrawn'])
    expect(new Set(events.map(({ tag }) => tag)).size).toBe(1)
    const retained = await retainedNow()
    expect(retained.has(door('image'))).toBe(true)
    expect(retained.has(door('alert'))).toBe(false)
  })

  test('an alert counts as told although the broker refuses its event, and what may be heard is heard', async () => {
    const strict = await fixture.startBroker({
      users: { homesec: 'pw' },
      acl: ['user homesec', 'topic readwrite homecam/alerts/#', 'topic readwrite homecam/bridge/#', 'topic read homeassistant/status'],
    })
    const auth = { username_env: 'USER_NAME', password_env: 'PASSWORD' }
    const env = { USER_NAME: 'homesec', PASSWORD: 'pw' }
    const { notifier, log } = await fixture.notifierFor(strict.port, { config: { ...CONFIG, auth }, env, home })
    await untilPing(notifier, 'ok')
    expect(await notifier.send(anAlert(), MEDIA, signal)).toMatchObject({ ok: true })
    const said = log.lines.map(({ fields }) => `${String(fields['event_type'])} ${String(fields['reason'])}`)
    expect(said.filter((line) => line.startsWith('mqtt_event_refused'))).toHaveLength(1)
  })

  test('the first of two stages leaves word for the second', async () => {
    const mailbox = await fixture.subscribe(broker, door('alert'))
    const { notifier } = await started(await fixture.subscribe(broker, '#'))
    const receipts: string[] = []
    const first = { ...MEDIA, onReceipt: (receipt: string) => void receipts.push(receipt) }
    expect(await notifier.send(anAlert({ stage: 'first' }), first, signal)).toMatchObject({ ok: true })
    expect(await notifier.send(anAlert(), { thumbnail: null, replaces: receipts[0] ?? null }, signal)).toMatchObject({ ok: true })
    await mailbox.atLeast(2)
    const events = mailbox.messages.map(({ payload }) => JSON.parse(payload) as Record<string, unknown>)
    expect(events.map(({ replaces, has_picture }) => ({ replaces, has_picture }))).toEqual([
      { replaces: false, has_picture: true },
      { replaces: true, has_picture: false },
    ])
  })

  test('motion that nobody ends is not told to whoever comes later', async () => {
    home = new FakeHome(['inbox'])
    const mailbox = await fixture.subscribe(broker, '#')
    await started(mailbox)
    home.tell({ kind: 'motion', camera_name: 'inbox', moving: true })
    await mailbox.has(({ topic, payload }) => topic === 'homecam/cameras/inbox/motion' && payload === 'ON')
    expect((await retainedNow()).get('homecam/cameras/inbox/motion')?.payload).toBe('OFF')
  })

  test('an event waits on disk while the broker is away, and comes after its picture', async () => {
    const mailbox = await fixture.subscribe(broker, '#')
    const { notifier } = await started(mailbox)
    await broker.stop()
    await untilPing(notifier, 'unavailable')
    expect(await notifier.send(anAlert(), MEDIA, signal)).toMatchObject({ ok: true })
    await broker.start()
    await mailbox.has(({ topic }) => topic === door('alert'))
    const topics = mailbox.messages.map(({ topic }) => topic)
    expect(topics.indexOf(door('image'))).toBeGreaterThan(0)
    expect(topics.indexOf(door('image'))).toBeLessThan(topics.indexOf(door('alert')))
  })

  test.each([
    ['alerts', 'OFF', { alerts_on: false }],
    ['min_risk', 'critical', { min_risk_level: 'critical' }],
  ] as const)('a command to %s (%s) takes effect at once and is confirmed', async (what, payload, settings) => {
    const mailbox = await fixture.subscribe(broker, '#')
    await started(mailbox)
    await say(door(`${what}/set`), payload)
    await mailbox.has((message) => message.topic === door(`${what}/state`) && message.payload === payload)
    expect(home.settings('front_door')).toMatchObject(settings)
    expect(home.settings('yard')).not.toMatchObject(settings)
  })

  test('silence ends by itself, or by command', async () => {
    const mailbox = await fixture.subscribe(broker, '#')
    await started(mailbox)
    await say(door('silence/set'), '30')
    await mailbox.has(({ topic, payload }) => topic === door('silence/state') && payload.startsWith('20'))
    const untilMs = Date.parse(home.settings('front_door').silenced_until ?? '')
    expect(Math.abs(untilMs - Date.now() - 30 * 60_000)).toBeLessThan(60_000)
    await say(door('silence/set'), '0')
    await expect.poll(() => valueOf(mailbox, door('silence/state'))).toBe('None')
  })

  test('old, foreign and senseless commands change nothing', async () => {
    await say(door('alerts/set'), 'OFF', true)
    const mailbox = await fixture.subscribe(broker, '#')
    const { log } = await started(mailbox)
    await say(door('alerts/set'), 'maybe')
    await say(door('silence/set'), '9'.repeat(5000))
    await say('homecam/cameras/attic/alerts/set', 'OFF')
    await say(door('alerts/set'), '')
    await say(door('min_risk/set'), 'high')
    await mailbox.has(({ topic, payload }) => topic === door('min_risk/state') && payload === 'high')
    expect(home.settings('front_door')).toEqual({ alerts_on: true, min_risk_level: 'high', silenced_until: null })
    expect(log.lines.filter(({ fields }) => fields['event_type'] === 'command_failed')).toHaveLength(1)
  })

  test('what happens in the household is told as it happens', async () => {
    const mailbox = await fixture.subscribe(broker, '#')
    const { notifier } = await started(mailbox)
    home.tell({ kind: 'motion', camera_name: 'front_door', moving: true })
    await mailbox.has(({ topic, payload }) => topic === door('motion') && payload === 'ON')
    const ts = '2026-01-01T00:00:00.000Z'
    home.tell({ kind: 'camera', event: { camera_name: 'front_door', state: 'down', detail: 'gone', ts } })
    await mailbox.has(({ topic, payload }) => topic === door('availability') && payload === '{"state":"offline"}')
    expect(await notifier.sendSystem(aSystemAlert({ message: 'The disk is full.' }), signal)).toMatchObject({ ok: true })
    await mailbox.has(({ topic, payload }) => topic === 'homecam/bridge/message' && payload.includes('The disk is full.'))
  })

  test('a broker that forgot everything is told again', async () => {
    const mailbox = await fixture.subscribe(broker, '#')
    const { notifier } = await started(mailbox)
    expect(await notifier.send(anAlert(), MEDIA, signal)).toMatchObject({ ok: true })
    await broker.stop('SIGKILL')
    await broker.forget()
    await broker.start()
    await untilPing(notifier, 'ok')
    const topics = async () => [...(await retainedNow()).keys()]
    await expect.poll(topics).toEqual(expect.arrayContaining([door('image'), 'homecam/cameras/yard/alerts/state', 'homecam/bridge/info']))
    expect((await topics()).filter((topic) => topic.startsWith('homeassistant/device/'))).toHaveLength(3)
  })

  test('is told all again when it starts, a moment later', async () => {
    const mailbox = await fixture.subscribe(broker, 'homeassistant/device/+/config')
    const { notifier } = await fixture.notifierFor(broker.port, { config: CONFIG, home })
    await untilPing(notifier, 'ok')
    await mailbox.atLeast(3)
    await say('homeassistant/status', 'offline')
    await say('homeassistant/status', 'online')
    await mailbox.atLeast(6)
  })

  test('forgets a camera that is listed no more, and touches nobody else', async () => {
    await say('homeassistant/device/other/config', '{"device":{"identifiers":["z"]},"origin":{"name":"HomeSec"},"components":{}}', true)
    const first = await started(await fixture.subscribe(broker, '#'))
    await first.notifier[Symbol.asyncDispose]()
    home = new FakeHome(['front_door'])
    await started(await fixture.subscribe(broker, '#'))
    await expect.poll(async () => [...(await retainedNow()).keys()].filter((topic) => topic.includes('yard'))).toEqual([])
    const retained = await retainedNow()
    expect(retained.has('homeassistant/device/other/config')).toBe(true)
    expect([...retained.keys()].filter((topic) => topic.startsWith('homeassistant/device/'))).toHaveLength(3)
  })

  test('is told nothing by a check, nor before everything stands', async () => {
    home.status = async () => null
    const mailbox = await fixture.subscribe(broker, 'homecam/#')
    const everything = await fixture.subscribe(broker, 'homeassistant/#')
    const { notifier } = await fixture.notifierFor(broker.port, { config: CONFIG, home })
    await untilPing(notifier, 'ok')
    const check = await fixture.notifierFor(broker.port, {
      config: CONFIG,
      home: new FakeHome(['front_door']),
      purpose: 'check',
      state: join(fixture.state, 'check'),
    })
    await untilPing(check.notifier, 'ok')
    await mailbox.settled()
    await everything.settled()
    expect([...mailbox.messages, ...everything.messages].map(({ topic }) => topic)).toEqual(['homecam/bridge/state'])
    home.status = async () => ({ health: 'healthy', clips_in_flight: 0, free_bytes: null })
    home.tell({ kind: 'ready' })
    await everything.has(({ topic }) => topic.startsWith('homeassistant/device/'))
  })
})
