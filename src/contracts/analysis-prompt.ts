import { z } from 'zod'

/** The answer that is always allowed, whatever `activity_types` says. */
export const UNKNOWN_ACTIVITY = 'unknown'

/** A list of activity types in a config file: words of any language, fit for a prompt and for one line of a message. */
export const ActivityTypesSchema = z
  .array(
    z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N} _.:-]{0,63}$/u, {
      error: 'an activity type is 1 to 64 letters, digits, spaces or any of _ . : - and begins with a letter or digit',
    }),
  )
  .max(50)
