import { z } from 'zod'

/** A plugin's name. Case does not matter in the file. */
export function backend(): z.ZodString
export function backend(fallback: string): z.ZodDefault<z.ZodString>
export function backend(fallback?: string) {
  const name = z
    .string()
    .toLowerCase()
    .regex(/^[a-z0-9_@/.-]{1,64}$/, 'use the name of a plugin')
  return fallback === undefined ? name : name.default(fallback)
}

/** Opaque here: the plugin's own schema checks it. */
export const pluginConfig = () => z.record(z.string(), z.unknown()).prefault({})

const ONE_DAY_S = 86_400

export const seconds = (fallback: number) => z.number().positive().max(ONE_DAY_S).default(fallback)

export const positiveInt = (fallback: number, max: number) => z.number().int().min(1).max(max).default(fallback)

const SAFE_FOLDER = /^(?!.*(?:^|\/)\.\.?(?:\/|$))[^/\\\0][^\\\0]*$/

export const relativeFolder = () => z.string().max(200).regex(SAFE_FOLDER, 'use a relative folder without "..", "." or backslashes')
