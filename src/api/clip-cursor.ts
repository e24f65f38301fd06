import { z } from 'zod'
import { ClipIdSchema, TimestampSchema } from '../contracts/clip.ts'
import type { ClipCursor } from '../contracts/repository.ts'

const CursorSchema = z.tuple([TimestampSchema, ClipIdSchema])

/** Opaque to clients: base64url, so it needs no escaping in a URL. */
export function encodeCursor(cursor: ClipCursor): string {
  return Buffer.from(JSON.stringify([toUtc(cursor.start_ts), cursor.clip_id])).toString('base64url')
}

/** Null for anything this server did not write. */
export function decodeCursor(text: string): ClipCursor | null {
  const parsed = CursorSchema.safeParse(parseJson(Buffer.from(text, 'base64url').toString()))
  return parsed.success ? { start_ts: toUtc(parsed.data[0]), clip_id: parsed.data[1] } : null
}

function toUtc(timestamp: string): string {
  return new Date(timestamp).toISOString()
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
