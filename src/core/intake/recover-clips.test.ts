import { describe, expect, test } from 'vitest'
import type { ClipStateData } from '../../contracts/clip-state.ts'
import type { SpoolFinding } from '../../contracts/journal.ts'
import { ok } from '../../contracts/result.ts'
import type { IncomingFile } from '../../contracts/source.ts'
import { aClip } from '../../testkit/builders.ts'
import { aClipState } from '../../testkit/clip-states.ts'
import { PipelineFixture } from '../../testkit/pipeline-fixture.ts'
import { findLeftovers, resumeClips, type RecoveryDeps } from './recover-clips.ts'
import type { SystemNews } from '../alerts/system-alerts.ts'

const live = new AbortController().signal

function setUp(findings: readonly SpoolFinding[], run: RecoveryDeps['intake']['run'] = async () => undefined) {
  const pipeline = new PipelineFixture()
  const news: SystemNews[] = []
  const offered: IncomingFile[] = []
  const order: string[] = []
  for (const finding of findings) {
    if (finding.type === 'clip') pipeline.journal.files.set(finding.state.clip_id, { ...finding.state, events: [] })
  }
  const deps: RecoveryDeps = {
    journal: {
      scan: async (visit) => {
        findings.forEach(visit)
        return ok()
      },
    },
    repository: pipeline.repository,
    index: pipeline.index,
    intake: {
      run: async (clipId, lane) => {
        order.push(`${lane} ${clipId}`)
        await run(clipId, lane)
      },
    },
    sinkFor: () => ({
      accept: async (file) => {
        offered.push(file)
        return ok({ state: 'accepted', clip_id: file.original_name })
      },
    }),
    alerts: {
      raise: (raised) => void news.push(raised),
      tell: async (told) => {
        news.push(told)
        return true
      },
    },
    clipsAtOnce: 4,
    configHash: 'test',
    log: pipeline.stages.log,
  }
  return { pipeline, deps, news, offered, order }
}

const found = (nth: number, changes: Partial<ClipStateData> = {}, fileExists = true): SpoolFinding => {
  const start_ts = new Date(Date.parse('2025-12-31T00:00:00Z') + nth * 1000).toISOString()
  const clip_id = `front_door_${nth}.mp4`
  return { type: 'clip', state: aClipState({ clip_id, start_ts, end_ts: start_ts, ...changes }), fileExists }
}

test('what was not finished goes on, newest first, behind new clips; what is done is only known', async () => {
  const { deps, order, pipeline } = setUp([found(1), found(3), found(2, { status: 'done' })])
  await resumeClips(await findLeftovers(deps, live), { ...deps, clipsAtOnce: 1 }, live)
  expect(order).toEqual(['backlog front_door_3.mp4', 'backlog front_door_1.mp4'])
  expect(pipeline.index.size).toBe(3)
})

test('ten thousand clips are taken up a few at a time', async () => {
  let running = 0
  let most = 0
  const findings = Array.from({ length: 10_000 }, (_, nth) => found(nth + 1))
  const { deps, order } = setUp(findings, async () => {
    running += 1
    most = Math.max(most, running)
    await Promise.resolve()
    running -= 1
  })
  await resumeClips(await findLeftovers(deps, live), deps, live)
  expect([order.length, most]).toEqual([10_000, 4])
})

test('one clip that arrived and went on since the start is not taken up again', async () => {
  const stale = found(1)
  const { deps, pipeline, order } = setUp([stale])
  if (stale.type === 'clip') pipeline.index.update({ ...stale.state, status: 'done', event_seq: 9 })
  await resumeClips(await findLeftovers(deps, live), deps, live)
  expect(order).toEqual([])
  expect(pipeline.index.get('front_door_1.mp4')?.eventSeq).toBe(9)
})

test('videos without a journal are offered again, with the second that is in their name', async () => {
  const { deps, offered } = setUp([
    { type: 'orphan', cameraName: 'front_door', path: '/spool/front_door/front_door_1767225600_2.mp4' },
    { type: 'staged', cameraName: 'front_door', path: '/spool/front_door/.incoming-abc' },
  ])
  await resumeClips(await findLeftovers(deps, live), deps, live)
  expect(offered).toMatchObject([
    { start_ts: '2026-01-01T00:00:00.000Z', take: 'move', original_name: 'front_door_1767225600_2.mp4' },
    { start_ts: null, take: 'move' },
  ])
})

test('a video without a journal that is too old to alert is counted in the digest; newest are taken first', async () => {
  const names = ['front_door_1767225600.mp4', 'front_door_1767225900.mp4']
  const { deps, offered, news, pipeline } = setUp(
    names.map((name) => ({ type: 'orphan', cameraName: 'front_door', path: `/spool/front_door/${name}` })),
    async (clipId) => {
      const clip = aClip({ clip_id: clipId, source_backend: 'recovered' })
      pipeline.repository.record(clipId, { event_type: 'clip_recorded', clip, config_hash: 'a' })
      pipeline.repository.record(clipId, { event_type: 'alert_decision_made', alert_decision: { notify: true, notify_reason: 'x' } })
      pipeline.repository.record(clipId, { event_type: 'notification_skipped', reason: 'too_late_counted_in_digest' })
    },
  )
  for (const name of names) pipeline.journal.files.set(name, { ...aClipState({ clip_id: name }), events: [] })
  await resumeClips(await findLeftovers(deps, live), { ...deps, clipsAtOnce: 1 }, live)
  expect(offered.map(({ original_name }) => original_name)).toEqual(names.toReversed())
  expect(news[0]?.message).toMatch(/^2 clips/)
})

