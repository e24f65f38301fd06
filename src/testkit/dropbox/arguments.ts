import { z } from 'zod'
import { PATH_PATTERN } from './paths.ts'

// Types of https://github.com/dropbox/dropbox-api-spec/blob/main/files.stone; unknown fields are refused, as there.
const path = z.string().regex(PATH_PATTERN, 'did not match pattern')
const rev = z.string().regex(/^[0-9a-f]{9,}$/)
const hash = z.string().length(64)

const mode = z.union([
  z.enum(['add', 'overwrite']),
  z.strictObject({ '.tag': z.enum(['add', 'overwrite']) }),
  z.strictObject({ '.tag': z.literal('update'), update: rev }),
])
const commit = z.strictObject({
  path,
  mode: mode.default('add'),
  autorename: z.boolean().default(false),
  client_modified: z.iso.datetime().optional(),
  mute: z.boolean().default(false),
  strict_conflict: z.boolean().default(false),
})
const cursor = z.strictObject({ session_id: z.string(), offset: z.int().nonnegative() })

export type Commit = z.output<typeof commit>

export const ARGUMENTS = {
  upload: commit.extend({ content_hash: hash.optional() }),
  start: z.strictObject({
    close: z.boolean().default(false),
    session_type: z.enum(['sequential', 'concurrent']).default('sequential'),
    content_hash: hash.optional(),
  }),
  append: z.strictObject({ cursor, close: z.boolean().default(false), content_hash: hash.optional() }),
  finish: z.strictObject({ cursor, commit, content_hash: hash.optional() }),
  path: z.strictObject({ path }),
  metadata: z.strictObject({
    path,
    include_media_info: z.boolean().optional(),
    include_deleted: z.boolean().optional(),
    include_has_explicit_shared_members: z.boolean().optional(),
  }),
  remove: z.strictObject({ path, parent_rev: rev.optional() }),
  nothing: z.null(),
} as const
