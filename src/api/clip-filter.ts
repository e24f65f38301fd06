import { z } from 'zod'
import type { ClipListQuery } from '../contracts/api/clips.ts'
import type { FieldError, ProblemCode } from '../contracts/api/problem.ts'
import type { ClipFilter } from '../contracts/repository.ts'
import { err, ok, type Result } from '../contracts/result.ts'

export type Refusal = { readonly code: ProblemCode; readonly errors?: readonly FieldError[] }

const WithOffset = z.iso.datetime({ offset: true })
const WithoutOffset = z.union([z.iso.datetime({ local: true }), z.iso.date()])

/** What was asked for, in the words of the query port. */
export function toClipFilter(query: ClipListQuery): Result<ClipFilter, Refusal> {
  const since = parseInstant('since', query.since)
  if (!since.ok) return since
  const until = parseInstant('until', query.until)
  if (!until.ok) return until
  if (since.value !== undefined && until.value !== undefined && since.value > until.value) return err({ code: 'RANGE_INVALID' })

  const { camera, status, risk_level, activity_type, q } = query
  return ok(
    present({
      camera,
      status,
      risk_level,
      activity_type,
      q,
      alerted: toFlag(query.alerted),
      detected: toFlag(query.detected),
      since: since.value,
      until: until.value,
    }),
  )
}

const toFlag = (text: 'true' | 'false' | undefined) => (text === undefined ? undefined : text === 'true')

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** Drops the fields that were not given. */
function present<T extends object>(fields: T): Present<T> {
  // Object.entries forgets the keys' types; each value stays under its own key.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>
}

/** A `+` that was not escaped arrives as a blank. */
const restorePlus = (text: string) => text.replace(/ (\d\d:\d\d)$/, '+$1')

function parseInstant(path: string, text: string | undefined): Result<string | undefined, Refusal> {
  if (text === undefined) return ok(undefined)
  const restored = restorePlus(text)
  if (WithOffset.safeParse(restored).success) return ok(new Date(restored).toISOString())
  if (WithoutOffset.safeParse(restored).success) return err({ code: 'TZ_REQUIRED' })
  return err({ code: 'VALIDATION_FAILED', errors: [{ path, message: 'expected a date and time with offset' }] })
}
