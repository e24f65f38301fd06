import type { z } from 'zod'
import { SCHEMA_VERSION } from '../contracts/clip-state.ts'
import { messageOf } from '../contracts/errors.ts'
import { err, ok, type Result } from '../contracts/result.ts'

type Json = Readonly<Record<string, unknown>>

/** From each older version to the next. Version 1 is the first, so there is nothing to lift yet. */
const MIGRATIONS: Readonly<Record<number, (old: Json) => Json>> = {}

/** Reads a journal of this version or an older one. The error says why it is left alone. */
export function parseJournal<T>(text: string, schema: z.ZodType<T>): Result<T, string> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    return err(`it is no JSON (${messageOf(cause)})`)
  }
  if (!isObject(json)) return err('it is no JSON object')
  const lifted = liftToCurrent(json)
  if (!lifted.ok) return lifted
  const parsed = schema.safeParse(lifted.value)
  if (parsed.success) return ok(parsed.data)
  const first = parsed.error.issues[0]
  return err(`${first?.path.join('.') ?? ''}: ${first?.message ?? 'invalid'}`)
}

function liftToCurrent(json: Json): Result<Json, string> {
  const version = json['schema_version']
  if (typeof version !== 'number') return err('schema_version is missing')
  if (version > SCHEMA_VERSION)
    return err(`it was written by a newer HomeSec (schema_version ${version}, this one knows ${SCHEMA_VERSION})`)
  let current = json
  for (let from = version; from < SCHEMA_VERSION; from += 1) {
    const lift = MIGRATIONS[from]
    if (lift === undefined) return err(`schema_version ${from} is unknown`)
    current = lift(current)
  }
  return ok(current)
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
