import { afterEach, expect, test } from 'vitest'
import type { ClipFact } from '../contracts/clip-events.ts'
import { aClip, aFilterResult, anAnalysis } from '../testkit/builders.ts'
import { reasonClass } from './metric-labels.ts'
import { createMetrics, type Metrics } from './metrics.ts'

const GAUGES = { queue_depth: 7, clips_in_flight: 2, uploads_pending: 1, spool_bytes: 5000, disk_free_bytes: null }
const CAMERAS = [
  { camera_name: 'garden', up: true, outages: 0 },
  { camera_name: 'shed', up: false, outages: 2 },
]
const created: Metrics[] = []
afterEach(() => created.splice(0).forEach((metrics) => metrics[Symbol.dispose]()))

async function textAfter(...facts: ClipFact[]): Promise<string> {
  const metrics = createMetrics(
    () => GAUGES,
    () => CAMERAS,
  )
  created.push(metrics)
  facts.forEach((fact, index) => metrics.observe({ ...fact, clip_id: 'cam_1.mp4', seq: index + 1, ts: '2026-01-01T00:00:00.000Z' }))
  return metrics.text()
}

test('clips are counted by camera', async () => {
  const recorded = (camera_name: string): ClipFact => ({ event_type: 'clip_recorded', clip: aClip({ camera_name }), config_hash: 'x' })
  const text = await textAfter(recorded('garden'), recorded('garden'), recorded('front_door'))
  expect(text).toContain('homesec_clips_total{camera="garden"} 2')
  expect(text).toContain('homesec_clips_total{camera="front_door"} 1')
})

test('a clip that leaves the disk is counted once, by why', async () => {
  const deleted = (deleted_local: boolean): ClipFact => ({
    event_type: 'clip_deleted',
    deleted_local,
    deleted_storage: false,
    reason: 'owner',
  })
  const text = await textAfter(
    deleted(false),
    deleted(true),
    { event_type: 'clip_pruned', reason: 'timer' },
    { event_type: 'clip_pruned', reason: 'clip_arrived' },
    { event_type: 'clip_pruned', reason: 'missing' },
  )
  for (const line of ['by="owner"} 1', 'by="retention"} 2', 'by="missing"} 1'])
    expect(text).toContain(`homesec_clips_removed_total{${line}`)
})

test('each attempt at a stage has a duration, each failure its kind', async () => {
  const error = { kind: 'timeout', message: 'no answer', plugin: 'dropbox' } as const
  const text = await textAfter(
    { event_type: 'filter_completed', attempt: 1, duration_ms: 300, filter_result: aFilterResult() },
    { event_type: 'upload_failed', attempt: 1, duration_ms: 50, will_retry: true, error },
    { event_type: 'notification_failed', attempt: 3, duration_ms: 50, will_retry: false, error, notifier: 'mqtt' },
  )
  expect(text).toContain('homesec_stage_duration_seconds_bucket{le="0.5",stage="filter",outcome="ok"} 1')
  expect(text).toContain('homesec_stage_duration_seconds_bucket{le="0.25",stage="filter",outcome="ok"} 0')
  expect(text).toContain('homesec_stage_failures_total{stage="upload",plugin="dropbox",kind="timeout",final="false"} 1')
  expect(text).toContain('homesec_stage_failures_total{stage="notify",plugin="dropbox",kind="timeout",final="true"} 1')
})

test('tokens and cost are counted by model; a model without a price costs nothing', async () => {
  const usage = { model: 'm', prompt_tokens: 100, completion_tokens: 20, cost_usd: 0.25 }
  const done = { event_type: 'vlm_completed', attempt: 1, duration_ms: 1, analysis_result: anAnalysis() } as const
  const text = await textAfter({ ...done, usage }, { ...done, usage: { ...usage, cost_usd: null } })
  expect(text).toContain('homesec_vlm_tokens_total{model="m",kind="prompt"} 200')
  expect(text).toContain('homesec_vlm_cost_usd_total{model="m"} 0.25')
})

test('alerts are counted by notifier and stage, decisions by class of reason', async () => {
  const text = await textAfter(
    { event_type: 'notification_sent', attempt: 1, duration_ms: 5, notifier: 'mqtt', alert_stage: 'first' },
    { event_type: 'notification_sent', attempt: 1, duration_ms: 5, notifier: 'mqtt' },
    { event_type: 'alert_decision_made', alert_decision: { notify: true, notify_reason: 'risk_level=high' } },
    { event_type: 'alert_decision_made', alert_decision: { notify: true, notify_reason: 'risk_level=critical' } },
  )
  expect(text).toContain('homesec_alerts_sent_total{notifier="mqtt",stage="first"} 1')
  expect(text).toContain('homesec_alerts_sent_total{notifier="mqtt",stage="verdict"} 1')
  expect(text).toContain('homesec_decisions_total{notify="true",reason="risk_level"} 2')
})

test('names that somebody makes up end in one label', async () => {
  const many = Array.from({ length: 300 }, (_, index): ClipFact => ({
    event_type: 'notification_sent',
    attempt: 1,
    duration_ms: 5,
    notifier: `n${index}`,
  }))
  const text = await textAfter(...many)
  expect(text.match(/homesec_alerts_sent_total\{/g)).toHaveLength(101)
  expect(text).toContain('homesec_alerts_sent_total{notifier="other",stage="verdict"} 200')
})

test('whether a camera works and how often it went down is read at each scrape, and adds up to nothing else', async () => {
  const metrics = createMetrics(
    () => GAUGES,
    () => CAMERAS,
  )
  created.push(metrics)
  await metrics.text()
  const text = await metrics.text()
  for (const line of ['camera_up{camera="garden"} 1', 'camera_up{camera="shed"} 0']) expect(text).toContain(`homesec_${line}`)
  for (const line of ['{camera="garden"} 0', '{camera="shed"} 2']) expect(text).toContain(`homesec_camera_outages_total${line}`)
})

test('queue, disk, memory and event loop are read at each scrape', async () => {
  const text = await textAfter()
  expect(text).toContain('homesec_queue_depth 7')
  expect(text).toContain('homesec_disk_free_bytes Nan')
  expect(text).toMatch(/homesec_event_loop_delay_seconds\{quantile="0.99"\} \d/)
  expect(text).toMatch(/process_resident_memory_bytes \d{7,}/)
  expect(text).toMatch(/process_cpu_seconds_total \d/)
})

test.each([
  ['alert_policy_disabled', 'alert_policy_disabled'],
  ['risk_level=high', 'risk_level'],
  ['activity_type=anything at all', 'activity_type'],
  ['detected_class=person', 'detected_class'],
  ['unverified: vlm failed', 'unverified'],
  ['vlm_skipped: budget', 'vlm_skipped'],
  ['nothing_detected', 'nothing_detected'],
  ['a reason of a plugin', 'other'],
])('the reason "%s" is counted as %s', (reason, expected) => {
  expect(reasonClass(reason)).toBe(expected)
})
