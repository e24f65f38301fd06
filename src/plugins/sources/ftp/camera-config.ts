import { z } from 'zod'

const FOLDER_NAME = /^(?!\.)[A-Za-z0-9._-]{1,64}$/
/** In the state folder of a camera without `password_env`. */
export const PASSWORD_FILE = 'ftp-password'
const USERNAME = /^[^\p{Cc}\s]{1,64}$/u

export const CameraConfigSchema = z.strictObject({
  ftp_subdir: z
    .string()
    .regex(FOLDER_NAME, 'use 1 to 64 of a-z, A-Z, 0-9, ".", "_" and "-"')
    .refine((name) => name !== PASSWORD_FILE, 'is the name of the file with the password')
    .optional()
    .describe('Folder below the state folder of this camera where its uploads wait. By default the name of the camera.'),
  username: z
    .string()
    .regex(USERNAME, 'use 1 to 64 characters without blanks')
    .optional()
    .describe('User this camera logs in as, another one for each camera. By default the name of the camera.'),
  password_env: z
    .string()
    .optional()
    .describe('Variable with the password of this camera. Without it one is made and kept in a file; the log says where.'),
  anonymous: z
    .boolean()
    .default(false)
    .describe(
      'true: whoever logs in as "anonymous" from a private address may upload for this camera, without a password. For one camera only, and only if the server listens on a private address.',
    ),
  extensions: z
    .array(
      z
        .string()
        .toLowerCase()
        .regex(/^\.[a-z0-9]{1,8}$/, 'use a dot and letters, such as ".mp4"'),
    )
    .default(['.mp4', '.mkv', '.mov', '.avi', '.ts', '.m4v', '.flv', '.dav'])
    .describe('Endings of files that become clips, in any case. []: every file but pictures. Others are kept aside.'),
  snapshots: z
    .enum(['ignore', 'keep'])
    .default('ignore')
    .describe('Pictures the camera uploads too. ignore: they are accepted and thrown away. keep: they are kept aside.'),
  aside_max_bytes: z
    .number()
    .int()
    .nonnegative()
    .default(1e9)
    .describe(
      'Bytes kept of each kind of file that is no clip: aborted uploads, pictures, others. Beyond it the oldest are deleted, and the log says so. 0: none is kept.',
    ),
})
export type CameraConfig = z.output<typeof CameraConfigSchema>
