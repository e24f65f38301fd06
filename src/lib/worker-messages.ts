import { z } from 'zod'
import { ErrorKindSchema } from '../contracts/errors.ts'

export interface JobMessage {
  readonly job: unknown
}

/** What a worker says before it answers. */
export const NoteSchema = z.strictObject({ note: z.unknown() })
export type Note = Readonly<z.infer<typeof NoteSchema>>

/** What a worker answers: a Result, without exceptions, which do not travel. */
export const AnswerSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), error: z.object({ kind: ErrorKindSchema, message: z.string() }) }),
])
