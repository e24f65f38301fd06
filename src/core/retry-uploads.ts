import type { ClipStateData } from '../contracts/clip-state.ts'
import type { Clock } from '../contracts/clock.ts'
import type { StageOutcome } from '../contracts/stages.ts'
import { withLogContext } from '../lib/log-context.ts'
import { retryDelayMs } from '../lib/retry.ts'
import type { ArtifactKeeper } from './artifacts.ts'
import type { ClipFileOpener } from './clip-file.ts'
import type { ClipIndex } from './clip-index.ts'
import type { ClipRepository } from './clip-repository.ts'
import { runStage, type StageRunner } from './run-stage.ts'
import type { ClipStages } from './process-clip.ts'
import { missingArtifacts, owesStorage } from './storage-debt.ts'

export interface SweeperDeps {
  readonly index: Pick<ClipIndex, 'owing'>
  readonly repository: Pick<ClipRepository, 'get' | 'hold' | 'record'>
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
    const outcomes: Payment[] = []
    for (const { clip_id } of this.#deps.index.owing()) {
      if (this.#stop.signal.aborted) return true
      const outcome = await this.#payDebt(clip_id)
      if (outcome === 'refused') return false
      outcomes.push(outcome)
    }
    return outcomes.length === 0 || outcomes.includes('paid')
  }

  async #payDebt(clipId: string): Promise<Payment> {
    const held = await this.#deps.repository.hold(clipId)
    if (!held.ok) return 'hopeless'
    using _held = held.value
    const clip = this.#deps.repository.get(clipId)
    // Read anew: the pipeline may have taken it up again.
    if (clip === null || !owesStorage(clip)) return 'paid'
    return await withLogContext({ clip_id: clip.clip_id, camera_name: clip.camera_name }, async () => {
      const uploaded = await this.#upload(clip)
      if (uploaded.state !== 'ok') return uploaded.state === 'failed' && uploaded.error.kind === 'invalid' ? 'hopeless' : 'refused'
      await this.#keepArtifacts(clip)
      const after = this.#deps.repository.get(clipId)
      return after === null || !owesStorage(after) ? 'paid' : 'refused'
    })
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
