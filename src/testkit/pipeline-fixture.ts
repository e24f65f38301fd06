import type { Alert, AlertMedia } from '../contracts/alert.ts'
import type { ClipEvent } from '../contracts/clip-events.ts'
import type { ClipStateData } from '../contracts/clip-state.ts'
import type { FilterResult } from '../contracts/detection.ts'
import { pluginError, type PluginError } from '../contracts/errors.ts'
import { DEFAULT_CAMERA_SETTINGS } from '../contracts/home.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import type { RouteAlert } from '../core/alerts/alert-router.ts'
import { announcer } from '../core/alerts/announce-clip.ts'
import { artifactKeeper } from '../core/stages/artifacts.ts'
import { ClipIndex } from '../core/clips/clip-index.ts'
import { ClipRepository } from '../core/clips/clip-repository.ts'
import { copyProgress } from '../core/stages/copy-progress.ts'
import { FirstAlerts, type Consider, type FirstAlertDeps } from '../core/alerts/first-alerts.ts'
import { processClip, type ProcessClip } from '../core/process-clip.ts'
import { storageKeys } from '../core/stages/storage-keys.ts'
import { alertWithdrawer } from '../core/alerts/withdraw-alerts.ts'
import { Semaphore } from '../lib/semaphore.ts'
import { aClip, aFilterResult, anAnalysis } from './builders.ts'
import { FakeStorage } from './fake-storage.ts'
import { stageRunner } from './fake-stage.ts'
import { MemoryJournal } from './memory-journal.ts'

const USAGE = { model: 'vlm-1', prompt_tokens: 10, completion_tokens: 2, cost_usd: null }

/** A pipeline of the real core around plugins that do what the test says. */
export class PipelineFixture {
  readonly stop = new AbortController()
  readonly journal = new MemoryJournal()
  readonly storage = new FakeStorage()
  readonly index = new ClipIndex()
  readonly sent: Alert[] = []
  readonly events: ClipEvent[] = []
  readonly keys = storageKeys('clips', null)
  slotReleased = false
  /** What the plugins do. */
  filter: (signal: AbortSignal, onHit: Consider) => Promise<Result<FilterResult, PluginError>> = async () => ok(aFilterResult())
  vlm: (signal: AbortSignal) => ReturnType<ReturnType<ProcessClip['stages']['vlm']>['attempt']> = async () =>
    ok({ analysis: anAnalysis(), usage: USAGE })
  send: (alert: Alert, media: AlertMedia, notifier: string) => Promise<Result<void, PluginError>> = async () => ok()
  /** What was delivered, by whom, as `phone first`. */
  readonly told: string[] = []
  /** What went with each of these. */
  readonly media: AlertMedia[] = []
  mode: FirstAlertDeps['mode'] = 'verified'
  notifiers: readonly string[] = ['phone']
  /** Those of them that show no pictures. */
  blind: readonly string[] = []
  draw: () => Promise<Result<Uint8Array, PluginError>> = async () => ok(Buffer.from('jpeg'))
  route: RouteAlert = () => ({ do: 'send' })
  settings = DEFAULT_CAMERA_SETTINGS
  tooLate = false
  thumbnails = 0

  readonly stages = stageRunner({ record: (clipId, fact) => this.repository.record(clipId, fact) })
  readonly repository: ClipRepository = new ClipRepository({
    clock: this.stages.clock,
    log: this.stages.log,
    journal: this.journal,
    onJournalError: () => undefined,
  })
  readonly artifacts = artifactKeeper({
    repository: this.repository,
    storage: this.storage,
    keys: this.keys,
    makeThumbnail: () => {
      this.thumbnails += 1
      return this.draw()
    },
    timeoutMs: 1000,
    log: this.stages.log,
    redact: (text) => text,
  })

  constructor() {
    this.repository.subscribe((event, state) => {
      this.events.push(event)
      this.index.update(state)
    })
  }

  #announcing: ReturnType<PipelineFixture['announcingAnew']> | null = null

