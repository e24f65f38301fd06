import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { analyze as analyzeClip } from '../app/clip-stages.ts'
import { buildPlugins, checkFolder, type BuiltPlugins, type PluginContext } from '../app/build-plugins.ts'
import { createLogger } from '../app/logger.ts'
import { listenForStop } from '../app/stop-signal.ts'
import { ConfigFileSchema, type AppConfig } from '../config/schema.ts'
import { toAppConfig } from '../config/normalise.ts'
import type { AlertDecision } from '../contracts/alert.ts'
import type { AnalysisResult } from '../contracts/analysis.ts'
import { expandClasses, type FilterResult } from '../contracts/detection.ts'
import { messageOf, type PluginError } from '../contracts/errors.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import { skipped, type StageOutcome } from '../contracts/stages.ts'
import { shouldAnalyze } from '../core/stages/should-analyze.ts'
import { probeVideo } from '../lib/ffmpeg/probe.ts'
import { createRedactor } from '../lib/redact.ts'
import { emptyHome } from '../app/empty-home.ts'
import { Scope } from '../lib/scope.ts'
import { systemClock } from '../lib/system-clock.ts'
import { builtinPlugins } from '../plugins/builtin.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { openConfig, type OpenedConfig } from './open-config.ts'
import { complain, print, printJson } from './terminal.ts'

export interface AnalyzeOptions {
  readonly config?: string
  readonly camera?: string
  readonly model?: string
  readonly sampleFps?: number
  readonly fullScan?: boolean
  readonly json?: boolean
  readonly dataDir?: string
}

interface Verdict {
  readonly video: string
  readonly filter_result: FilterResult | null
  readonly analysis_result: AnalysisResult | null
  readonly alert_decision: AlertDecision | null
  readonly error: { readonly kind: string; readonly message: string } | null
}

/** No camera can be called this, so no camera's own rules apply. */
const NO_CAMERA = 'video file'

/** Filter, VLM if configured, and decision for any video file. Stores nothing, tells nobody. */
export async function analyze(videos: readonly string[], options: AnalyzeOptions): Promise<ExitCode> {
  await using scope = new Scope((name, cause) => complain(`${name} did not stop cleanly: ${messageOf(cause)}`))
  scope.defer('check folder', () => rm(checkFolder(), { recursive: true, force: true }))
  const context = await contextFor(options, scope)
  if (!context.ok) {
    complain(context.error)
    return EXIT.failed
  }
  const camera = chooseCamera(context.value.config, options)
  if (!camera.ok) {
    complain(camera.error)
    return EXIT.failed
  }
  const plugins = await buildPlugins(context.value)
  if (!plugins.ok) {
    complain(plugins.error)
    return EXIT.failed
  }
  using stop = listenForStop(() => complain('stopping'))
  let failed = false
  for (const [index, video] of videos.entries()) {
    if (stop.signal.aborted) return EXIT.failed
    if (videos.length > 1 && options.json !== true) print(`${index + 1} of ${videos.length}`)
    const means = { plugins: plugins.value, config: context.value.config, options, camera_name: camera.value }
    const verdict = await judge(resolve(video), means, stop.signal)
    const shown = { ...verdict, video }
    if (options.json === true) printJson(shown)
    else for (const line of describe(shown)) print(line)
    failed ||= verdict.error !== null
  }
  return failed ? EXIT.failed : EXIT.ok
}

interface Means {
  readonly plugins: BuiltPlugins
  readonly config: AppConfig
  readonly options: AnalyzeOptions
  readonly camera_name: string
}

/** Whose rules apply. A file that no camera is named for is judged by those for all. */
function chooseCamera({ cameras }: AppConfig, { camera, config }: AnalyzeOptions): Result<string, string> {
  if (camera === undefined) return ok(NO_CAMERA)
  if (config === undefined) return err('--camera needs the configuration that has the camera: --config FILE')
  if (cameras.some(({ name }) => name === camera)) return ok(camera)
  return err(`there is no camera "${camera}"; known: ${cameras.map(({ name }) => name).join(', ')}`)
}

async function judge(path: string, means: Means, signal: AbortSignal): Promise<Verdict> {
  const { plugins, config, options, camera_name } = means
  const overrides = {
    ...(options.fullScan === undefined ? {} : { full_scan: options.fullScan }),
    ...(options.sampleFps === undefined ? {} : { sample_fps: options.sampleFps }),
  }
  const filtered = await plugins.filter.detect(path, overrides, signal)
  if (!filtered.ok) return verdictOf(path, { error: filtered.error })
  const filter_result = filtered.value
  const vlm = await analysis(path, filter_result, means, signal)
  if (!vlm.ok) return verdictOf(path, { filter_result, error: vlm.error })
  const facts = { camera_name, filter_result, vlm: vlm.value, min_risk_level: null }
  const alert_decision = config.alert_policy.enabled
    ? plugins.policy.decide(facts)
    : { notify: false, notify_reason: 'alert_policy_disabled' }
  const analysis_result = vlm.value.state === 'ok' ? vlm.value.value.analysis : null
  return verdictOf(path, { filter_result, analysis_result, alert_decision, error: vlm.value.state === 'failed' ? vlm.value.error : null })
}

