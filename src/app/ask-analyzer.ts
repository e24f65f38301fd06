import type { VlmUsage } from '../contracts/analysis.ts'
import type { AnalysisRequest, VlmAnalyzer } from '../contracts/analyzer.ts'

/** @param onUsage hears once what this try cost, also when it failed: what was paid counts for the daily budget. */
export async function askAnalyzer(
  analyzer: Pick<VlmAnalyzer, 'analyze'>,
  request: Omit<AnalysisRequest, 'onUsage'>,
  onUsage: (usage: VlmUsage) => void,
  signal: AbortSignal,
): ReturnType<VlmAnalyzer['analyze']> {
  let paid: VlmUsage | null = null
  const answer = await analyzer.analyze({ ...request, onUsage: (usage) => (paid = paid === null ? usage : sum(paid, usage)) }, signal)
  const usage = answer.ok ? answer.value.usage : paid
  if (usage !== null) onUsage(usage)
  return answer
}

/** Costs that are known count, even when others are not. */
function sum(first: VlmUsage, second: VlmUsage): VlmUsage {
  const isUnknown = first.cost_usd === null && second.cost_usd === null
  return {
    model: second.model,
    prompt_tokens: first.prompt_tokens + second.prompt_tokens,
    completion_tokens: first.completion_tokens + second.completion_tokens,
    cost_usd: isUnknown ? null : (first.cost_usd ?? 0) + (second.cost_usd ?? 0),
  }
}
