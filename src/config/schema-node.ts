import { z } from 'zod'
import type { KeyPath } from './problem.ts'

/** What a schema says of one place in the file. */
export interface SchemaNode {
  readonly description: string
  /** Keys that may stand here; null where any may. */
  readonly keys: readonly string[] | null
  /** Words that may stand here; null where others may. */
  readonly options: readonly string[] | null
}

/** Schemas may refer to themselves. */
const MAX_DEPTH = 5

type Json = z.core.JSONSchema.JSONSchema
export type SchemaOutline = (path: KeyPath) => SchemaNode | null

/** Looks places up in a schema. A schema that cannot be described is no reason to fail: then nothing is known of it. */
export function outline(schema: z.ZodType): SchemaOutline {
  const root = toJsonSchema(schema)
  return (path) => {
    const node = root === null ? null : path.reduce<Json | null>((at, part) => (at === null ? null : child(at, part, root)), root)
    return node === null || root === null ? null : describe(node, root)
  }
}

function toJsonSchema(schema: z.ZodType): Json | null {
  try {
    return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  } catch {
    return null
  }
}

/** The node itself, what it refers to, and its alternatives. */
function faces(node: Json, root: Json, depth = 0): Json[] {
  if (depth > MAX_DEPTH) return []
  const target = /^#\/(?:\$defs|definitions)\/(.+)$/.exec(node.$ref ?? '')?.[1]
  const referred = target === undefined ? undefined : root.$defs?.[target]
  const all = [referred, ...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])].filter((face) => isSchema(face))
  return [node, ...all.flatMap((face) => faces(face, root, depth + 1))]
}

function isSchema(value: unknown): value is Json {
  return typeof value === 'object' && value !== null
}

function child(node: Json, part: string | number, root: Json): Json | null {
  for (const face of faces(node, root)) {
    const items =
      typeof part === 'number'
        ? face.items
        : face.properties && Object.hasOwn(face.properties, part)
          ? face.properties[part]
          : face.additionalProperties
    if (isSchema(items) && !Array.isArray(items)) return items
  }
  return null
}

function describe(node: Json, root: Json): SchemaNode {
  const all = faces(node, root)
  const keys = all.flatMap((face) => Object.keys(face.properties ?? {}))
  const options = all.flatMap((face) => [...(face.enum ?? []), ...(face.const === undefined ? [] : [face.const])])
  return {
    description: all.find((face) => face.description !== undefined)?.description ?? '',
    keys: keys.length === 0 ? null : [...new Set(keys)],
    options: options.length === 0 ? null : options.filter((option) => typeof option === 'string'),
  }
}
