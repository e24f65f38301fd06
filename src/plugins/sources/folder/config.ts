import { isAbsolute } from 'node:path'
import { z } from 'zod'

export const FolderConfigSchema = z.strictObject({
  path: z
    .string()
    .refine((path) => isAbsolute(path) && !path.includes('\0'), 'use an absolute path')
    .describe('Folder to watch, absolute. It may be missing at first. It must not overlap with data_dir.'),
  recursive: z
    .boolean()
    .default(false)
    .describe('true: folders inside it are watched too, eight levels deep. Links to folders are not followed.'),
  extensions: z
    .array(z.string().regex(/^\.[a-z0-9]{1,8}$/, 'use lower case with a dot, such as ".mp4"'))
    .min(1)
    .default(['.mp4', '.mkv', '.mov', '.avi', '.ts'])
    .describe('Endings of files to take, in any case. Hidden files and those still named .part, .tmp or .filepart are left alone.'),
  stability_s: z
    .number()
    .positive()
    .max(3600)
    .default(5)
    .describe(
      'Seconds a file must stay unchanged before it is taken. Too short takes half-written clips; a file moved in whole is taken at once.',
    ),
  poll_s: z
    .number()
    .positive()
    .max(3600)
    .default(5)
    .describe(
      'Seconds between looks at the folder. The system usually tells sooner; over network mounts it does not, then this is the delay.',
    ),
  after_ingest: z
    .enum(['keep', 'delete'])
    .default('keep')
    .describe('What happens to the file once HomeSec has it. keep: it stays. delete: it is removed from the folder.'),
})
export type FolderConfig = z.output<typeof FolderConfigSchema>
