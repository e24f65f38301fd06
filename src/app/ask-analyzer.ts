import type { VlmUsage } from '../contracts/analysis.ts'
import type { AnalysisRequest, VlmAnalyzer } from '../contracts/analyzer.ts'
import { addUsage } from '../lib/vlm/usage.ts'

/** @param onUsage hears once what this try cost, also when it failed: what was paid counts for the daily budget. */
export async function askAnalyzer(
  analyzer: Pick<VlmAnalyzer, 'analyze'>,
  request: Omit<AnalysisRequest, 'onUsage'>,
  onUsage: (usage: VlmUsage) => void,
  signal: AbortSignal,
): ReturnType<VlmAnalyzer['analyze']> {
  let paid: VlmUsage | null = null
  const answer = await analyzer.analyze({ ...request, onUsage: (usage) => (paid = paid === null ? usage : addUsage(paid, usage)) }, signal)
  const usage = answer.ok && answer.value.free !== true ? answer.value.usage : paid
  if (usage !== null) onUsage(usage)
  return answer
}
