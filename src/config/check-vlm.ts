import { z } from 'zod'
import type { PluginCatalog } from '../contracts/plugin.ts'
import { withDefaults } from './check-plugins.ts'
import { formatPath, type KeyPath, type Problem } from './problem.ts'
import type { ConfigFile } from './schema.ts'

/** An analyzer that is made of others has them in this form. */
const PartsSchema = z.object({
  analyzers: z.array(z.looseObject({ config: z.record(z.string(), z.unknown()).catch({}), free: z.boolean().catch(false) })),
})
const PartTimeSchema = z.object({ part_timeout_s: z.number(), analyzers: z.array(z.unknown()) })

/** What the vlm block and the rest of the file have to agree on. */
export function vlmProblems(file: ConfigFile, catalog: PluginCatalog): Problem[] {
  const { backend, run_mode, config } = file.vlm
  if (backend === null) {
    if (run_mode === 'never') return []
    const advice = `Name a model (${catalog.analyzer.map(({ name }) => name).join(', ')}), set run_mode: never, or remove the vlm block.`
    return [{ code: 'missing_value', path: ['vlm', 'backend'], message: 'is missing', advice }]
  }
  return [...priceProblems(file), ...timeProblems(file, withDefaults('analyzer', { backend, config }, catalog) ?? config)]
}

function priceProblems({ vlm }: ConfigFile): Problem[] {
  if (vlm.daily_budget?.usd === undefined) return []
  const unpriced = pricesMissing(vlm.config, ['vlm', 'config'])
  if (unpriced.length === 0) return []
  const isList = PartsSchema.safeParse(vlm.config).success
  const advice = isList
    ? 'Write there what tokens cost, mark a model of your own as free: true, or limit tokens or clips instead.'
    : 'Write what tokens cost into vlm.config.price, or limit tokens or clips instead.'
  const message = `needs ${unpriced.map((path) => formatPath(path)).join(' and ')}`
  return [{ code: 'missing_value', path: ['vlm', 'daily_budget', 'usd'], message, advice }]
}

/** Where a price has to stand and does not: what is free needs none. */
function pricesMissing(config: Readonly<Record<string, unknown>>, path: KeyPath): KeyPath[] {
  const parts = PartsSchema.safeParse(config)
  if (!parts.success) return (config['price'] ?? null) === null ? [[...path, 'price']] : []
  return parts.data.analyzers.flatMap((part, index) =>
    part.free ? [] : pricesMissing(part.config, [...path, 'analyzers', index, 'config']),
  )
}

/** The last model of a list has to have some time left when all before it hang. */
function timeProblems({ timeouts }: ConfigFile, config: unknown): Problem[] {
  const parsed = PartTimeSchema.safeParse(config)
  if (!parsed.success) return []
  const { part_timeout_s, analyzers } = parsed.data
  const before = analyzers.length - 1
  if (before * part_timeout_s < timeouts.vlm_s) return []
  const message = `leaves the last model no time: ${before} × ${part_timeout_s} s is not less than timeouts.vlm_s (${timeouts.vlm_s})`
  return [{ code: 'bad_value', path: ['vlm', 'config', 'part_timeout_s'], message, advice: 'Lower it, or raise timeouts.vlm_s.' }]
}
