import { z } from 'zod'

/** Camera names appear in paths, topics and URLs, so their alphabet is small. */
export const CAMERA_NAME_PATTERN = /^[a-z0-9_-]{1,64}$/
/** `{camera_name}_{epoch_seconds}.mp4`, a second one in the same second `_2`, `_3`, … */
export const CLIP_ID_PATTERN = /^[a-z0-9_-]{1,64}_\d{1,12}(?:_\d{1,6})?\.mp4$/

export const CameraNameSchema = z.string().regex(CAMERA_NAME_PATTERN)
export const ClipIdSchema = z.string().regex(CLIP_ID_PATTERN)
/** UTC instant with offset, as `Date.toISOString()` writes it. */
export const TimestampSchema = z.iso.datetime({ offset: true })

/** An hour. Longer clips keep the scores of their first hour. */
export const MOST_MOTION_SCORES = 3600

/** A complete recording, ready for the pipeline. */
export const ClipSchema = z.object({
  clip_id: ClipIdSchema,
  camera_name: CameraNameSchema,
  /** Absolute path in the spool; the file is closed, complete and fsynced. */
  local_path: z.string().min(1),
  start_ts: TimestampSchema,
  end_ts: TimestampSchema,
  duration_s: z.number().nonnegative(),
  size_bytes: z.number().int().nonnegative(),
  /** SHA-256 of the bytes as they were offered, hex. The same bytes offered twice are one clip. */
  content_sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** The plugin that produced it: `rtsp`, `ftp`, `folder`, … */
  source_backend: z.string().min(1),
  /** The name the file arrived under, when it was not ours. */
  original_name: z.string().nullable(),
  /** Percent of the picture that changed in each second, from the first frame on. Null: its source does not measure motion. */
  motion_scores: z.array(z.number()).nullable().default(null),
})
export type Clip = Readonly<z.infer<typeof ClipSchema>>
