type Fields = Readonly<Record<string, unknown>>

export interface SchemaDialect {
  readonly keywords: readonly string[]
  /** Objects have to forbid other keys. */
  readonly closedObjects: boolean
}

/** The first thing in a schema that a service would refuse, or null. */
export function schemaComplaint(schema: unknown, dialect: SchemaDialect, at = 'schema'): string | null {
  if (!isFields(schema)) return `${at}: a schema is an object`
  const unknown = Object.keys(schema).find((key) => !dialect.keywords.includes(key))
  if (unknown !== undefined) return `${at}: unknown keyword "${unknown}"`
  if (schema['type'] === 'array') return schemaComplaint(schema['items'], dialect, `${at}.items`)
  if (schema['type'] !== 'object') return typeof schema['type'] === 'string' ? null : `${at}: type is required`
  return objectComplaint(schema, dialect, at)
}

function objectComplaint(schema: Fields, dialect: SchemaDialect, at: string): string | null {
  const { properties, required = [], additionalProperties } = schema
  if (dialect.closedObjects && additionalProperties !== false) return `${at}: additionalProperties must be false`
  if (!isFields(properties)) return `${at}: an object has properties`
  if (!Array.isArray(required) || required.some((key) => typeof key !== 'string' || !(key in properties))) {
    return `${at}: required names a key that is no property`
  }
  const complaints = Object.entries(properties).map(([key, property]) => schemaComplaint(property, dialect, `${at}.${key}`))
  return complaints.find((complaint) => complaint !== null) ?? null
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Standard base64 of the bytes, or null. */
export function base64Bytes(text: unknown): Buffer | null {
  if (typeof text !== 'string' || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null
  return Buffer.from(text, 'base64')
}

const SIGNATURES: Readonly<Record<string, string>> = { 'image/jpeg': 'ffd8ff', 'image/png': '89504e47', 'image/gif': '47494638' }

/** Whether these bytes begin as a picture of that type does. */
export function looksLike(mediaType: string, bytes: Buffer): boolean {
  const signature = SIGNATURES[mediaType]
  return signature !== undefined && bytes.subarray(0, signature.length / 2).toString('hex') === signature
}
