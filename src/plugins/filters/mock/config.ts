import { z } from 'zod'
import { ClassListSchema } from '../../../contracts/detection.ts'
import { ERROR_KINDS } from '../../../contracts/errors.ts'

export const MockFilterConfigSchema = z.strictObject({
  detected_classes: ClassListSchema.default(['person']).describe('What every clip is said to show; an empty list: nothing.'),
  confidence: z.number().min(0).max(1).default(0.9).describe('Confidence of each detection.'),
  delay_ms: z.number().int().min(0).default(0).describe('How long each clip takes; the default answers at once.'),
  fail_times: z.number().int().min(0).default(0).describe('How many calls fail before the first that succeeds; the default never fails.'),
  error_kind: z.enum(ERROR_KINDS).default('unavailable').describe('What those calls fail with.'),
})
export type MockFilterConfig = z.output<typeof MockFilterConfigSchema>
