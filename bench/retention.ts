import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { ClipStateData, Journal } from '../src/contracts/clip-state.ts'
import { ClipIndex } from '../src/core/clips/clip-index.ts'
import { ClipRepository } from '../src/core/clips/clip-repository.ts'
import { RetentionPruner } from '../src/core/retention/retention-pruner.ts'
import { JournalFiles } from '../src/journal/journal-files.ts'
import { inBatches } from '../src/lib/in-batches.ts'
import { systemClock } from '../src/lib/system-clock.ts'
import { aFilterResult } from '../src/testkit/builders.ts'
import { aClipState } from '../src/testkit/clip-states.ts'
import { memoryLogger } from '../src/testkit/memory-logger.ts'
import { median, report } from './_report.ts'

/**
 * Retention over a full spool: the start-up scan that learns the clips, one pass that deletes the oldest, and what a pass costs
 * for each arriving clip when there are many clips and when there are few.
 */
const MANY = Number(process.env['BENCH_CLIPS'] ?? 50_000)
const FEW = 1_000
const TO_DELETE = 500
const ARRIVALS = 200
const CLIP_BYTES = 1_000
const never = new AbortController().signal

async function fillSpool(root: string, clips: number): Promise<void> {
  await mkdir(join(root, 'door'), { recursive: true })
  const numbers = Array.from({ length: clips }, (_, n) => n)
  // Written plainly: how the files came here is not what is measured.
  await inBatches(numbers, 16, never, async (n) => {
    const state = doneClip(root, n)
    await writeFile(state.local_path, 'x')
    const journal: Journal = { ...state, events: [{ event_type: 'clip_finished', clip_id: state.clip_id, seq: 1, ts: state.created_at }] }
    await writeFile(`${state.local_path}.json`, JSON.stringify(journal))
  })
}

function doneClip(root: string, n: number): ClipStateData {
  const clip_id = `door_${1_700_000_000 + n}.mp4`
  const created_at = new Date(1_700_000_000_000 + n * 1000).toISOString()
  const ok = { status: 'ok', attempts: 1, started_at: created_at, finished_at: created_at, last_error: null } as const
  return aClipState({
    clip_id,
    camera_name: 'door',
    local_path: join(root, 'door', clip_id),
    content_sha256: n.toString(16).padStart(64, '0'),
    size_bytes: CLIP_BYTES,
    start_ts: created_at,
    created_at,
    status: 'done',
    stages: { upload: ok, filter: ok, vlm: { ...ok, status: 'skipped' }, notify: { ...ok, status: 'skipped' } },
    storage_uri: `local:clips/door/${clip_id}`,
    thumbnail_uri: `local:clips/door/${clip_id}.jpg`,
    filter_result: aFilterResult(),
    finished_at: created_at,
  })
}

interface Spooled extends AsyncDisposable {
  readonly root: string
  readonly index: ClipIndex
  readonly repository: ClipRepository
  /** A pruner that allows so many bytes. */
  readonly pruner: (maxLocalBytes: number) => RetentionPruner
  readonly scanMs: number
  readonly scanDelayP99Ms: number
}

async function spoolWith(clips: number): Promise<Spooled> {
  const root = await mkdtemp(join(tmpdir(), 'homesec-retention-'))
  await fillSpool(root, clips)
  const journal = new JournalFiles(root)
  const log = memoryLogger()
  const repository = new ClipRepository({ clock: systemClock, log, journal, onJournalError: ({ message }) => fail(message) })
  const index = new ClipIndex()
  repository.subscribe((_event, state) => index.update(state))

  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const startedMs = performance.now()
  const scanned = await journal.scan((finding) => finding.type === 'clip' && index.update(finding.state), never)
  const scanMs = performance.now() - startedMs
  delay.disable()
  if (!scanned.ok || index.size !== clips) fail(`the scan found ${index.size} of ${clips} clips`)

  const pruner = (maxLocalBytes: number) =>
    new RetentionPruner({
      index,
      repository,
      limits: { maxLocalBytes, minFreeBytes: 0, onFloor: 'uploaded' },
      freeBytes: async () => 1e12,
      pathOf: (cameraName, clipId) => join(root, cameraName, clipId),
      alerts: { raise: () => undefined },
      log,
    })
  const close = async () => {
    await repository[Symbol.asyncDispose]()
    await rm(root, { recursive: true, force: true })
  }
  return { root, index, repository, pruner, scanMs, scanDelayP99Ms: delay.percentile(99) / 1e6, [Symbol.asyncDispose]: close }
}

/** Each arriving clip pushes the oldest one out. The spools take turns, so that a busy moment of the machine hits all alike. */
async function costsPerArrival(spools: readonly Spooled[]): Promise<number[]> {
  const costs = spools.map((): number[] => [])
  const pruners = spools.map(({ index, pruner }) => pruner(index.localBytes))
  for (let n = 0; n < ARRIVALS; n += 1) {
    for (const [which, { index, root }] of spools.entries()) {
      index.update(doneClip(root, 10_000_000 + n))
      const startedMs = performance.now()
      const pruned = await pruners[which]?.prune('clip_arrived')
      costs[which]?.push(performance.now() - startedMs)
      if (pruned?.deleted !== 1) fail(`deleted ${String(pruned?.deleted)} instead of 1`)
    }
  }
  return costs.map(median)
}

function fail(message: string): never {
  throw new Error(message)
}

async function main(): Promise<void> {
  await using few = await spoolWith(FEW)
  await using many = await spoolWith(MANY)
  const [costAmongFew = NaN, costAmongMany = NaN] = await costsPerArrival([few, many])

  const startedMs = performance.now()
  const pruned = await many.pruner(many.index.localBytes - TO_DELETE * CLIP_BYTES).prune('timer')
  const passMs = performance.now() - startedMs
  if (pruned?.deleted !== TO_DELETE) fail(`deleted ${String(pruned?.deleted)} instead of ${TO_DELETE}`)
  const idleStartMs = performance.now()
  await many.pruner(many.index.localBytes).prune('timer')
  const idleMs = performance.now() - idleStartMs

  const pass = {
    name: `retention pass over ${MANY} clips`,
    value: passMs / 1000,
    unit: 's',
    limit: '≤ 2',
    pass: passMs <= 2000,
    detail: `${TO_DELETE} deleted, each journal read; a pass with nothing to do takes ${idleMs.toFixed(2)} ms`,
  }
  const ratio = costAmongMany / costAmongFew
  report(pass)
  report({
    name: 'retention per arriving clip',
    value: ratio,
    unit: '×',
    limit: '≤ 1.5',
    pass: ratio <= 1.5,
    detail: `one in, one out: ${costAmongFew.toFixed(2)} ms among ${FEW} clips, ${costAmongMany.toFixed(2)} ms among ${MANY} (median)`,
  })
  report({
    name: `start-up scan of ${MANY} journals`,
    value: many.scanDelayP99Ms,
    unit: 'ms p99 loop delay',
    limit: '< 50',
    pass: many.scanDelayP99Ms < 50,
    detail: `takes ${(many.scanMs / 1000).toFixed(1)} s beside everything else`,
  })
}

await main()
