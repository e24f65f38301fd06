import { z } from 'zod'

/** The 80 COCO classes in model order: a class index of a COCO-trained model is an index into this list. */
// prettier-ignore
export const COCO_CLASSES = [
  'person', 'bicycle', 'car', 'motorcycle', 'airplane', 'bus', 'train', 'truck', 'boat', 'traffic light',
  'fire hydrant', 'stop sign', 'parking meter', 'bench', 'bird', 'cat', 'dog', 'horse', 'sheep', 'cow',
  'elephant', 'bear', 'zebra', 'giraffe', 'backpack', 'umbrella', 'handbag', 'tie', 'suitcase', 'frisbee',
  'skis', 'snowboard', 'sports ball', 'kite', 'baseball bat', 'baseball glove', 'skateboard', 'surfboard',
  'tennis racket', 'bottle', 'wine glass', 'cup', 'fork', 'knife', 'spoon', 'bowl', 'banana', 'apple',
  'sandwich', 'orange', 'broccoli', 'carrot', 'hot dog', 'pizza', 'donut', 'cake', 'chair', 'couch',
  'potted plant', 'bed', 'dining table', 'toilet', 'tv', 'laptop', 'mouse', 'remote', 'keyboard', 'cell phone',
  'microwave', 'oven', 'toaster', 'sink', 'refrigerator', 'book', 'clock', 'vase', 'scissors', 'teddy bear',
  'hair drier', 'toothbrush',
] as const

/** Words a household uses, and the classes they stand for. */
export const CLASS_GROUPS: Readonly<Record<string, readonly string[]>> = {
  animal: ['bird', 'cat', 'dog', 'horse', 'sheep', 'cow', 'elephant', 'bear', 'zebra', 'giraffe'],
  vehicle: ['bicycle', 'car', 'motorcycle', 'bus', 'train', 'truck', 'boat', 'airplane'],
}

const KNOWN = new Set<string>(COCO_CLASSES)

/** Every word that may stand in a list of classes: classes and groups. */
export const KNOWN_CLASS_NAMES: readonly string[] = [...Object.keys(CLASS_GROUPS), ...COCO_CLASSES]

export function isKnownClass(name: string): boolean {
  return KNOWN.has(name) || Object.hasOwn(CLASS_GROUPS, name)
}

/** Expands groups to their classes, keeps order, drops repeats. Unknown names pass through. */
export function expandClasses(names: readonly string[]): string[] {
  return [...new Set(names.flatMap((name) => (Object.hasOwn(CLASS_GROUPS, name) ? (CLASS_GROUPS[name] ?? []) : [name])))]
}

/** A list of classes in a config file. Unknown ones are an error that lists the known. */
export const ClassListSchema = z.array(
  z.string().refine(isKnownClass, { error: (issue) => `unknown class "${String(issue.input)}"; known: ${KNOWN_CLASS_NAMES.join(', ')}` }),
)

/** One object in one frame. */
export const DetectionSchema = z.object({
  class: z.string(),
  confidence: z.number().min(0),
  /** `[x, y, width, height]` as fractions of the frame, from its top left corner. */
  box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  /** Seconds from the start of the clip. */
  second: z.number().nonnegative(),
})
export type Detection = Readonly<z.infer<typeof DetectionSchema>>

/** What the filter found in one clip. `detections` holds only wanted classes that passed every threshold. */
export const FilterResultSchema = z.object({
  /** Wanted classes that were seen, most confident first; empty when nothing was. */
  detected_classes: z.array(z.string()),
  /** Highest confidence among `detections`; 0 when there are none. */
  confidence: z.number().min(0),
  /** What looked: model name, e.g. `yolox_nano` or `hog`. */
  model: z.string(),
  /** Frames the detector was run on. */
  sampled_frames: z.number().int().nonnegative(),
  first_hit_s: z.number().nonnegative().nullable(),
  /** Second of the frame to show: the most confident detection, the larger box between equals. */
  best_frame_s: z.number().nonnegative().nullable(),
  detections: z.array(DetectionSchema),
})
export type FilterResult = Readonly<z.infer<typeof FilterResultSchema>>
