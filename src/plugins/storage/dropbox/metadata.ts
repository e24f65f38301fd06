import { z } from 'zod'

/** What Dropbox says of a file or a folder; only what is used here. */
export const MetadataSchema = z.object({
  path_display: z.string().nullish(),
  rev: z.string().optional(),
  content_hash: z.string().optional(),
  sharing_info: z.object({ read_only: z.boolean().optional() }).optional(),
})
export type Metadata = z.output<typeof MetadataSchema>

export const TaggedMetadataSchema = MetadataSchema.extend({ '.tag': z.string() })

export const DownloadSchema = z.object({ size: z.int().nonnegative(), content_hash: z.string().optional() })

const spaceOf = z.object({ allocated: z.number(), used: z.number().optional() })
export const SpaceUsageSchema = z.object({ used: z.number(), allocation: spaceOf })

export const SessionSchema = z.object({ session_id: z.string().min(1).max(1000) })

/** For answers that nobody looks at. */
export const AnythingSchema = z.unknown()
