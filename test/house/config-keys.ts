import { z } from 'zod'
import { ConfigFileSchema } from '../../src/config/schema.ts'

export interface ConfigKey {
  /** As in `cameras[].source.backend`. */
  readonly path: string
  readonly name: string
  readonly default: string
  readonly description: string
}

type Json = z.core.JSONSchema.JSONSchema

/** Every key of our own part of the configuration, in the order of the schema. Plugins describe theirs themselves. */
export function configKeys(): ConfigKey[] {
  return schemaKeys(ConfigFileSchema)
}

/** Every key of a schema, however deep. */
export function schemaKeys(schema: z.ZodType): ConfigKey[] {
  return keysOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), '')
}

function keysOf(node: Json, prefix: string): ConfigKey[] {
  const required = new Set(node.required ?? [])
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    if (typeof child === 'boolean') return []
    const path = `${prefix}${name}`
    const own = { path, name, default: defaultOf(child, required.has(name)), description: child.description ?? '' }
    const inner = [child, ...(child.anyOf ?? [])].filter((face): face is Json => typeof face === 'object')
    const items = typeof child.items === 'object' && !Array.isArray(child.items) ? keysOf(child.items, `${path}[].`) : []
    return [own, ...inner.flatMap((face) => keysOf(face, `${path}.`)), ...items]
  })
}

function defaultOf(node: Json, required: boolean): string {
  if (required) return 'required'
  const value: unknown = node.default
  const isBlock = node.properties !== undefined || node.additionalProperties !== undefined
  return isBlock || value === undefined ? '' : `\`${JSON.stringify(value)}\``
}

/** A key as a row of a table. Outside of code a "<" would begin a tag, and anywhere a "|" ends the cell. */
export function settingsRow({ path, default: value, description }: ConfigKey): string {
  const words = description.split('`').map((text, index) => (index % 2 === 0 ? text.replaceAll('<', '\\<') : text))
  return `| \`${path}\` | ${value} | ${words.join('`').replaceAll('|', '\\|')} |`.replace('|  |', '| |')
}
