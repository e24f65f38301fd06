import type { VlmUsage } from '../../contracts/analysis.ts'

/** Both together, by the model of the second. Costs that are known count, even when others are not. */
export function addUsage(first: VlmUsage, second: VlmUsage): VlmUsage {
  const isUnknown = first.cost_usd === null && second.cost_usd === null
  return {
    model: second.model,
    prompt_tokens: first.prompt_tokens + second.prompt_tokens,
    completion_tokens: first.completion_tokens + second.completion_tokens,
    cost_usd: isUnknown ? null : (first.cost_usd ?? 0) + (second.cost_usd ?? 0),
  }
}
