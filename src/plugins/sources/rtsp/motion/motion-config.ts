import { z } from 'zod'

const Fraction = z.number().min(0).max(1)
const PolygonSchema = z
  .array(z.tuple([Fraction, Fraction]))
  .min(3)
  .max(64)

export const MotionConfigSchema = z.strictObject({
  pixel_threshold: z
    .number()
    .int()
    .min(1)
    .max(254)
    .default(45)
    .describe(
      'Grey levels, of 255, by which a pixel must differ from the background to count as changed. Default 45. Lower finds dark clothes at night, and shadows and noise too.',
    ),
  min_changed_pct: z
    .number()
    .positive()
    .max(100)
    .default(1)
    .describe(
      'Percent of the watched picture that must have changed. Default 1: a person about a sixth as high as the picture. Lower finds what is farther away, and animals.',
    ),
  recording_sensitivity_factor: z
    .number()
    .min(1)
    .max(100)
    .default(2)
    .describe(
      'While recording, min_changed_pct is divided by this. Default 2, so that a clip does not end while someone leaves; 1 switches it off.',
    ),
  blur_kernel: z
    .number()
    .int()
    .min(0)
    .max(31)
    .default(5)
    .describe(
      'Pixels along a side of the square that is averaged first; an even number counts as the next odd one. Default 5. Larger ignores more noise, rain and shaking, and small things; 0 switches it off.',
    ),
  min_frames: z
    .number()
    .int()
    .min(1)
    .max(50)
    .default(2)
    .describe('Analysed frames in a row that must show the change. Default 2, 0.4 s at 5 fps; 1 reacts to a single flash or broken frame.'),
  masks: z
    .array(PolygonSchema)
    .max(32)
    .default([])
    .describe(
      'Areas to ignore, each a list of [x, y] corners from [0, 0], top left, to [1, 1]. Default none. Whoever stays inside of them is never recorded.',
    ),
  settle_s: z
    .number()
    .min(0)
    .max(60)
    .default(2)
    .describe(
      'Seconds after each (re)connect in which the background is learnt and nothing counts as motion. Default 2; 0 trusts the first frame.',
    ),
  light_change_pct: z
    .number()
    .min(5)
    .max(100)
    .default(40)
    .describe(
      'Percent of the watched picture that, changing within one frame, is taken for a lamp or the infrared switch. Default 40; motion then needs a second longer. 100 makes them motion.',
    ),
  absorb_s: z
    .number()
    .min(5)
    .max(1200)
    .default(60)
    .describe(
      'Seconds after which what came and stands still belongs to the background. Default 60: a parked car records for a minute, and so does someone who does not move at all.',
    ),
  fps: z
    .number()
    .min(1)
    .max(30)
    .default(5)
    .describe(
      'Frames analysed per second. Default 5. More costs processor time in proportion; fewer than 3 may miss someone who runs past.',
    ),
})
export type MotionConfig = Readonly<z.output<typeof MotionConfigSchema>>
