import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ComponentHealth } from '../contracts/health.ts'
import { aFilterResult, NOTHING_DETECTED } from '../testkit/builders.ts'
import { aClipState } from '../testkit/clip-states.ts'
import { deriveHealth } from './app-health.ts'
import { buildAlert } from './build-alert.ts'
import { chooseFrames } from './choose-frames.ts'
import { startSecondsOf } from './clip-name.ts'
import { recoveryDigest } from './recovery-digest.ts'
import { isLeftover, isTooLate, recoveryStep } from './recovery-plan.ts'
import { shouldAnalyze } from './should-analyze.ts'
import { BudgetLedger, limitReached, nothingSpent } from './vlm-budget.ts'

describe('the frames a model sees', () => {
  const seen = (seconds: readonly number[], best: number | null) =>
    aFilterResult({
      best_frame_s: best,
      detections: seconds.map((second) => ({ class: 'person', confidence: 0.9, box: [0, 0, 1, 1], second })),
    })

  test('are spread over the clip when nothing was detected', () => {
    expect(chooseFrames(10, NOTHING_DETECTED, 5)).toEqual([1, 3, 5, 7, 9])
  })

  test('show the best detection, what came just before and after it, and the rest of the clip', () => {
    const chosen = chooseFrames(60, seen([30], 30), 6)
    expect(chosen).toEqual(expect.arrayContaining([29, 30, 31]))
    expect([chosen.length, Math.min(...chosen) < 15, Math.max(...chosen) > 45]).toEqual([6, true, true])
  })

  test('are never two of one moment around the best detection', () => {
    const chosen = chooseFrames(60, seen([29.8, 30, 30.2], 30), 4)
    expect(chosen.filter((second) => Math.abs(second - 30) < 0.5)).toEqual([30])
  })

  test.each([1, 2, 3, 10, 64])('are at most %i, in order, without repeats and inside the clip', (maxFrames) => {
    for (const detection of [
      NOTHING_DETECTED,
      seen([0], 0),
      seen([2, 4, 6, 8], 6),
      seen(
        Array.from({ length: 300 }, (_, n) => n / 10),
        12,
      ),
    ]) {
      // prettier-ignore
      const chosen = chooseFrames(30, detection, maxFrames)
      expect(chosen.length).toBeGreaterThan(0)
      expect(chosen.length).toBeLessThanOrEqual(maxFrames)
      expect(chosen).toEqual([...new Set(chosen)].sort((a, b) => a - b))
      expect(chosen.every((second) => second >= 0 && second <= 30)).toBe(true)
    }
  })

  test('a clip without length has one', () => {
    expect(chooseFrames(0, NOTHING_DETECTED, 10)).toEqual([0])
  })
})

test.each([
  ['never', ['person'], 'run_mode_never'],
  ['trigger_only', ['cat'], 'no_trigger_classes'],
  ['trigger_only', [], 'no_trigger_classes'],
  ['trigger_only', ['cat', 'person'], null],
  ['always', [], null],
] as const)('run_mode %s with %j seen is skipped for %s', (run_mode, detected_classes, reason) => {
  const verdict = shouldAnalyze({ run_mode, trigger_classes: ['person'] }, { detected_classes: [...detected_classes] })
  expect(verdict).toEqual(reason === null ? { run: true } : { run: false, reason })
})

