import { z } from 'zod'

const StreamSchema = z.strictObject({ video: z.string(), loop: z.boolean().exactOptional(), stamped: z.boolean().exactOptional() })

/** What the process serves: one entry per camera. */
export const CamerasSchema = z
  .array(
    z.strictObject({
      streams: z.record(z.string(), StreamSchema),
      credentials: z
        .strictObject({ username: z.string(), password: z.string(), qop: z.boolean().exactOptional() })
        .nullable()
        .exactOptional(),
      maxSessions: z.number().int().positive().exactOptional(),
      host: z.string().exactOptional(),
      port: z.number().int().exactOptional(),
      startAt: z.enum(['first_session', 'now']).exactOptional(),
    }),
  )
  .min(1)

/** One line of standard input. `camera` counts from 0. */
export const CommandSchema = z.intersection(
  z.object({ camera: z.number().int().nonnegative() }),
  z.discriminatedUnion('do', [
    z.object({ do: z.enum(['stall', 'resume', 'drop', 'sessions', 'cpuSeconds']) }),
    z.object({ do: z.enum(['refuseConnections', 'corrupt']), on: z.boolean() }),
    z.object({ do: z.literal('changePassword'), password: z.string() }),
    z.object({ do: z.literal('jumpTimestamps'), seconds: z.number() }),
    z.object({ do: z.literal('switchVideo'), stream: z.string(), video: z.string() }),
    z.object({ do: z.literal('setSlowStart'), describeMs: z.number(), firstMediaMs: z.number().exactOptional() }),
    z.object({ do: z.literal('sentFrames'), stream: z.string() }),
  ]),
)
export type Command = z.infer<typeof CommandSchema>

/** The first line of standard output. */
export const StartedSchema = z.object({ cameras: z.array(z.object({ port: z.number(), urls: z.record(z.string(), z.string()) })) })

/** Every further line answers one command, in their order. */
export const AnswerSchema = z.union([
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), error: z.string() }),
])
