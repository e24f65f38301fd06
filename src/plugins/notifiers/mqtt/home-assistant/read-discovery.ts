import { z } from 'zod'

/** The only part of a device message that tells whose it is; `o` is Home Assistant's own abbreviation. */
const DiscoverySchema = z.union([
  z.object({ origin: z.object({ name: z.string() }) }).transform(({ origin }) => origin),
  z.object({ o: z.object({ name: z.string() }) }).transform(({ o }) => o),
])

/** The name of whoever published a device message; null for what is none. */
export function originOf(payload: Buffer): string | null {
  try {
    const parsed = DiscoverySchema.safeParse(JSON.parse(payload.toString()))
    return parsed.success ? parsed.data.name : null
  } catch {
    return null
  }
}
