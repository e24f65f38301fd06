import { base64Bytes, isFields, looksLike, schemaComplaint } from './json-schema-rules.ts'

/**
 * What Gemini's generateContent refuses, as documented. Pure: a request body in, the first complaint out.
 * https://ai.google.dev/api/generate-content, https://ai.google.dev/api/caching#Schema
 */
const KNOWN_PARAMS = [
  'contents',
  'systemInstruction',
  'generationConfig',
  'safetySettings',
  'tools',
  'toolConfig',
  'cachedContent',
  'store',
]
// prettier-ignore
const GENERATION_KEYS = [
  'stopSequences', 'responseMimeType', 'responseSchema', 'responseJsonSchema', 'responseModalities', 'candidateCount', 'maxOutputTokens',
  'temperature', 'topP', 'topK', 'seed', 'presencePenalty', 'frequencyPenalty', 'thinkingConfig', 'mediaResolution',
]
// prettier-ignore
const SCHEMA_KEYWORDS = [
  'type', 'format', 'title', 'description', 'nullable', 'enum', 'maxItems', 'minItems', 'properties', 'required', 'minProperties',
  'maxProperties', 'minLength', 'maxLength', 'pattern', 'example', 'anyOf', 'propertyOrdering', 'default', 'items', 'minimum', 'maximum',
]
const IMAGE_TYPES = ['image/png', 'image/jpeg', 'image/webp', 'image/heic', 'image/heif']

type Fields = Readonly<Record<string, unknown>>

export function googleComplaint(body: unknown): string | null {
  if (!isFields(body)) return 'Invalid JSON payload received.'
  const unknown = Object.keys(body).find((key) => !KNOWN_PARAMS.includes(key))
  if (unknown !== undefined) return `Invalid JSON payload received. Unknown name "${unknown}": Cannot find field.`
  const { contents, systemInstruction } = body
  if (!Array.isArray(contents) || contents.length === 0) return 'GenerateContentRequest.contents: contents is not specified'
  const all = (contents as readonly unknown[]).concat(systemInstruction === undefined ? [] : [systemInstruction])
  const found = all.map((content) => contentComplaint(content)).find((complaint) => complaint !== null)
  return found ?? generationComplaint(body['generationConfig'])
}

export function googleParts(body: unknown): Fields[] {
  const contents = isFields(body) && Array.isArray(body['contents']) ? body['contents'] : []
  return contents.flatMap((content) => partsOf(content))
}

export function googleText(body: unknown): string {
  return [...(isFields(body) ? partsOf(body['systemInstruction']) : []), ...googleParts(body)]
    .map(({ text }) => text)
    .filter((text) => typeof text === 'string')
    .join('\n')
}

function partsOf(content: unknown): Fields[] {
  return isFields(content) && Array.isArray(content['parts']) ? content['parts'].filter(isFields) : []
}

function contentComplaint(content: unknown): string | null {
  if (!isFields(content)) return 'Invalid value at contents'
  if (content['role'] !== undefined && content['role'] !== 'user' && content['role'] !== 'model') {
    return 'Please use a valid role: user, model.'
  }
  const parts = partsOf(content)
  if (parts.length === 0) return 'contents.parts must not be empty.'
  return parts.map((part) => partComplaint(part)).find((complaint) => complaint !== null) ?? null
}

function partComplaint(part: Fields): string | null {
  if (typeof part['text'] === 'string') return null
  const inline = part['inlineData']
  if (!isFields(inline)) return 'contents.parts: required oneof field "data" must have one initialized field'
  const mimeType = String(inline['mimeType'])
  if (!IMAGE_TYPES.includes(mimeType)) return `Unsupported MIME type: ${mimeType}`
  const bytes = base64Bytes(inline['data'])
  if (bytes === null) return 'Invalid value at inlineData.data: Base64 decoding failed'
  return looksLike(mimeType, bytes) ? null : 'Provided image is not valid.'
}

function generationComplaint(config: unknown): string | null {
  if (config === undefined) return null
  if (!isFields(config)) return 'Invalid value at generationConfig'
  const unknown = Object.keys(config).find((key) => !GENERATION_KEYS.includes(key))
  if (unknown !== undefined) return `Invalid JSON payload received. Unknown name "${unknown}" at generation_config: Cannot find field.`
  return numbersComplaint(config) ?? formatComplaint(config)
}

function numbersComplaint({ maxOutputTokens, temperature }: Fields): string | null {
  if (maxOutputTokens !== undefined && !(Number.isInteger(maxOutputTokens) && Number(maxOutputTokens) > 0)) {
    return 'max_output_tokens must be positive.'
  }
  const isTemperature = typeof temperature === 'number' && temperature >= 0 && temperature <= 2
  return temperature === undefined || isTemperature ? null : 'temperature must be in the range [0.0, 2.0].'
}

function formatComplaint({ responseSchema, responseMimeType }: Fields): string | null {
  if (responseSchema === undefined) return null
  if (responseMimeType !== 'application/json') return 'responseSchema is set, so a compatible response_mime_type must be set.'
  return schemaComplaint(responseSchema, { keywords: SCHEMA_KEYWORDS, closedObjects: false }, 'generation_config.response_schema')
}
