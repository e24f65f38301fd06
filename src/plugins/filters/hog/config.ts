import { z } from 'zod'
import { ClassListSchema, expandClasses } from '../../../contracts/detection.ts'

/** All that this detector was made to see. */
const SEES = 'person'

export const HogConfigSchema = z.strictObject({
  classes: ClassListSchema.min(1)
    .refine((names) => expandClasses(names).every((name) => name === SEES), {
      error: 'hog sees only people: use classes: [person], or the yolo filter',
    })
    .default([SEES])
    .describe('Only `person`: this detector knows nothing else.'),
  min_confidence: z
    .number()
    .min(0)
    .default(0.5)
    .describe(
      'Distance from the border between person and no person: 0 is the border, clear figures have 1 to 2. With the default doubtful ones are left out.',
    ),
  min_box_h_ratio: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe('Smallest height of a detection, as a share of the frame height. Figures below a third of it are hardly ever found anyway.'),
  min_hits: z
    .number()
    .int()
    .min(1)
    .default(1)
    .describe('Sampled frames that must show somebody. The default reports after the first, so one false detection is enough.'),
  sample_fps: z
    .number()
    .positive()
    .max(30)
    .default(1)
    .describe('Frames per second that are looked at, each a quarter of a CPU second. With the default a second in view can be missed.'),
  full_scan: z.boolean().default(false).describe('Look at all sampled frames. By default the rest of a clip is skipped after `min_hits`.'),
  max_workers: z
    .number()
    .int()
    .min(1)
    .max(16)
    .default(1)
    .describe('Clips looked at in parallel, each in a process of about 250 MB. With the default clips wait for each other.'),
  unload_after_s: z
    .number()
    .int()
    .min(1)
    .max(86_400)
    .default(600)
    .describe('A worker without clips for this long is ended and its memory freed. The clip after that waits about a second longer.'),
})
export type HogConfig = z.output<typeof HogConfigSchema>
