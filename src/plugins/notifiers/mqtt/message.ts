import { z } from 'zod'

/** One message as it waits on disk. `payload` is the exact text that goes over the wire. */
export const MessageSchema = z.object({
  version: z.literal(1),
  dedupe_key: z.string(),
  topic: z.string().min(1),
  payload: z.string(),
  qos: z.union([z.literal(0), z.literal(1), z.literal(2)]),
  retain: z.boolean(),
  queued_at: z.iso.datetime(),
})
export type Message = Readonly<z.infer<typeof MessageSchema>>
