import { z } from 'zod'
import { ClassListSchema } from '../../../contracts/detection.ts'

export const EXECUTION_PROVIDERS = ['cpu', 'cuda', 'coreml', 'webgpu', 'dml'] as const

export const YoloConfigSchema = z.strictObject({
  model: z
    .string()
    .min(1)
    .default('yolox_nano')
    .describe(
      'A model by name, fetched once into the data folder, or the path of an ONNX file. The default is small (4 MB): fast on any CPU, less sure of small figures.',
    ),
  classes: ClassListSchema.min(1)
    .default(['person'])
    .describe('What to look for: classes, or the groups `animal` and `vehicle`. With the default nothing but people counts.'),
  min_confidence: z
    .number()
    .gt(0)
    .max(1)
    .default(0.5)
    .describe('Detections below this are ignored. Lower finds more, and more that is not there.'),
  min_box_h_ratio: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe('Smallest height of a detection, as a share of the frame height. The default leaves out figures in the far distance.'),
  min_hits: z
    .number()
    .int()
    .min(1)
    .default(1)
    .describe('Sampled frames that must show something wanted. The default reports after the first, so one false detection is enough.'),
  sample_fps: z
    .number()
    .positive()
    .max(30)
    .default(2)
    .describe('Frames per second that are looked at. With the default somebody in view for less than half a second can be missed.'),
  full_scan: z
    .boolean()
    .default(false)
    .describe(
      'Look at all sampled frames. By default the rest of a clip is skipped once `min_hits` is reached, and with it what else it shows.',
    ),
  max_workers: z
    .number()
    .int()
    .min(1)
    .max(16)
    .default(1)
    .describe('Clips looked at in parallel, each in a process of about 150 MB. With the default clips wait for each other.'),
  threads: z
    .number()
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('CPU threads of each worker for the model. The default costs least in total; more answer sooner.'),
  execution_provider: z
    .enum(EXECUTION_PROVIDERS)
    .default('cpu')
    .describe('What runs the model. The default runs everywhere; the others need their hardware and drivers.'),
  iou_threshold: z
    .number()
    .gt(0)
    .max(1)
    .default(0.45)
    .describe('Boxes of one class that overlap more than this are one object. Higher keeps people apart who stand close together.'),
  unload_after_s: z
    .number()
    .int()
    .min(1)
    .max(86_400)
    .default(600)
    .describe('A worker without clips for this long is ended and its memory freed. The clip after that waits about a second longer.'),
})
export type YoloConfig = z.output<typeof YoloConfigSchema>