async function analysis(
  path: string,
  detection: FilterResult,
  { plugins, config, camera_name }: Means,
  signal: AbortSignal,
): Promise<Result<StageOutcome<'vlm'>, PluginError>> {
  const gate = { run_mode: config.vlm.run_mode, trigger_classes: expandClasses(config.vlm.trigger_classes) }
  const verdict = plugins.analyzer === null ? { run: false as const, reason: 'run_mode_never' } : shouldAnalyze(gate, detection)
  if (!verdict.run) return ok(skipped(verdict.reason))
  const probed = await probeVideo(path, signal)
  if (!probed.ok) return probed
  const clip = {
    camera_name,
    start_ts: systemClock.now().toISOString(),
    duration_s: probed.value.duration_s,
  }
  // Asked for by hand: the daily budget is for what happens by itself.
  const answer = await analyzeClip(
    { clip, path, detection },
    config,
    { analyzer: plugins.analyzer, onUsage: () => undefined, mayPay: () => true },
    signal,
  )
  if (answer.ok) return ok({ state: 'ok', value: answer.value })
  return ok({ state: 'failed', error: { ...answer.error, stage: 'vlm', plugin: config.vlm.backend ?? '', clip_id: '', attempts: 1 } })
}

function verdictOf(video: string, found: Partial<Omit<Verdict, 'video' | 'error'>> & { readonly error: PluginError | null }): Verdict {
  const { error, ...results } = found
  return {
    video,
    filter_result: null,
    analysis_result: null,
    alert_decision: null,
    ...results,
    error: error === null ? null : { kind: error.kind, message: error.message },
  }
}

function describe({ video, filter_result, analysis_result, alert_decision, error }: Verdict): string[] {
  const lines = [video]
  if (filter_result !== null) {
    const { detected_classes, confidence, first_hit_s, model, sampled_frames } = filter_result
    const found =
      detected_classes.length === 0
        ? 'nothing'
        : `${detected_classes.join(', ')} (${confidence.toFixed(2)}), first at ${first_hit_s ?? 0} s`
    lines.push(`  found    ${found}; ${model} looked at ${sampled_frames} frames`)
  }
  if (analysis_result !== null)
    lines.push(`  judged   ${analysis_result.risk_level}, ${analysis_result.activity_type}: ${analysis_result.summary}`)
  if (alert_decision !== null) lines.push(`  decided  ${alert_decision.notify ? 'alert' : 'no alert'}: ${alert_decision.notify_reason}`)
  if (error !== null) lines.push(`  error    ${error.kind}: ${error.message}`)
  return lines
}

/** From the file if one is given; else the defaults. `--model` asks for yolo with that model. */
async function contextFor(options: AnalyzeOptions, scope: Scope): Promise<Result<PluginContext, string>> {
  const opened = options.config === undefined ? ok(withoutFile(options.dataDir)) : await openConfig(options.config)
  if (!opened.ok) return opened
  const { loaded, catalog } = opened.value
  const redact = createRedactor(loaded.secretValues)
  const log = createLogger({ level: 'warn', format: process.stderr.isTTY ? 'pretty' : 'json', redact })
  const config = withoutSideEffects(withModel(loaded.config, options.model))
  return ok({ config, purpose: 'check', catalog, clock: systemClock, log, secrets: loaded.secrets, home: emptyHome(), scope })
}

function withoutFile(dataDir = './homesec-data'): OpenedConfig {
  const loaded = { config: defaults(dataDir), hash: '', secrets: { get: () => undefined }, secretValues: [], warnings: [] }
  return { loaded, catalog: builtinPlugins }
}

function defaults(dataDir: string): AppConfig {
  const camera = { name: 'video', source: { backend: 'folder' } }
  return toAppConfig(ConfigFileSchema.parse({ version: 1, data_dir: resolve(dataDir), cameras: [camera] }), process.cwd())
}

function withModel(config: AppConfig, model: string | undefined): AppConfig {
  if (model === undefined) return config
  const path = /[/\\]|\.onnx$/.test(model) ? resolve(model) : model
  return { ...config, filter: { backend: 'yolo', config: { ...config.filter.config, model: path } } }
}

/** The same judgement without anybody being told or anything being stored. */
function withoutSideEffects(config: AppConfig): AppConfig {
  return { ...config, notifiers: [], storage: { ...config.storage, backend: 'local', config: { root: join(tmpdir(), 'homesec-analyze') } } }
}
