import { z } from 'zod'
import { expandClasses } from '../contracts/detection.ts'
import type { PluginCatalog } from '../contracts/plugin.ts'
import { withDefaults } from './check-plugins.ts'
import { formatPath, type KeyPath } from './problem.ts'
import type { ConfigFile } from './schema.ts'

/** A policy that goes by detected classes, or by motion alone, says so with these keys. Others are not judged here. */
const RulesSchema = z.object({ notify_on_motion: z.boolean().optional(), notify_on_classes: z.array(z.string()).default([]) })
const PolicySchema = RulesSchema.required().extend({ overrides: z.record(z.string(), RulesSchema).default({}) })
/** A filter that looks for some classes only says so with this key. */
const FilterSchema = z.object({ classes: z.array(z.string()) })

type Rules = z.output<typeof RulesSchema>

/** What is no mistake of a single key, and yet means that an alert somebody waits for never comes. */
export function silenceWarnings(file: ConfigFile, catalog: PluginCatalog): string[] {
  const policy = PolicySchema.safeParse(file.alert_policy.enabled ? withDefaults('alert_policy', file.alert_policy, catalog) : null)
  const rules: readonly { readonly path: KeyPath; readonly rules: Rules }[] = policy.success
    ? [
        { path: ['alert_policy', 'config'], rules: policy.data },
        ...Object.entries(policy.data.overrides).map(([camera, rules]) => ({
          path: ['alert_policy', 'config', 'overrides', camera],
          rules,
        })),
      ]
    : []
  const wanted = rules.map(({ path, rules }) => ({ path: [...path, 'notify_on_classes'], classes: rules.notify_on_classes }))
  const isJudged = file.vlm.backend !== null && file.vlm.run_mode !== 'never'
  const speaks = ({ notify_on_motion, notify_on_classes }: Rules) => notify_on_motion === true || notify_on_classes.length > 0
  return [
    ...(policy.success && !isJudged && !rules.some(({ rules }) => speaks(rules)) ? [SILENT] : []),
    ...unseen([...wanted, ...(isJudged ? triggers(file) : [])], withDefaults('filter', file.filter, catalog)),
  ]
}

const SILENT =
  'alert_policy: nothing can alert, since no model judges the clips. ' +
  'Set alert_policy.config.notify_on_classes: [person] to be told of people, or name a model under vlm.'

interface Wanted {
  readonly path: KeyPath
  readonly classes: readonly string[]
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
