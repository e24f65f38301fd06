import { pluginError, type PluginError } from '../contracts/errors.ts'
import { err, ok, type Result } from '../contracts/result.ts'

/**
 * Writes all rows in one call. When the database refuses a value (`invalid`), the batch is halved until the refused rows are alone,
 * so that one bad row never keeps the others out. Then returns `invalid` with their number.
 */
export async function writeRows<Row>(
  rows: readonly Row[],
  write: (rows: readonly Row[]) => Promise<Result<unknown, PluginError>>,
): Promise<Result<void, PluginError>> {
  if (rows.length === 0) return ok()
  const written = await write(rows)
  if (written.ok) return ok()
  if (written.error.kind !== 'invalid' || rows.length === 1) return written
  const middle = Math.ceil(rows.length / 2)
  const halves = [await writeRows(rows.slice(0, middle), write), await writeRows(rows.slice(middle), write)]
  const failures = halves.flatMap((half) => (half.ok ? [] : [half.error]))
  const first = failures.find((failure) => failure.kind !== 'invalid') ?? failures[0]
  return first === undefined ? ok() : err(pluginError(first.kind, first.message, first.cause))
}
