import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { anAlert } from '../../../testkit/builders.ts'
import { FakeClock } from '../../../testkit/fake-clock.ts'
import { memoryLogger } from '../../../testkit/memory-logger.ts'
import { Mosquitto, NO_MOSQUITTO } from '../../../testkit/mosquitto.ts'
import { arrivedIn, flush, MqttFixture, mqttNotifierProcess, sendAll, untilPing } from '../../../testkit/mqtt-fixture.ts'
import { Outbox } from './outbox.ts'

const NO_MEDIA = { thumbnail: null, replaces: null }
const signal = new AbortController().signal
const clipIds = (from: number, count: number) => Array.from({ length: count }, (_, index) => `front_door_${from + index}.mp4`)

describe.skipIf(NO_MOSQUITTO !== null)(
  `the mqtt outbox with a real broker${NO_MOSQUITTO === null ? '' : ` (skipped: ${NO_MOSQUITTO})`}`,
  () => {
    let fixture: MqttFixture
    beforeEach(async () => {
      fixture = await MqttFixture.open()
    })
    afterEach(() => fixture[Symbol.asyncDispose]())

    describe('with the broker down', () => {
      test('from the start: building and sending succeed at once, ping says so, and all is delivered later, in order, once', async () => {
        const broker = fixture.own(await Mosquitto.prepare())
        const { notifier } = await fixture.notifierFor(broker.port)
        await untilPing(notifier, 'unavailable')
        await sendAll(notifier, clipIds(1, 5))
        expect(await fixture.waitingFiles()).toHaveLength(5)
        await broker.start()
        const mailbox = await fixture.subscribe(broker, 'homecam/alerts/#')
        await flush(notifier, mailbox)
        expect(arrivedIn(mailbox)).toEqual(clipIds(1, 5))
        await fixture.untilOutboxIsEmpty()
      })

      test('for a while: what was sent before, meanwhile and after arrives in order, once', async () => {
        const broker = await fixture.startBroker()
        const mailbox = await fixture.subscribe(broker, 'homecam/alerts/#')
        const { notifier } = await fixture.notifierFor(broker.port)
        await untilPing(notifier, 'ok')
        await sendAll(notifier, clipIds(1, 2))
        await broker.stop()
        await untilPing(notifier, 'unavailable')
        await sendAll(notifier, clipIds(3, 3))
        // The same event again while it waits is still one message.
        await sendAll(notifier, clipIds(3, 1))
        await broker.start()
        await flush(notifier, mailbox)
        expect(arrivedIn(mailbox)).toEqual(clipIds(1, 5))
      })

      test('and the process replaced meanwhile: the next one delivers, once, even if the pipeline sends it again', async () => {
        const broker = await fixture.startBroker()
        const mailbox = await fixture.subscribe(broker, 'homecam/alerts/#')
        await broker.stop()
        const first = await fixture.notifierFor(broker.port)
        await untilPing(first.notifier, 'unavailable')
        await sendAll(first.notifier, clipIds(1, 3))
        await first.notifier[Symbol.asyncDispose]()
        const second = await fixture.notifierFor(broker.port)
        await untilPing(second.notifier, 'unavailable')
        await sendAll(second.notifier, clipIds(3, 2))
        await broker.start()
        await flush(second.notifier, mailbox)
        expect(arrivedIn(mailbox)).toEqual(clipIds(1, 4))
      })

      test('and a process killed right after "ok": nothing is lost', async () => {
        const broker = await fixture.startBroker()
        const mailbox = await fixture.subscribe(broker, 'homecam/alerts/#')
        await broker.stop()
        const child = mqttNotifierProcess(broker.port, fixture.state)
        await child.line('ready')
        child.write('front_door_1.mp4')
        await child.line('{"line":"front_door_1.mp4","ok":true}')
        await child.kill()
        await broker.start()
        const { notifier } = await fixture.notifierFor(broker.port)
        await flush(notifier, mailbox)
        expect(arrivedIn(mailbox)).toEqual(['front_door_1.mp4'])
      })

      test('hung instead of closed: the alert goes to disk after the publish timeout, and out when the broker is back', async () => {
        const broker = await fixture.startBroker()
        const { notifier } = await fixture.notifierFor(broker.port, { config: { publish_timeout_s: 0.3, connect_timeout_s: 0.5 } })
        await untilPing(notifier, 'ok')
        broker.freeze()
        await sendAll(notifier, ['front_door_1.mp4'])
        expect(await fixture.waitingFiles()).toHaveLength(1)
        broker.thaw()
        const mailbox = await fixture.subscribe(broker, 'homecam/alerts/#')
        await flush(notifier, mailbox)
        await fixture.untilOutboxIsEmpty()
      })

      test('a call that is cancelled while the broker hangs returns at once', async () => {
        const broker = await fixture.startBroker()
        const { notifier } = await fixture.notifierFor(broker.port, { config: { publish_timeout_s: 200 } })
        await untilPing(notifier, 'ok')
        broker.freeze()
        const controller = new AbortController()
        const sending = notifier.send(anAlert(), NO_MEDIA, controller.signal)
        controller.abort()
        expect(await sending).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
        broker.thaw()
      })

      test('and no room for the outbox: the error says both', async () => {
        const broker = fixture.own(await Mosquitto.prepare())
        await writeFile(join(fixture.state, 'outbox'), 'a file where the folder should be')
        const { notifier } = await fixture.notifierFor(broker.port)
        await untilPing(notifier, 'unavailable')
        const sent = await notifier.send(anAlert(), NO_MEDIA, signal)
        expect(sent).toMatchObject({ ok: false, error: { kind: 'unavailable', message: expect.stringContaining('outbox') as string } })
      })
    })

    test('with no room for the outbox and the broker up, alerts go out', async () => {
      const broker = await fixture.startBroker()
      const mailbox = await fixture.subscribe(broker, 'homecam/alerts/#')
      await writeFile(join(fixture.state, 'outbox'), 'a file where the folder should be')
      const { notifier } = await fixture.notifierFor(broker.port)
      await untilPing(notifier, 'ok')
      await sendAll(notifier, ['front_door_1.mp4'])
      await mailbox.atLeast(1)
    })

    test('a message that waited too long is dropped, and the log says so', async () => {
      const broker = await fixture.startBroker()
      const mailbox = await fixture.subscribe(broker, 'homecam/alerts/#')
      const earlier = new Outbox(join(fixture.state, 'outbox'), 10, memoryLogger())
      const message = { topic: 'homecam/alerts/front_door', payload: JSON.stringify(anAlert()), qos: 1, retain: false } as const
      const queued_at = '2026-01-01T00:00:00.000Z'
      const clock = new FakeClock('2026-01-02T00:00:01.000Z')
      expect(await earlier.put({ version: 1, dedupe_key: 'old', ...message, queued_at })).toMatchObject({ ok: true })
      const { notifier, log } = await fixture.notifierFor(broker.port, { clock })
      await flush(notifier, mailbox)
      expect(arrivedIn(mailbox)).toEqual([])
      expect(log.lines.map((line) => line.fields['event_type'])).toContain('mqtt_outbox_expired')
    })

    test('garbage in the outbox is moved aside and holds up nothing', async () => {
      const broker = await fixture.startBroker()
      const mailbox = await fixture.subscribe(broker, 'homecam/alerts/#')
      await mkdir(join(fixture.state, 'outbox'), { recursive: true })
      await writeFile(join(fixture.state, 'outbox', '000000000001-0123456789abcdef.json'), '{"half')
      await writeFile(join(fixture.state, 'outbox', 'holiday.jpg'), 'x')
      const { notifier } = await fixture.notifierFor(broker.port)
      await flush(notifier, mailbox)
      expect(arrivedIn(mailbox)).toEqual([])
      expect((await readdir(join(fixture.state, 'outbox', 'set-aside'))).sort()).toEqual([
        '000000000001-0123456789abcdef.json',
        'holiday.jpg',
      ])
    })
  },
)
