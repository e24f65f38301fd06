import { z } from 'zod'
import { EXECUTION_PROVIDERS } from './config.ts'

/** What the worker is asked: load a model and prove that it runs, or look at a video with it. */
export const JobSchema = z.object({
  model: z.object({ name: z.string(), path: z.string(), threads: z.number(), execution_provider: z.enum(EXECUTION_PROVIDERS) }),
  look: z
    .object({
      video_path: z.string(),
      /** Expanded: no groups. */
      classes: z.array(z.string()),
      min_confidence: z.number(),
      min_box_h_ratio: z.number(),
      min_hits: z.number(),
      sample_fps: z.number(),
      full_scan: z.boolean(),
      look_first_s: z.number().nullable(),
      iou_threshold: z.number(),
    })
    .nullable(),
})
export type Job = Readonly<z.infer<typeof JobSchema>>
export type ModelChoice = Job['model']
export type LookRequest = NonNullable<Job['look']>
