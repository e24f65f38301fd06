import { readFileSync } from 'node:fs'
import { z } from 'zod'

const PackageSchema = z.object({ version: z.string() })

/** From package.json, which stands at the same place above `src/` and `dist/`. */
export function readVersion(): string {
  return PackageSchema.parse(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))).version
}
