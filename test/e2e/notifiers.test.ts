import { expect, test } from 'vitest'
import { AlertSchema } from '../../src/contracts/alert.ts'
import { Mosquitto, NO_MOSQUITTO, type Mailbox } from '../../src/testkit/mosquitto.ts'
import { CAMERA, openHome } from './harness/home.ts'
import { startWebhookReceiver } from './harness/webhook-receiver.ts'

test('a notifier that hangs holds back neither the other one nor the next clips', async () => {
  const home = openHome()
  const [phone, siren] = [home.own(await startWebhookReceiver()), home.own(await startWebhookReceiver())]
  siren.mood = 'hang'
  home.reconfigure({
    notifiers: [
      { name: 'siren', backend: 'webhook', config: { url: siren.url, timeout_s: 300 } },
      { name: 'phone', backend: 'webhook', config: { url: phone.url } },
    ],
    timeouts: { notify_s: 600 },
    concurrency: { max_clips_in_flight: 2 },
  })
  await home.start()
  for (const n of [1, 2, 3, 4, 5, 6]) home.drop(n)
  await siren.called()
  const told = (n: number) => home.until(n, 'the phone told', ({ notifications }) => notifications['phone']?.status === 'ok')
  const clips = await Promise.all([1, 2, 3, 4, 5, 6].map(told))
  expect(phone.alerts.map(({ clip_id }) => clip_id).sort()).toEqual(clips.map(({ clip_id }) => clip_id).sort())
  expect(siren.alerts).toEqual([])
})

test('a webhook that is down is told once when it is back, also after a restart, and the other one is not told again', async () => {
  const home = openHome()
  const [phone, siren] = [home.own(await startWebhookReceiver()), home.own(await startWebhookReceiver())]
  phone.mood = 'refuse'
  home.reconfigure({
    notifiers: [
      { name: 'phone', backend: 'webhook', config: { url: phone.url } },
      { name: 'siren', backend: 'webhook', config: { url: siren.url } },
    ],
  })
  const first = await home.start()
  home.drop(1)
  const { clip_id } = await home.until(1, 'done, the phone given up', ({ status, notifications }) => {
    return status === 'done' && notifications['phone']?.status === 'error' && notifications['siren']?.status === 'ok'
  })
  await first.kill()
  await phone.idle() // what the killed one was saying is not taken by the new mood

  phone.mood = 'take'
  await home.start()
  await phone.alertOf(clip_id)
  await home.until(1, 'the phone told', ({ notifications }) => notifications['phone']?.status === 'ok')
  expect([phone.alerts.length, siren.alerts.length]).toEqual([1, 1])
})

test.skipIf(NO_MOSQUITTO !== null)(
  'alerts made while the broker is down, at the start or later, arrive once after it returns',
  async () => {
    const home = openHome()
    const broker = home.own(await Mosquitto.start())
    // Known to the broker before it goes, so that it keeps what comes for us in the moment it returns.
    const mailbox = home.own(await broker.subscribe('homecam/alerts/#'))
    await broker.stop()
    home.reconfigure({ notifiers: [{ backend: 'mqtt', config: { host: 'localhost', port: broker.port, publish_timeout_s: 20 } }] })
    const run = await home.start()
    home.drop(1)
    await home.done(1)
    expect(mailbox.messages).toEqual([])

    await broker.start()
    await mailbox.atLeast(1)
    home.drop(2)
    await mailbox.atLeast(2)

    await broker.stop()
    home.drop(3)
    await home.done(3)
    await broker.start()
    await mailbox.atLeast(3)
    await mailbox.settled()
    const clips = [1, 2, 3].map((n) => home.journal(n)?.clip_id)
    expect(alerted(mailbox)).toEqual(clips)
    expect(run.isRunning).toBe(true)
  },
)

function alerted(mailbox: Mailbox): string[] {
  return mailbox.messages.map(({ payload }) => AlertSchema.loose().parse(JSON.parse(payload)).clip_id)
}

test('a kill between the first alert and the verdict repeats nothing, and the verdict or its withdrawal follows', async () => {
  const home = openHome()
  const [phone, siren] = [home.own(await startWebhookReceiver()), home.own(await startWebhookReceiver())]
  const judged = (delay_ms: number) => ({
    alert: { mode: 'instant' },
    vlm: { backend: 'mock', config: { delay_ms, risk_level: 'low' } },
    alert_policy: { config: { min_risk_level: 'high', overrides: {} } },
    notifiers: [
      { name: 'phone', backend: 'webhook', config: { url: phone.url } },
      { name: 'siren', backend: 'webhook', config: { url: siren.url } },
    ],
  })
  siren.mood = 'refuse'
  home.reconfigure(judged(110_000))
  const first = await home.start()
  home.drop(1)
  const { clip_id } = await home.until(1, 'told at first', ({ first_alerts }) => {
    return first_alerts['phone']?.delivery.status === 'ok' && first_alerts['siren']?.delivery.status === 'error'
  })
  await first.kill()
  expect(phone.alerts).toMatchObject([{ clip_id, stage: 'first', risk_level: null }])

  siren.mood = 'take'
  home.reconfigure(judged(0))
  await home.start()
  await home.done(1)
  expect(phone.alerts.map(({ stage }) => stage)).toEqual(['first', 'withdrawn'])
  expect(siren.alerts).toEqual([])
})

test('what quiet hours held back survives a kill, comes in one message once they are over, and does not come again', async () => {
  const home = openHome()
  const phone = home.own(await startWebhookReceiver())
  const quiet = (quiet_hours: object) =>
    home.reconfigure({ notifiers: [{ name: 'phone', backend: 'webhook', config: { url: phone.url }, quiet_hours }] })
  const digests = () => phone.news.filter(({ code }) => code === 'quiet_digest')
  const phoneOf = (n: number) => home.journal(n)?.notifications['phone']?.last_error

  quiet(utcWindow(-60, 60))
  const asleep = await home.start()
  for (const n of [1, 2]) home.drop(n)
  const held = await Promise.all([1, 2].map((n) => home.until(n, 'held back', ({ status }) => status === 'done' && isHeld(phoneOf(n)))))
  await asleep.kill()
  expect(phone.raw).toEqual([])

  quiet(utcWindow(60, 120)) // it is as if the night were over
  const awake = await home.start()
  const { message } = await phone.newsOf('quiet_digest')
  expect(message.split('\n')).toEqual([
    '2 alerts were held back in quiet hours:',
    ...Array<unknown>(2).fill(expect.stringContaining(CAMERA)),
  ])
  for (const n of [1, 2]) await home.until(n, 'told in the digest', () => phoneOf(n) === 'told_in_digest')
  await awake.kill()

  await home.start()
  home.drop(3)
  const third = await home.done(3)
  await phone.alertOf(third.clip_id)
  expect(digests()).toHaveLength(1)
  expect(phone.alerts.map(({ clip_id }) => clip_id)).toEqual([third.clip_id])
  expect(held.map(({ alert_decision }) => alert_decision?.notify)).toEqual([true, true])
})

function isHeld(why: string | null | undefined): boolean {
  return why === 'held: quiet_hours'
}

/** Every day between these minutes from now, by the clock on the wall of Greenwich. */
function utcWindow(fromMin: number, toMin: number): object {
  const at = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString().slice(11, 16)
  return { from: at(fromMin), to: at(toMin), time_zone: 'UTC' }
}
