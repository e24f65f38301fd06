import type { VlmAnalyzer } from '../../../contracts/analyzer.ts'
import { pluginError } from '../../../contracts/errors.ts'
import { definePlugin, type PluginHost } from '../../../contracts/plugin.ts'
import { err } from '../../../contracts/result.ts'
import { fallbackConfig, partConfig, partName, partsProblems, type FallbackConfig } from './config.ts'
import { FallbackAnalyzer } from './fallback-analyzer.ts'
import { Part } from './part.ts'

export const fallbackAnalyzer = definePlugin({
  kind: 'analyzer',
  name: 'fallback',
  config: fallbackConfig,
  check: partsProblems,
  async create(config, host) {
    const loaded = await Promise.all(config.analyzers.map((part) => loadAnalyzer(part, config, host)))
    const reasons = loaded.flatMap(({ name, broken }) => (broken === null ? [] : [`${name}: ${broken}`]))
    if (reasons.length === loaded.length) throw new Error(reasons.join('; '))
    for (const reason of reasons) host.log.error({ event_type: 'vlm_part_broken', reason }, 'a model of the fallback list cannot be built')
    const options = {
      timeoutMs: config.part_timeout_s * 1000,
      breaker: { failures: config.failures, cooldownMs: config.cooldown_s * 1000 },
    }
    const parts = loaded.map(({ analyzer, name, free }) => new Part(analyzer, { name, free, ...options }, host.clock))
    return new FallbackAnalyzer(parts, host.log)
  },
})

interface Loaded {
  readonly name: string
  readonly free: boolean
  readonly analyzer: VlmAnalyzer
  /** Why it could not be built; null when it was. */
  readonly broken: string | null
}

/** One that cannot be built is like one that does not answer: it keeps none of the others from judging. */
async function loadAnalyzer(part: FallbackConfig['analyzers'][number], config: FallbackConfig, host: PluginHost): Promise<Loaded> {
  const name = partName(part)
  const built = await host.loadPart('analyzer', { name, backend: part.backend, config: partConfig(part, config.activity_types) })
  if (built.ok) return { name, free: part.free, analyzer: built.value, broken: null }
  const reason = built.error.map(({ path, message }) => [...path, message].join(': ')).join('; ')
  const refuse = async () => err(pluginError('rejected', reason))
  return {
    name,
    free: part.free,
    broken: reason,
    analyzer: { analyze: refuse, ping: refuse, [Symbol.asyncDispose]: async () => undefined },
  }
}
