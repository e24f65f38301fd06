import { z } from 'zod'

export const RISK_LEVELS = ['low', 'medium', 'high', 'critical'] as const
export const RiskLevelSchema = z.enum(RISK_LEVELS)
export type RiskLevel = (typeof RISK_LEVELS)[number]

/** A risk level as a config file may write it: in any case (`HIGH`), or as its number, 0 for `low` to 3 for `critical`. */
export const RiskLevelInputSchema = z.preprocess(
  (raw) => (typeof raw === 'string' ? raw.trim().toLowerCase() : typeof raw === 'number' ? (RISK_LEVELS[raw] ?? raw) : raw),
  z.enum(RISK_LEVELS, { error: (issue) => `unknown risk level "${String(issue.input)}"; known: ${RISK_LEVELS.join(', ')}` }),
)

export function riskAtLeast(actual: RiskLevel, threshold: RiskLevel): boolean {
  return RISK_LEVELS.indexOf(actual) >= RISK_LEVELS.indexOf(threshold)
}

/** What the vision-language model said of one clip. Hostile input until parsed; only the enums drive decisions. */
export const AnalysisResultSchema = z.object({
  risk_level: RiskLevelSchema,
  /** One of the configured `activity_types`, or `unknown`. */
  activity_type: z.string().max(64),
  summary: z.string().max(2000),
  observations: z.array(z.string().max(1000)).max(50),
  entities_timeline: z
    .array(
      z.object({
        entity: z.string().max(200),
        from_s: z.number().nonnegative(),
        to_s: z.number().nonnegative(),
        action: z.string().max(500),
      }),
    )
    .max(50),
  requires_review: z.boolean(),
})
export type AnalysisResult = Readonly<z.infer<typeof AnalysisResultSchema>>

/** What the answer cost. `cost_usd` is null when the price of the model is not configured. */
export const VlmUsageSchema = z.object({
  model: z.string(),
  prompt_tokens: z.number().int().nonnegative(),
  completion_tokens: z.number().int().nonnegative(),
  cost_usd: z.number().nonnegative().nullable(),
})
export type VlmUsage = Readonly<z.infer<typeof VlmUsageSchema>>
