import { z } from 'zod'

/** What the worker is asked: load the detector, or look at a video with it. */
export const JobSchema = z.object({
  look: z
    .object({
      video_path: z.string(),
      min_confidence: z.number(),
      min_box_h_ratio: z.number(),
      min_hits: z.number(),
      sample_fps: z.number(),
      full_scan: z.boolean(),
      look_first_s: z.number().nullable(),
    })
    .nullable(),
})
export type Job = Readonly<z.infer<typeof JobSchema>>
export type LookRequest = NonNullable<Job['look']>