describe('the daily budget', () => {
  const usage = { model: 'm', prompt_tokens: 60, completion_tokens: 40, cost_usd: 0.5 }
  const noon = (day: number) => new Date(2026, 0, day, 12)
  const path = async () => join(await mkdtemp(join(tmpdir(), 'homesec-budget-')), 'vlm-budget.json')

  test.each([
    [{ usd: 1 }, 2, 'usd'],
    [{ tokens: 200 }, 2, 'tokens'],
    [{ clips: 2 }, 2, 'clips'],
    [{ usd: 1, tokens: 1000, clips: 10 }, 1, null],
    [{}, 100, null],
  ] as const)('%j is reached after %i answers: %s', async (budget, answers, reached) => {
    const ledger = new BudgetLedger(await path())
    for (let nth = 0; nth < answers; nth += 1) await ledger.add(usage, noon(1))
    expect(limitReached(budget, ledger.spent, '2026-01-01')).toBe(reached)
    expect(limitReached(budget, ledger.spent, '2026-01-02')).toBeNull()
  })

  test('survives a restart, whatever order the writes end in, and begins anew each day', async () => {
    const file = await path()
    const ledger = new BudgetLedger(file)
    await Promise.all([1, 2, 3, 4, 5].map(() => ledger.add(usage, noon(1))))
    const next = new BudgetLedger(file)
    await next.load()
    expect(next.spent).toEqual({ day: '2026-01-01', usd: 2.5, tokens: 500, clips: 5 })
    await next.add(usage, noon(2))
    expect(next.spent.clips).toBe(1)
  })

  test('what was spent before the file was read counts too, and a damaged file costs at most a day', async () => {
    const file = await path()
    await writeFile(file, JSON.stringify({ day: '2026-01-01', usd: 1, tokens: 10, clips: 3 }))
    const ledger = new BudgetLedger(file)
    const adding = ledger.add(usage, noon(1))
    await ledger.load()
    await adding
    expect(ledger.spent.clips).toBeGreaterThanOrEqual(1)
    await writeFile(file, '{')
    const damaged = new BudgetLedger(file)
    await damaged.load()
    expect(damaged.spent).toEqual(nothingSpent(''))
  })
})

describe('what the household is told', () => {
  const now = new Date('2026-01-01T00:01:00Z')
  const upload = (status: 'running' | 'ok' | 'error') => {
    const state = aClipState({ storage_uri: status === 'ok' ? 'memory:a' : null })
    return { ...state, stages: { ...state.stages, upload: { ...state.stages.upload, status } } }
  }

  test.each([
    ['running', true, false],
    ['ok', false, false],
    ['error', false, true],
  ] as const)('an upload that is %s: pending %s, failed %s', (status, upload_pending, upload_failed) => {
    expect(buildAlert(upload(status), now)).toMatchObject({ upload_pending, upload_failed, ts: now.toISOString() })
  })

  test('while not all places have a copy, it carries the first that has a link, and says that the upload is under way', () => {
    const copy = (second: number, view_url: string | null) => {
      return { storage_uri: `local:${second}`, view_url, stored_at: `2026-01-01T00:00:0${second}.000Z` }
    }
    const copies = { usb: copy(3, 'https://usb'), cloud: copy(2, 'https://cloud'), nas: copy(1, null) }
    const early = buildAlert(aClipState({ copies }), now)
    expect(early).toMatchObject({ storage_uri: 'local:2', view_url: 'https://cloud', upload_pending: true, upload_failed: false })
    expect(buildAlert(aClipState({ copies: { nas: copies.nas } }), now)).toMatchObject({ storage_uri: 'local:1', view_url: null })
    const all = buildAlert(aClipState({ copies, storage_uri: 'mirror:a', view_url: 'https://usb' }), now)
    expect(all).toMatchObject({ storage_uri: 'mirror:a', view_url: 'https://usb' })
  })

  test('without an analysis the risk is unknown, and the clip is its own key', () => {
    const alert = buildAlert(aClipState(), now)
    expect(alert).toMatchObject({ risk_level: null, summary: null, dedupe_key: alert.clip_id, detected_classes: [], confidence: 0 })
  })
})

test('health is unhealthy without a working camera or pipeline, degraded with any part down, and healthy while parts start', () => {
  const part = (component: string, status: ComponentHealth['status']): ComponentHealth => ({
    component,
    name: '',
    status,
    detail: '',
    checked_at: '2026-01-01T00:00:00Z',
  })
  const status = (...parts: ComponentHealth[]) => deriveHealth(parts).status
  expect(status(part('pipeline', 'ok'), part('camera', 'ok'), part('database', 'ok'))).toBe('healthy')
  expect(status(part('pipeline', 'ok'), part('camera', 'starting'), part('filter', 'starting'))).toBe('healthy')
  expect(status(part('pipeline', 'ok'), part('camera', 'ok'), part('camera', 'down'))).toBe('degraded')
  expect(status(part('pipeline', 'ok'), part('database', 'down'))).toBe('degraded')
  expect(status(part('pipeline', 'ok'), part('camera', 'down'), part('camera', 'down'))).toBe('unhealthy')
  expect(status(part('pipeline', 'down'), part('camera', 'ok'))).toBe('unhealthy')
})

