import { expect, test } from 'vitest'
import { startChatCompletionsServer } from '../../src/testkit/chat-completions-server.ts'
import { openHome, withPhone, type Home } from './harness/home.ts'
import { startWebhookReceiver, type WebhookReceiver } from './harness/webhook-receiver.ts'

const SLOW_MS = 600_000

async function expectSafe(home: Home, phone: WebhookReceiver, n: number): Promise<void> {
  const { clip_id, storage_uri, alert_sent_at } = await home.done(n)
  expect(storage_uri).not.toBeNull()
  expect(alert_sent_at).not.toBeNull()
  expect(home.copiesOf([n])).toEqual([1])
  expect(home.stored()).toHaveLength(1)
  expect(phone.alerts.filter((alert) => alert.clip_id === clip_id).length).toBeGreaterThanOrEqual(1)
}

test('a clip whose process is killed before the upload is uploaded, alerted and done after the next start', async () => {
  const home = openHome()
  const phone = await withPhone(home)
  home.reconfigure({
    storage: { backend: 'local', config: { root: `${home.configPath}/no-folder` } },
    filter: { backend: 'mock', config: { delay_ms: SLOW_MS } },
  })
  const first = await home.start()
  home.drop(1)
  await home.until(1, 'tried to upload', ({ stages }) => stages.upload.status === 'error')
  await first.kill()
  expect(home.stored()).toEqual([])

  home.reconfigure({ storage: { backend: 'local', config: { root: home.storage } }, filter: { backend: 'mock' } })
  await home.start()
  await expectSafe(home, phone, 1)
})

test('a clip whose process is killed while the filter looks is filtered anew after the next start', async () => {
  const home = openHome()
  const phone = await withPhone(home)
  home.reconfigure({ filter: { backend: 'mock', config: { delay_ms: SLOW_MS } } })
  const first = await home.start()
  home.drop(1)
  await home.until(1, 'uploaded, in the filter', ({ stages }) => stages.upload.status === 'ok' && stages.filter.status === 'running')
  await first.kill()

  home.reconfigure({ filter: { backend: 'mock' } })
  await home.start()
  await expectSafe(home, phone, 1)
  expect(home.journal(1)?.stages).toMatchObject({ upload: { attempts: 1 }, filter: { attempts: 2 } })
})

test('a clip whose process is killed while the model judges is judged after the next start, and not filtered again', async () => {
  const home = openHome()
  const phone = await withPhone(home)
  const model = home.own(await startChatCompletionsServer({ apiKey: null }))
  home.reconfigure({ vlm: { backend: 'openai', config: { base_url: model.url } } })
  model.behave({ do: 'hang' })
  const asked = model.nextRequest()
  const first = await home.start()
  home.drop(1)
  await asked
  await home.until(1, 'uploaded, at the model', ({ stages }) => stages.upload.status === 'ok' && stages.vlm.status === 'running')
  await first.kill()

  await home.start()
  await expectSafe(home, phone, 1)
  expect(home.journal(1)?.stages).toMatchObject({ upload: { attempts: 1 }, filter: { attempts: 1 }, vlm: { attempts: 2, status: 'ok' } })
  expect(model.requests.map(({ complaint }) => complaint)).toEqual([null, null])
})

test('a clip whose process is killed before anyone was told alerts after the next start', async () => {
  const home = openHome()
  const phone = await withPhone(home)
  phone.mood = 'hang'
  const first = await home.start()
  home.drop(1)
  await phone.called()
  await home.until(1, 'telling', ({ stages }) => stages.upload.status === 'ok' && stages.notify.status === 'running')
  await first.kill()
  expect(phone.alerts).toEqual([])

  phone.mood = 'take'
  await home.start()
  await expectSafe(home, phone, 1)
  expect(home.journal(1)?.stages).toMatchObject({ upload: { attempts: 1 }, filter: { attempts: 1 }, notify: { status: 'ok' } })
})

test('whoever was told before the kill is not told again; the other one is', async () => {
  const home = openHome()
  const [phone, siren] = [home.own(await startWebhookReceiver()), home.own(await startWebhookReceiver())]
  siren.mood = 'hang'
  home.reconfigure({
    notifiers: [
      { name: 'phone', backend: 'webhook', config: { url: phone.url } },
      { name: 'siren', backend: 'webhook', config: { url: siren.url } },
    ],
  })
  const first = await home.start()
  home.drop(1)
  await siren.called()
  await home.until(1, 'the phone told', ({ notifications }) => notifications['phone']?.status === 'ok')
  await first.kill()

  siren.mood = 'take'
  await home.start()
  const { clip_id } = await home.done(1)
  await siren.alertOf(clip_id)
  expect(phone.alerts.map((alert) => alert.clip_id)).toEqual([clip_id])
  expect(siren.alerts.map((alert) => alert.clip_id)).toEqual([clip_id])
})

test('kills at any moment lose no clip and store none twice', async () => {
  const home = openHome()
  const phone = await withPhone(home)
  home.reconfigure({ database: { enabled: true }, filter: { backend: 'mock', config: { delay_ms: 150 } } })
  const numbers = Array.from({ length: 20 }, (_, n) => n)
  for (const moment of ['clip_recorded', 'upload_completed', 'filter_completed', 'alert_decision_made', 'notify_completed']) {
    const run = await home.start()
    for (const n of numbers.splice(0, 4)) home.drop(n)
    await run.logged(moment)
    await run.kill()
  }
  await home.start()
  const all = Array.from({ length: 20 }, (_, n) => n)
  const clips = await home.allDone(all)
  expect(home.journals()).toHaveLength(20)
  expect(home.copiesOf(all)).toEqual(all.map(() => 1))
  expect(home.stored()).toHaveLength(20)
  const told = new Set(phone.alerts.map(({ clip_id }) => clip_id))
  expect(clips.filter(({ clip_id }) => !told.has(clip_id))).toEqual([])
})
