import { access } from 'node:fs/promises'
import type { ClipStateData } from '../contracts/clip-state.ts'
import type { Clock } from '../contracts/clock.ts'
import { codeOf, type ErrorKind } from '../contracts/errors.ts'
import type { StageOutcome } from '../contracts/stages.ts'
import type { StorageBackend } from '../contracts/storage.ts'
import { withLogContext } from '../lib/log-context.ts'
import { retryDelayMs } from '../lib/retry.ts'
import type { ArtifactKeeper } from './artifacts.ts'
import type { ClipFileOpener } from './clip-file.ts'
import type { ClipDigest, ClipIndex } from './clip-index.ts'
import type { ClipRepository } from './clip-repository.ts'
import { deleteClip } from './delete-clip.ts'
import { runStage, type StageRunner } from './run-stage.ts'
import type { ClipStages } from './process-clip.ts'
import { missingArtifacts, owesStorage } from './storage-debt.ts'

export interface SweeperDeps {
  readonly index: Pick<ClipIndex, 'owing'>
  readonly repository: Pick<ClipRepository, 'get' | 'hold' | 'record' | 'read'>
  readonly storage: Pick<StorageBackend, 'delete'>
  readonly runner: StageRunner
  readonly stages: Pick<ClipStages, 'upload'>
  readonly artifacts: ArtifactKeeper
  readonly openFile: ClipFileOpener
  readonly clock: Clock
  readonly firstDelayMs: number
}

const MOST_DELAY_MS = 10 * 60_000

/** `hopeless`: not this clip, whatever the storage does; its file is gone, for one. */
type Payment = 'paid' | 'refused' | 'hopeless'

/**
 * Brings to the storage what it still lacks: for ever, newest first, waiting longer after each pass that brought nothing (up to
 * ten minutes). The first clip of a pass is the probe: while the storage is down, one clip is tried, not all.
 */
export class UploadSweeper implements AsyncDisposable {
  readonly #deps: SweeperDeps
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  /** Clips whose last try failed. */
  readonly #unpaid = new Set<string>()
  #fruitless = 0

  constructor(deps: SweeperDeps) {
    this.#deps = deps
    this.#running = this.#loop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #loop(): Promise<void> {
    const { clock, runner, firstDelayMs } = this.#deps
    for (;;) {
      await clock.sleep(retryDelayMs(2 + this.#fruitless, firstDelayMs, runner.random(), { capMs: MOST_DELAY_MS }), this.#stop.signal)
      if (this.#stop.signal.aborted) return
      this.#fruitless = (await this.#pass()) ? 0 : this.#fruitless + 1
    }
  }

  /** Whether it was of any use: false when the storage refused, in which case the rest waits, or every debt is a bad one. */
  async #pass(): Promise<boolean> {
    const debts = this.#inTurn()
    let paid = debts.length === 0
    for (const { clip_id } of debts) {
      if (this.#stop.signal.aborted) return true
      const outcome = await this.#payDebt(clip_id)
      paid ||= outcome === 'paid'
      if (outcome === 'paid') this.#unpaid.delete(clip_id)
      else this.#unpaid.add(clip_id)
      if (outcome === 'refused') break
    }
    return paid
  }

  /** Newest first; but those that failed lately come last, as a clip that the storage never takes must not keep the others waiting. */
  #inTurn(): ClipDigest[] {
    const debts = this.#deps.index.owing()
    const owing = new Set(debts.map(({ clip_id }) => clip_id))
    for (const clipId of this.#unpaid) if (!owing.has(clipId)) this.#unpaid.delete(clipId)
    const isFresh = ({ clip_id }: ClipDigest) => !this.#unpaid.has(clip_id)
    return [...debts.filter(isFresh), ...debts.filter((debt) => !isFresh(debt))]
  }

  async #payDebt(clipId: string): Promise<Payment> {
    const { repository, storage } = this.#deps
    const held = await repository.hold(clipId)
    if (!held.ok) return 'hopeless'
    using _held = held.value
    const clip = repository.get(clipId)
    // Read anew: the pipeline may have taken it up again.
    if (clip === null || !owesStorage(clip)) return 'paid'
    return await withLogContext({ clip_id: clip.clip_id, camera_name: clip.camera_name }, async () => {
      if (clip.deleted_at !== null) return (await deleteClip(clipId, { repository, storage }, this.#stop.signal)).ok ? 'paid' : 'refused'
      const uploaded = await this.#upload(clip)
      if (uploaded.state === 'failed') return this.#explain(uploaded.error.kind, clip)
      await this.#keepArtifacts(clip)
      const after = repository.get(clipId)
      return after === null || after.deleted_at !== null || !owesStorage(after) ? 'paid' : 'refused'
    })
  }

  /** A file that is gone cannot be uploaded at the next pass either, so the debt is written off. */
  async #explain(kind: ErrorKind, { clip_id, local_path }: ClipStateData): Promise<Payment> {
    if (kind !== 'invalid') return 'refused'
    const missing = await access(local_path).then(
      () => false,
      (cause: unknown) => codeOf(cause) === 'ENOENT',
    )
    if (missing) this.#deps.repository.record(clip_id, { event_type: 'clip_pruned', reason: 'missing' })
    return 'hopeless'
  }

  async #upload(clip: ClipStateData): Promise<StageOutcome<'upload'>> {
    const { storage_uri, view_url, stages } = clip
    if (stages.upload.status === 'ok' && storage_uri !== null) return { state: 'ok', value: { storage_uri, view_url } }
    // The owner was told when the stage gave up; the sweeper's own failures are only logged.
    const quiet: StageRunner = { ...this.#deps.runner, retry: { maxAttempts: 1, backoffMs: 0 }, onExhausted: () => undefined }
    return runStage(
      quiet,
      this.#deps.stages.upload(clip),
      { clip_id: clip.clip_id, attemptsBefore: stages.upload.attempts },
      this.#stop.signal,
    )
  }

  async #keepArtifacts(clip: ClipStateData): Promise<void> {
    const { artifacts, openFile } = this.#deps
    if (missingArtifacts(clip).includes('thumbnail') && clip.filter_result !== null) {
      await using file = await openFile(clip, this.#stop.signal)
      const thumbnail = artifacts.thumbnail(clip, clip.filter_result, file.path, this.#stop.signal)
      await artifacts.keepThumbnail(clip.clip_id, thumbnail, this.#stop.signal)
    }
    await artifacts.keepAnalysis(clip.clip_id, this.#stop.signal)
  }
}
