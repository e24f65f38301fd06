import { z } from 'zod'
import { ActivityTypesSchema, allowedActivities, DEFAULT_ACTIVITY_TYPES } from '../../../contracts/analysis-prompt.ts'
import type { ConfigNames, ConfigProblem } from '../../../contracts/plugin.ts'

const ONE_DAY_S = 86_400

const partSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9_-]{1,64}$/, { error: 'letters a to z, digits, _ and - only' })
    .optional()
    .describe('What messages call it. Default: its backend; two of one backend need names.'),
  backend: z
    .string()
    .toLowerCase()
    .regex(/^[a-z0-9_@/.-]{1,64}$/, { error: 'use the name of an analyzer' })
    .describe('Which analyzer: openai, anthropic, google, … Required.'),
  config: z.record(z.string(), z.unknown()).prefault({}).describe('Settings of that analyzer; see docs/analyzers.md.'),
  free: z
    .boolean()
    .default(false)
    .describe(
      'Costs nothing, as a model of your own: not counted for `vlm.daily_budget`, and still asked once that is spent. Default: paid.',
    ),
})

export const fallbackConfig = z.strictObject({
  analyzers: z.array(partSchema).min(2).max(10).describe('In the order in which they are asked, two at least. Required.'),
  activity_types: ActivityTypesSchema.default([...DEFAULT_ACTIVITY_TYPES]).describe(
    'What all of them may call an activity; one may have a shorter list of its own. Default: a list for a front door.',
  ),
  part_timeout_s: z
    .number()
    .positive()
    .max(ONE_DAY_S)
    .default(50)
    .describe('Seconds one of them may take before the next is asked; together they have `timeouts.vlm_s`. Default: time for two.'),
  failures: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(3)
    .describe('So many failures in a row, and it is not asked for a while. Default: a single hiccup changes nothing.'),
  cooldown_s: z
    .number()
    .positive()
    .max(ONE_DAY_S)
    .default(300)
    .describe('Seconds until it is asked again, with one clip. A wrong key counts as failed at once. Default: back within five minutes.'),
})

export type FallbackConfig = z.output<typeof fallbackConfig>
export type FallbackPart = FallbackConfig['analyzers'][number]

/** What messages call a part. */
export function partName({ name, backend }: Pick<FallbackPart, 'name' | 'backend'>): string {
  return name ?? backend.replaceAll(/[^a-z0-9_-]+/g, '-').replaceAll(/^-+|-+$/g, '')
}

/** The part's config with the list of all, unless it has one of its own. */
export function partConfig({ config }: Pick<FallbackPart, 'config'>, activityTypes: readonly string[]): Readonly<Record<string, unknown>> {
  return { activity_types: activityTypes, ...config }
}

/** What is wrong with the parts, each at its place. */
export function partsProblems({ analyzers, activity_types }: FallbackConfig, names: ConfigNames): ConfigProblem[] {
  const taken = new Set<string>()
  return analyzers.flatMap((part, index): ConfigProblem[] => {
    const at = ['analyzers', index]
    const name = partName(part)
    const isTaken = taken.has(name)
    taken.add(name)
    const { backend } = part
    const inside = names.partProblems('analyzer', { backend, config: partConfig(part, activity_types) })
    return [
      ...(isTaken ? [{ path: [...at, 'name'], message: `there is already one named "${name}"; give each its own name` }] : []),
      ...inside.map(({ path, message }) => ({ path: [...at, ...path], message })),
      ...strayActivities(part, activity_types).map(({ path, message }) => ({ path: [...at, ...path], message })),
    ]
  })
}

const OwnTypesSchema = z.object({ activity_types: z.array(z.string()) })

/** The alert policy is checked against the list of all, so no part may answer with anything else. */
function strayActivities({ config }: FallbackPart, activityTypes: readonly string[]): ConfigProblem[] {
  const own = OwnTypesSchema.safeParse(config)
  if (!own.success) return []
  const allowed = allowedActivities(activityTypes)
  return own.data.activity_types.flatMap((type, index) =>
    allowed.includes(type)
      ? []
      : [{ path: ['config', 'activity_types', index], message: 'not one of the `activity_types` of the whole list; add it there' }],
  )
}
