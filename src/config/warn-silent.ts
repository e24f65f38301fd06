import { z } from 'zod'
import { expandClasses } from '../contracts/detection.ts'
import type { PluginCatalog } from '../contracts/plugin.ts'
import { withDefaults } from './check-plugins.ts'
import { formatPath, type KeyPath } from './problem.ts'
import type { ConfigFile } from './schema.ts'

/** A policy that goes by detected classes, or by motion alone, says so with these keys. Others are not judged here. */
const RulesSchema = z.object({ notify_on_motion: z.boolean(), notify_on_classes: z.array(z.string()) })
const PolicySchema = RulesSchema.extend({ overrides: z.record(z.string(), RulesSchema.partial()).default({}) })
/** A filter that looks for some classes only says so with this key. */
const FilterSchema = z.object({ classes: z.array(z.string()) })

type Policy = z.output<typeof PolicySchema>

/** What is no mistake of a single key, and yet means that an alert somebody waits for never comes. */
export function silenceWarnings(file: ConfigFile, catalog: PluginCatalog): string[] {
  const { success, data } = PolicySchema.safeParse(
    file.alert_policy.enabled ? withDefaults('alert_policy', file.alert_policy, catalog) : null,
  )
  const isJudged = file.vlm.backend !== null && file.vlm.run_mode !== 'never'
  return [
    ...(success && !isJudged ? silentCameras(file, data) : []),
    ...unseen([...(success ? classesOf(data) : []), ...(isJudged ? triggers(file) : [])], withDefaults('filter', file.filter, catalog)),
  ]
}

const ADVICE = 'Set alert_policy.config.notify_on_classes: [person] to be told of people, or name a model under vlm.'

/** Cameras of which nothing can alert while no model judges what they show. */
function silentCameras(file: ConfigFile, policy: Policy): string[] {
  const cameras = file.cameras.filter(({ enabled }) => enabled)
  const silent = cameras.filter(({ name }) => {
    const own = policy.overrides[name]
    const classes = own?.notify_on_classes ?? policy.notify_on_classes
    return !(own?.notify_on_motion ?? policy.notify_on_motion) && classes.length === 0
  })
  if (silent.length === 0) return []
  const whose = silent.length === cameras.length ? '' : ` of ${silent.map(({ name }) => name).join(', ')}`
  return [`alert_policy: nothing${whose} can alert, since no model judges the clips. ${ADVICE}`]
}

interface Wanted {
  readonly path: KeyPath
  readonly classes: readonly string[]
}

function classesOf({ notify_on_classes, overrides }: Policy): Wanted[] {
  const config = ['alert_policy', 'config']
  const ofCameras = Object.entries(overrides).map(([camera, rules]) => ({
    path: [...config, 'overrides', camera, 'notify_on_classes'],
    classes: rules.notify_on_classes ?? [],
  }))
  return [{ path: [...config, 'notify_on_classes'], classes: notify_on_classes }, ...ofCameras]
}

function triggers({ vlm }: ConfigFile): Wanted[] {
  return vlm.run_mode === 'trigger_only' ? [{ path: ['vlm', 'trigger_classes'], classes: vlm.trigger_classes }] : []
}

function unseen(wanted: readonly Wanted[], filter: unknown): string[] {
  const parsed = FilterSchema.safeParse(filter)
  if (!parsed.success) return []
  const seen = new Set(expandClasses(parsed.data.classes))
  return wanted.flatMap(({ path, classes }) =>
    classes
      .filter((name) => !expandClasses([name]).some((one) => seen.has(one)))
      .map((name) => `${formatPath(path)}: nobody looks for "${name}"; add it to filter.config.classes`),
  )
}
