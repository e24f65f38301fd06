import { jpegSize } from '../lib/jpeg-size.ts'
import { base64Bytes, isFields, looksLike, schemaComplaint } from './json-schema-rules.ts'

/**
 * What Anthropic's Messages API refuses, as documented. Pure: a request body in, the first complaint out.
 * https://platform.claude.com/docs/en/api/messages, …/build-with-claude/vision, …/build-with-claude/structured-outputs
 */
const KNOWN_PARAMS = [
  'model',
  'messages',
  'max_tokens',
  'system',
  'temperature',
  'top_k',
  'top_p',
  'stop_sequences',
  'stream',
  'metadata',
  'output_config',
  'thinking',
  'tools',
  'tool_choice',
  'service_tier',
]
// prettier-ignore
const SCHEMA_KEYWORDS = [
  'type', 'enum', 'const', 'properties', 'required', 'additionalProperties', 'items', 'anyOf', 'allOf', '$ref', '$defs', 'description',
  'title', 'format', 'default', 'minItems',
]
const MAX_IMAGES = 100
const MAX_IMAGE_CHARS = 5 * 1024 * 1024
const MAX_SIDE_PX = 8000
const MANY_IMAGES = 20
const MAX_SIDE_PX_OF_MANY = 2000

type Fields = Readonly<Record<string, unknown>>

export interface AnthropicRules {
  /** Newer models refuse a temperature. */
  readonly refusesTemperature: boolean
}

export function anthropicComplaint(body: unknown, rules: AnthropicRules): string | null {
  if (!isFields(body)) return 'The request body is not valid JSON'
  const unknown = Object.keys(body).find((key) => !KNOWN_PARAMS.includes(key))
  if (unknown !== undefined) return `${unknown}: Extra inputs are not permitted`
  if (typeof body['model'] !== 'string' || body['model'] === '') return 'model: Field required'
  if (!Number.isInteger(body['max_tokens']) || Number(body['max_tokens']) < 1) return 'max_tokens: Field required'
  return temperatureComplaint(body, rules) ?? messagesComplaint(body['messages']) ?? imagesComplaint(body) ?? formatComplaint(body)
}

/** Content blocks of the messages, in order. */
export function anthropicBlocks(body: unknown): Fields[] {
  const messages = isFields(body) && Array.isArray(body['messages']) ? body['messages'].filter(isFields) : []
  return messages.flatMap(({ content }) =>
    typeof content === 'string' ? [{ type: 'text', text: content }] : Array.isArray(content) ? content.filter(isFields) : [],
  )
}

export function anthropicText(body: unknown): string {
  const system: unknown = isFields(body) ? body['system'] : undefined
  const blocks = Array.isArray(system) ? system.filter(isFields) : [{ text: system }]
  return [...blocks, ...anthropicBlocks(body)]
    .map(({ text }) => text)
    .filter((text) => typeof text === 'string')
    .join('\n')
}

function temperatureComplaint(body: Fields, { refusesTemperature }: AnthropicRules): string | null {
  const temperature = body['temperature']
  if (temperature === undefined) return null
  if (refusesTemperature) return 'temperature: is not supported by this model'
  return typeof temperature === 'number' && temperature >= 0 && temperature <= 1 ? null : 'temperature: range: 0..1'
}

function messagesComplaint(messages: unknown): string | null {
  if (!Array.isArray(messages) || messages.length === 0) return 'messages: at least one message is required'
  for (const [index, message] of messages.entries()) {
    const at = `messages.${index}`
    if (!isFields(message)) return `${at}: Input should be an object`
    if (message['role'] !== 'user' && message['role'] !== 'assistant') return `${at}.role: Input should be 'user' or 'assistant'`
    const { content } = message
    if (typeof content === 'string' && content !== '') continue
    if (!Array.isArray(content) || content.length === 0) return `${at}.content: Field required`
    const found = content.map((block, part) => blockComplaint(block, `${at}.content.${part}`)).find((complaint) => complaint !== null)
    if (found !== undefined) return found
  }
  return null
}

function blockComplaint(block: unknown, at: string): string | null {
  if (!isFields(block)) return `${at}: Input should be an object`
  if (block['type'] === 'text') return typeof block['text'] === 'string' && block['text'] !== '' ? null : `${at}.text: must be non-empty`
  if (block['type'] !== 'image') return `${at}.type: unexpected block`
  const source = block['source']
  if (!isFields(source) || source['type'] !== 'base64') return `${at}.source: base64 is expected`
  const mediaType = String(source['media_type'])
  if (!['image/jpeg', 'image/png', 'image/gif', 'image/webp'].includes(mediaType)) return `${at}.source.media_type: unsupported`
  const bytes = base64Bytes(source['data'])
  if (bytes === null) return `${at}.source.data: Invalid base64`
  if (String(source['data']).length > MAX_IMAGE_CHARS) return `${at}.source.base64: image exceeds 5 MB maximum`
  return looksLike(mediaType, bytes) ? null : `${at}.source.base64.data: Image does not match the provided media type ${mediaType}`
}

function imagesComplaint(body: Fields): string | null {
  const images = anthropicBlocks(body).filter(({ type }) => type === 'image')
  if (images.length > MAX_IMAGES) return `messages: too many images: ${images.length} > ${MAX_IMAGES}`
  const limit = images.length > MANY_IMAGES ? MAX_SIDE_PX_OF_MANY : MAX_SIDE_PX
  const sides = images.map(({ source }) => sideOf(source))
  return sides.some((side) => side > limit) ? `messages: image dimensions exceed max allowed size: ${limit} pixels` : null
}

function sideOf(source: unknown): number {
  const bytes = isFields(source) ? base64Bytes(source['data']) : null
  const size = bytes === null ? null : jpegSize(bytes)
  return size === null ? 0 : Math.max(size.width, size.height)
}

function formatComplaint(body: Fields): string | null {
  const config = body['output_config']
  if (config === undefined) return null
  if (!isFields(config)) return 'output_config: Input should be an object'
  const format = config['format']
  if (format === undefined) return null
  if (!isFields(format) || format['type'] !== 'json_schema') return 'output_config.format.type: json_schema is expected'
  return schemaComplaint(format['schema'], { keywords: SCHEMA_KEYWORDS, closedObjects: true }, 'output_config.format.schema')
}
