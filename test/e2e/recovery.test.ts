import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startChatCompletionsServer } from '../../src/testkit/chat-completions-server.ts'
import { CAMERA, openHome, withPhone, type Home } from './harness/home.ts'
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

test('a kill between two copies of a clip costs neither, and only the missing place gets it after the next start', async () => {
  const home = openHome()
  const phone = await withPhone(home)
  const [nas, usb] = [join(home.root, 'nas'), join(home.root, 'usb')]
  const backends = [
    { name: 'nas', backend: 'local', config: { root: nas } },
    { name: 'usb', backend: 'local', config: { root: usb } },
  ]
  home.reconfigure({
    storage: { backend: 'mirror', config: { backends } },
    retry: { max_attempts: 50, backoff_s: 1 },
    alert: { max_upload_wait_s: 0.1 },
  })
  writeFileSync(usb, 'no folder') // what is plugged in there is no disk
  const first = await home.start()
  home.drop(1)
  const { clip_id } = await home.until(1, 'copied to the first place', ({ copies }) => 'nas' in copies)
  await home.until(1, 'the phone told', ({ notifications }) => notifications['phone']?.status === 'ok') // before that, a kill repeats it
  await first.kill()
  const before = objectIn(nas)
  expect(home.journal(1)).toMatchObject({ storage_uri: null, copies: { nas: { storage_uri: `local:clips/front_door/${clip_id}` } } })

  rmSync(usb)
  const second = await home.start()
  expect(await home.until(1, 'in both places', ({ storage_uri }) => storage_uri !== null)).toMatchObject({ copies: { nas: {}, usb: {} } })
  await home.done(1)
  expect(objectIn(nas)).toEqual(before) // the very same file: nobody stored it again
  expect(home.stored('.mp4', usb)).toEqual(home.stored('.mp4', nas))
  expect(phone.alerts.filter((alert) => alert.clip_id === clip_id)).toHaveLength(1)
  await second.kill()

  const limited = backends.map((place) => (place.name === 'usb' ? { ...place, retention: { max_bytes: 1 } } : place))
  home.reconfigure({ storage: { backend: 'mirror', config: { backends: limited } }, retention: { min_free_bytes: 0, interval_s: 0.3 } })
  await home.start()
  await home.until(1, 'gone from the place with a limit', ({ copies }) => !('usb' in copies))
  expect([home.stored('', usb), objectIn(nas)]).toEqual([[], before])
})

/** The one video in a storage, as the file system knows it. */
function objectIn(root: string): { readonly name: string; readonly ino: number } {
  const folder = join(root, 'clips', CAMERA)
  const names = readdirSync(folder).filter((name) => name.endsWith('.mp4'))
  const [name = ''] = names
  expect(names).toHaveLength(1)
  return { name, ino: statSync(join(folder, name)).ino }
}

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
