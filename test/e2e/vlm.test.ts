import { expect, test } from 'vitest'
import type { Journal } from '../../src/contracts/clip-state.ts'
import { startChatCompletionsServer } from '../../src/testkit/chat-completions-server.ts'
import type { ModelApiServer, ModelBehaviour } from '../../src/testkit/model-api-server.ts'
import { openHome, withPhone } from './harness/home.ts'
import type { WebhookReceiver } from './harness/webhook-receiver.ts'

interface Judged {
  readonly clip: Journal
  readonly model: ModelApiServer
  readonly phone: WebhookReceiver
}

/** One clip through a household whose only ground for an alert is the model. */
async function judgedBy(behaviour: readonly ModelBehaviour[], timeouts: { readonly vlm_s?: number } = {}): Promise<Judged> {
  const home = openHome()
  const phone = await withPhone(home)
  const model = home.own(await startChatCompletionsServer({ apiKey: null }))
  const last = behaviour.at(-1)
  if (last !== undefined) model.otherwise(last)
  model.behave(...behaviour.slice(0, -1))
  home.reconfigure({
    vlm: { backend: 'openai', config: { base_url: model.url } },
    alert_policy: { backend: 'default', config: { min_risk_level: 'low' } },
    timeouts,
  })
  await home.start()
  home.drop(1)
  const clip = await home.done(1)
  expect(home.copiesOf([1])).toEqual([1])
  return { clip, model, phone }
}

async function expectUnverified({ clip, phone }: Judged): Promise<void> {
  expect(clip.alert_decision).toEqual({ notify: true, notify_reason: 'unverified: vlm failed' })
  expect(clip.analysis_result).toBeNull()
  expect(phone.alerts).toMatchObject([
    { clip_id: clip.clip_id, vlm_failed: true, risk_level: null, notify_reason: 'unverified: vlm failed' },
  ])
  await phone.newsOf('stage_exhausted') // it travels beside the alert
  expect(phone.news.map(({ code }) => code)).toEqual(['stage_exhausted'])
}

test('a model that answers nothing in time is asked again, and then the clip alerts unverified', async () => {
  const judged = await judgedBy([{ do: 'hang' }], { vlm_s: 10 })
  await expectUnverified(judged)
  expect(judged.clip.stages.vlm).toMatchObject({ status: 'error', attempts: 2 })
  expect(judged.clip.stages.vlm.last_error).toMatch(/^timeout: /)
  expect(judged.model.requests).toHaveLength(2)
})

test('a model that asks to wait (429, Retry-After) is asked again after that time, and not sooner', async () => {
  const { clip, model, phone } = await judgedBy([{ do: 'fail', status: 429, headers: { 'retry-after': '1' } }, { do: 'answer' }])
  expect(clip.stages.vlm).toMatchObject({ status: 'ok', attempts: 2 })
  const [refused, asked] = clip.events.filter(
    (event) => event.event_type === 'vlm_failed' || (event.event_type === 'vlm_started' && event.attempt === 2),
  )
  expect(Date.parse(asked?.ts ?? '') - Date.parse(refused?.ts ?? '')).toBeGreaterThanOrEqual(990)
  expect(model.requests).toHaveLength(2)
  expect(phone.alerts).toMatchObject([{ vlm_failed: false, notify_reason: clip.alert_decision?.notify_reason }])
  expect(clip.alert_decision?.notify_reason).toMatch(/^risk_level=/)
})

test('a model that fails with 500 is asked again, and then the clip alerts unverified', async () => {
  const judged = await judgedBy([{ do: 'fail', status: 500 }])
  await expectUnverified(judged)
  expect(judged.clip.stages.vlm).toMatchObject({ status: 'error', attempts: 2 })
  expect(judged.clip.stages.vlm.last_error).toMatch(/^unavailable: .*500/)
  expect(judged.model.requests).toHaveLength(2)
})

test('a model that refuses the key (401) is not asked again', async () => {
  const judged = await judgedBy([{ do: 'fail', status: 401 }])
  await expectUnverified(judged)
  expect(judged.clip.stages.vlm).toMatchObject({ status: 'error', attempts: 1 })
  expect(judged.clip.stages.vlm.last_error).toMatch(/^rejected: /)
  expect(judged.model.requests).toHaveLength(1)
})

test('prose instead of JSON is sent back once, and then the clip alerts unverified', async () => {
  const judged = await judgedBy([{ do: 'prose' }])
  await expectUnverified(judged)
  expect(judged.clip.stages.vlm).toMatchObject({ status: 'error', attempts: 1 })
  expect(judged.clip.stages.vlm.last_error).toMatch(/^invalid: /)
  expect(judged.model.requests).toHaveLength(2)
})

test('JSON against the schema is sent back once, and then the clip alerts unverified', async () => {
  const judged = await judgedBy([{ do: 'off_schema' }])
  await expectUnverified(judged)
  expect(judged.clip.stages.vlm).toMatchObject({ status: 'error', attempts: 1 })
  expect(judged.clip.stages.vlm.last_error).toMatch(/^invalid: /)
  expect(judged.model.requests).toHaveLength(2)
})

test('prose that the model corrects when asked counts as an answer', async () => {
  const { clip, model, phone } = await judgedBy([{ do: 'prose' }, { do: 'answer' }])
  expect(clip.stages.vlm).toMatchObject({ status: 'ok', attempts: 1 })
  expect(clip.analysis_uri).not.toBeNull()
  expect(model.requests.map(({ complaint }) => complaint)).toEqual([null, null])
  expect(phone.alerts).toMatchObject([{ vlm_failed: false }])
})
