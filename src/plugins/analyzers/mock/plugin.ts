import { z } from 'zod'
import { RiskLevelInputSchema } from '../../../contracts/analysis.ts'
import { ActivityTypesSchema, allowedActivities } from '../../../contracts/analysis-prompt.ts'
import { ERROR_KINDS } from '../../../contracts/errors.ts'
import { definePlugin } from '../../../contracts/plugin.ts'

export const mockAnalyzer = definePlugin({
  kind: 'analyzer',
  name: 'mock',
  config: z
    .strictObject({
      risk_level: RiskLevelInputSchema.default('medium').describe(
        'The risk it finds in every clip. Default: just enough for the default policy.',
      ),
      activity_type: z
        .string()
        .min(1)
        .max(64)
        .default('unknown')
        .describe('The activity it finds in every clip. Default: none in particular.'),
      summary: z
        .string()
        .max(2000)
        .default('A mock analysis: nobody looked at this clip.')
        .describe('Its summary. Default: says that it is no judgement.'),
      activity_types: ActivityTypesSchema.nullable().default(null).describe('What it may answer with. Default: anything.'),
      delay_ms: z.number().int().min(0).default(0).describe('How long it takes, in milliseconds. Default: it answers at once.'),
      fail_times: z.number().int().min(0).default(0).describe('How many calls fail before the first success. Default: none.'),
      error_kind: z.enum(ERROR_KINDS).default('unavailable').describe('How they fail. Default: in the way that is tried again.'),
    })
    .refine(({ activity_type, activity_types }) => activity_types === null || allowedActivities(activity_types).includes(activity_type), {
      path: ['activity_type'],
      error: 'not one of `activity_types`',
    }),
  async create(config, host) {
    const { MockAnalyzer } = await import('./mock-analyzer.ts')
    return new MockAnalyzer(config, host)
  },
})