  /** How the household is told, with the notifiers and the mode of the first call. */
  announcing() {
    return (this.#announcing ??= this.announcingAnew())
  }

  announcingAnew(changes: Partial<FirstAlertDeps> = {}) {
    const { runner, clock } = this.stages
    const notifiers = this.notifiers.map((name) => ({ name, notifier: this.#notifier(name), slots: new Semaphore(2) }))
    const route: RouteAlert = (alert, notifier, hasFirst) => this.route(alert, notifier, hasFirst)
    const base = { runner, repository: this.repository, clock, notifiers, timeoutMs: 60_000, route, tooLate: () => this.tooLate }
    const firstAlerts = new FirstAlerts({
      ...base,
      mode: this.mode,
      shouldAnalyze: () => ({ run: true }),
      mayAlert: () => true,
      ...changes,
    })
    const { ended } = firstAlerts
    return { notifiers, route, ended, firstAlerts, announce: announcer({ ...base, ended }), withdraw: alertWithdrawer({ ...base, ended }) }
  }

  #notifier(name: string) {
    return {
      send: async (alert: Alert, media: AlertMedia) => {
        const sent = await this.send(alert, media, name)
        if (sent.ok) {
          this.sent.push(alert)
          this.media.push(media)
          this.told.push(`${name} ${alert.stage}`)
        }
        return sent
      },
      sendSystem: async () => ok(),
      showsPictures: !this.blind.includes(name),
    }
  }

  deps(changes: Partial<ProcessClip> = {}): ProcessClip {
    const { runner } = this.stages
    const stage = { timeoutMs: 60_000, slots: new Semaphore(2) }
    const { firstAlerts, announce, withdraw } = this.announcing()
    return {
      runner,
      repository: this.repository,
      stages: {
        upload: (clip, onCopy) => ({
          ...stage,
          name: 'upload',
          plugin: 'memory',
          attempt: (signal) => this.storage.put('', this.keys.clip(clip), signal, copyProgress(clip.clip_id, this.repository, { onCopy })),
        }),
        filter: (_clip, _path, onHit) => ({ ...stage, name: 'filter', plugin: 'mock', attempt: (signal) => this.filter(signal, onHit) }),
        vlm: () => ({ ...stage, name: 'vlm', plugin: 'mock', attempt: (signal) => this.vlm(signal) }),
      },
      openFile: async ({ local_path }) => ({ path: local_path, notFetched: null, [Symbol.asyncDispose]: async () => undefined }),
      artifacts: this.artifacts,
      shouldAnalyze: () => ({ run: true }),
      decide: () => ({ notify: true, notify_reason: 'risk_level=high' }),
      settingsOf: () => this.settings,
      firstAlerts,
      announce,
      withdraw,
      maxUploadWaitMs: 20,
      decideWithoutAnalysis: true,
      ...changes,
    }
  }

  record(): ClipStateData {
    const clip = aClip()
    this.repository.record(clip.clip_id, { event_type: 'clip_recorded', clip, config_hash: 'abc' })
    return this.state()
  }

  state(): ClipStateData {
    const { clip_id } = aClip()
    const state = this.repository.get(clip_id) ?? this.journal.files.get(clip_id)
    if (state === undefined) throw new Error('no clip was recorded')
    return state
  }

  /** Runs the clip, as it is known now, to where it ends. */
  async run(changes: Partial<ProcessClip> = {}): Promise<ClipStateData> {
    const { clip_id } = aClip()
    const held = this.repository.get(clip_id) === null && this.journal.files.size > 0 ? await this.repository.hold(clip_id) : null
    if (held?.ok === false) throw new Error(held.error.message)
    const state = this.repository.get(clip_id) ?? this.record()
    using _hold = this.repository.holdLoaded(clip_id)
    const slot = { [Symbol.dispose]: () => void (this.slotReleased = true) }
    await processClip(state, this.deps(changes), slot, this.stop.signal)
    return this.state()
  }

  eventTypes(): string[] {
    return this.events.map(({ event_type }) => event_type)
  }
}

export const DOWN = err(pluginError('unavailable', 'down'))