test('a video whose clip is being recorded at this moment is left alone', async () => {
  const clip = aClip()
  const { deps, offered, pipeline } = setUp([{ type: 'orphan', cameraName: 'front_door', path: clip.local_path }])
  const left = await findLeftovers(deps, live)
  pipeline.record()
  await resumeClips(left, deps, live)
  expect(offered).toEqual([])
})

test('a journal that cannot be read is told to the owner, and hides nothing else', async () => {
  const { deps, news, order } = setUp([{ type: 'unreadable', path: '/spool/x.json', reason: 'it is no JSON' }, found(1)])
  await resumeClips(await findLeftovers(deps, live), deps, live)
  expect([news, order.length]).toMatchObject([[{ code: 'journal_unreadable' }], 1])
})

test('a clip whose only copy vanished is given up, and owes nothing', async () => {
  const { deps, order, pipeline, news } = setUp([found(1, {}, false)])
  await resumeClips(await findLeftovers(deps, live), deps, live)
  expect([order, pipeline.index.owingCount]).toEqual([[], 0])
  expect(news).toMatchObject([{ code: 'clip_lost', clip_id: 'front_door_1.mp4' }])
})

test('a clip whose only copy vanished is still announced if that was decided', async () => {
  const { deps, order } = setUp([found(1, { alert_decision: { notify: true, notify_reason: 'x' } }, false)])
  await resumeClips(await findLeftovers(deps, live), deps, live)
  expect(order).toEqual(['backlog front_door_1.mp4'])
})

test('clips too old to alert on their own are counted in one message', async () => {
  const findings = [1, 2, 3].map((nth) => found(nth))
  const { deps, news, pipeline } = setUp(findings, async (clipId) => {
    const notify = clipId !== 'front_door_2.mp4'
    pipeline.repository.record(clipId, { event_type: 'alert_decision_made', alert_decision: { notify, notify_reason: 'x' } })
    const reason = notify ? 'too_late_counted_in_digest' : 'below_threshold'
    pipeline.repository.record(clipId, { event_type: 'notification_skipped', reason })
  })
  await resumeClips(await findLeftovers(deps, live), deps, live)
  expect(news).toMatchObject([{ code: 'recovery_digest', severity: 'info' }])
  expect(news[0]?.message).toMatch(/^2 clips/)
})

const SILENT = {
  status: 'done',
  finished_at: '2025-12-31T02:00:00.000Z',
  alert_decision: { notify: true, notify_reason: 'x' },
  stages: {
    ...aClipState().stages,
    filter: { ...aClipState().stages.filter, status: 'ok' },
    notify: { ...aClipState().stages.notify, status: 'skipped', last_error: 'too_late_counted_in_digest' },
  },
} as const satisfies Partial<ClipStateData>

describe('a digest that an earlier run did not get to send', () => {
  test('is sent at the next start, and marks its clips once it was taken', async () => {
    const { deps, news, order, pipeline } = setUp([found(1, SILENT), found(2, { status: 'done' })])
    await resumeClips(await findLeftovers(deps, live), deps, live)
    expect([order, news]).toMatchObject([[], [{ code: 'recovery_digest' }]])
    expect(news[0]?.message).toMatch(/^1 clip /)
    await pipeline.repository.settled('front_door_1.mp4')
    const marked = pipeline.journal.files.get('front_door_1.mp4')
    expect(marked?.stages.notify).toMatchObject({ status: 'skipped', last_error: 'counted_in_digest' })
    expect(marked?.status).toBe('done')

    if (marked === undefined) throw new Error('no journal')
    const again = setUp([{ type: 'clip', state: marked, fileExists: true }])
    await resumeClips(await findLeftovers(again.deps, live), again.deps, live)
    expect(again.news).toEqual([])
  })

  test('that nobody took, or that a shutdown forestalled, is still owed', async () => {
    const { deps, pipeline } = setUp([found(1, SILENT)])
    await resumeClips(await findLeftovers(deps, live), { ...deps, alerts: { ...deps.alerts, tell: async () => false } }, live)
    const stopped = AbortSignal.abort()
    await resumeClips(await findLeftovers(deps, live), deps, stopped)
    expect(pipeline.journal.files.get('front_door_1.mp4')?.stages.notify.last_error).toBe('too_late_counted_in_digest')
    expect(pipeline.events).toEqual([])
  })
})

test('a shutdown stops taking up more', async () => {
  const stop = new AbortController()
  const { deps, order } = setUp([found(1), found(2), found(3)], async () => stop.abort())
  await resumeClips(await findLeftovers(deps, stop.signal), { ...deps, clipsAtOnce: 1 }, stop.signal)
  expect(order).toHaveLength(1)
})