describe('what to do with a clip of an earlier run', () => {
  const GONE = '2026-01-01T01:00:00.000Z'
  const COPIES = { nas: { storage_uri: 'local:a', view_url: null, stored_at: GONE } }
  test.each([
    ['an unfinished one goes on', {}, true, { do: 'resume' }],
    ['a finished one is left alone', { status: 'done' }, true, { do: 'nothing' }],
    [
      'one whose file is gone before all places had it goes on with a copy',
      { copies: COPIES },
      false,
      { do: 'note_missing', thenResume: true },
    ],
    [
      'one that left the storage by its retention is no loss when its file goes too',
      { status: 'done', storage_pruned_at: GONE },
      false,
      { do: 'note_missing', thenResume: false },
    ],
    ['a failed one is tried again', { status: 'error' }, true, { do: 'resume' }],
    ['a deleted one loses the file that a crash left', { deleted_at: GONE }, true, { do: 'remove_file' }],
    ['a deleted one without a file is left alone', { deleted_at: GONE }, false, { do: 'nothing' }],
    ['one whose only copy vanished is given up', {}, false, { do: 'give_up' }],
    ['one that was given up before is left alone', { local_deleted_at: GONE }, false, { do: 'nothing' }],
    ['a stored one whose file vanished goes on from the storage', { storage_uri: 'm:a' }, false, { do: 'note_missing', thenResume: true }],
    ['a stored, done one only learns that', { storage_uri: 'm:a', status: 'done' }, false, { do: 'note_missing', thenResume: false }],
    ['a pruned, unfinished one goes on from the storage', { storage_uri: 'm:a', local_deleted_at: GONE }, false, { do: 'resume' }],
  ] as const)('%s', (_what, changes, fileExists, step) => {
    expect(recoveryStep({ type: 'clip', state: aClipState(changes), fileExists }, 'test')).toEqual(step)
  })

  test.each([
    ['refused under this configuration is left alone', 'invalid: no video', 'ok', 'test', 'nothing'],
    ['refused, whose upload is the sweeper’s, is left alone', 'rejected: no', 'error', 'test', 'nothing'],
    ['refused under another configuration is tried again', 'invalid: no video', 'ok', 'other', 'resume'],
    ['refused, whose upload a kill cut short, goes on', 'invalid: no video', 'running', 'test', 'resume'],
    ['that found no detector is tried again', 'unavailable: down', 'ok', 'test', 'resume'],
    ['that broke its detector is tried again', 'bug: boom', 'ok', 'test', 'resume'],
  ] as const)('one %s', (...[, last_error, upload, configHash, step]) => {
    const { stages } = aClipState()
    const ended = { filter: { ...stages.filter, status: 'error', last_error }, upload: { ...stages.upload, status: upload } } as const
    const state = aClipState({ status: 'error', stages: { ...stages, ...ended } })
    expect(recoveryStep({ type: 'clip', state, fileExists: true }, configHash)).toEqual({ do: step })
  })

  test('it alerts on its own only while it is news', () => {
    const end = Date.parse('2026-01-01T00:00:10Z')
    expect([isTooLate(aClipState(), end + 1000, 1000), isTooLate(aClipState(), end + 1001, 1000)]).toEqual([false, true])
  })

  test('is of an earlier run when it was made before the start, or was found without a journal', () => {
    const [clip, startedMs] = [aClipState(), Date.parse(aClipState().created_at)]
    expect([isLeftover(clip, startedMs), isLeftover(clip, startedMs + 1)]).toEqual([false, true])
    expect(isLeftover({ ...clip, source_backend: 'recovered' }, startedMs)).toBe(true)
  })

  test('the digest counts those that would have alerted, by camera', () => {
    const alerting = (camera_name: string) => ({ ...aClipState(), camera_name, alert_decision: { notify: true, notify_reason: 'x' } })
    const message = recoveryDigest([alerting('yard'), alerting('door'), alerting('yard'), aClipState()])
    expect(message).toMatch(/^3 clips .*door 1, yard 2/)
    expect(recoveryDigest([aClipState()])).toBeNull()
  })
})

test.each([
  ['front_door', 'front_door_1767225600.mp4', 1767225600],
  ['front_door', 'front_door_1767225600_2.mp4', 1767225600],
  ['cam_5', 'cam_5_1767225600.mp4', 1767225600],
  ['cam', 'cam_5_1767225600.mp4', null],
  ['front_door', 'back_door_1767225600.mp4', null],
])('the second of %s/%s is %s', (camera, clipId, seconds) => {
  expect(startSecondsOf(camera, clipId)).toBe(seconds)
})
