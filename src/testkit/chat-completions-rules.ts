/** What a strict chat-completions server refuses, as OpenAI documents it. Pure: a request body in, the first complaint out. */

export interface ServerLimits {
  /** `response_format` types it knows. */
  readonly responseFormats: readonly string[]
  /** Only `max_completion_tokens`, and no `temperature`, as newer models want it. */
  readonly reasoningModel: boolean
}

export interface Complaint {
  readonly message: string
  readonly param: string
}

type Fields = Readonly<Record<string, unknown>>
const KNOWN_PARAMS = [
  'model',
  'messages',
  'response_format',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'stream',
  'seed',
  'store',
  'user',
]
// prettier-ignore
const SCHEMA_KEYWORDS = [
  'type', 'enum', 'const', 'properties', 'required', 'additionalProperties', 'items', 'anyOf', '$ref', '$defs', 'description', 'title',
  'pattern', 'format', 'multipleOf', 'maximum', 'minimum', 'exclusiveMaximum', 'exclusiveMinimum', 'minItems', 'maxItems',
]
const MAX_SCHEMA_DEPTH = 10

export function checkChatRequest(body: unknown, limits: ServerLimits): Complaint | null {
  if (!isFields(body)) return complaint('body', 'The body is not a JSON object.')
  const unknown = Object.keys(body).find((key) => !KNOWN_PARAMS.includes(key))
  if (unknown !== undefined) return complaint(unknown, `Unrecognized request argument supplied: ${unknown}`)
  if (typeof body['model'] !== 'string' || body['model'] === '') return complaint('model', 'You must provide a model parameter.')
  return checkMessages(body['messages']) ?? checkNumbers(body, limits) ?? checkResponseFormat(body, limits)
}

/** How many pictures the request carries. Only for requests that passed. */
export function countImages(body: unknown): number {
  return messageParts(body).filter((part) => part['type'] === 'image_url').length
}

/** All text of the request, joined. */
export function textOf(body: unknown): string {
  return messageParts(body)
    .map((part) => part['text'])
    .filter((text) => typeof text === 'string')
    .join('\n')
}

export function messageParts(body: unknown): Fields[] {
  const messages = isFields(body) && Array.isArray(body['messages']) ? body['messages'].filter(isFields) : []
  return messages.flatMap(({ content }) =>
    typeof content === 'string' ? [{ type: 'text', text: content }] : Array.isArray(content) ? content.filter(isFields) : [],
  )
}

function checkMessages(messages: unknown): Complaint | null {
  if (!Array.isArray(messages) || messages.length === 0) return complaint('messages', "Missing required parameter: 'messages'.")
  for (const [index, message] of messages.entries()) {
    const found = checkMessage(message, `messages[${index}]`)
    if (found !== null) return found
  }
  return null
}

function checkMessage(message: unknown, at: string): Complaint | null {
  if (!isFields(message)) return complaint(at, 'A message is an object.')
  const { role, content, ...rest } = message
  if (role !== 'system' && role !== 'user' && role !== 'assistant') return complaint(`${at}.role`, 'Unknown role.')
  if (Object.keys(rest).length > 0) return complaint(at, `Unknown key ${Object.keys(rest).join(', ')}.`)
  if (typeof content === 'string') return null
  if (!Array.isArray(content) || content.length === 0) return complaint(`${at}.content`, 'Expected a string or a list of parts.')
  for (const [index, part] of content.entries()) {
    const found = checkPart(part, role, `${at}.content[${index}]`)
    if (found !== null) return found
  }
  return null
}

function checkPart(part: unknown, role: string, at: string): Complaint | null {
  if (!isFields(part)) return complaint(at, 'A part is an object.')
  if (part['type'] === 'text') return typeof part['text'] === 'string' ? null : complaint(`${at}.text`, 'Expected a string.')
  if (part['type'] !== 'image_url') return complaint(`${at}.type`, 'Expected text or image_url.')
  if (role !== 'user') return complaint(at, 'Only user messages may carry pictures.')
  const image = part['image_url']
  if (!isFields(image) || typeof image['url'] !== 'string') return complaint(`${at}.image_url`, 'Expected an object with a url.')
  if (![undefined, 'low', 'high', 'auto'].some((detail) => detail === image['detail'])) return complaint(`${at}.detail`, 'Unknown detail.')
  return isJpegDataUrl(image['url']) ? null : complaint(`${at}.image_url.url`, 'You uploaded an unsupported image.')
}

function isJpegDataUrl(url: string): boolean {
  const base64 = /^data:image\/jpeg;base64,([A-Za-z0-9+/]+={0,2})$/.exec(url)?.[1]
  if (base64 === undefined || base64.length % 4 !== 0) return false
  const bytes = Buffer.from(base64, 'base64')
  return bytes.length > 4 && bytes.subarray(0, 3).toString('hex') === 'ffd8ff' && bytes.subarray(-2).toString('hex') === 'ffd9'
}

function checkNumbers(body: Fields, limits: ServerLimits): Complaint | null {
  for (const key of ['max_tokens', 'max_completion_tokens']) {
    const value = body[key]
    if (value !== undefined && !(Number.isInteger(value) && Number(value) > 0)) return complaint(key, 'Expected a positive integer.')
  }
  const temperature = body['temperature']
  if (temperature !== undefined && !(typeof temperature === 'number' && temperature >= 0 && temperature <= 2)) {
    return complaint('temperature', 'Expected a number from 0 to 2.')
  }
  if (!limits.reasoningModel) return null
  if ('max_tokens' in body) {
    return complaint(
      'max_tokens',
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    )
  }
  return 'temperature' in body
    ? complaint('temperature', "Unsupported value: 'temperature' does not support this value with this model.")
    : null
}

function checkResponseFormat(body: Fields, limits: ServerLimits): Complaint | null {
  const format = body['response_format']
  if (format === undefined) return null
  if (!isFields(format)) return complaint('response_format', 'Expected an object.')
  const type = String(format['type'])
  if (!limits.responseFormats.includes(type)) return complaint('response_format.type', `'response_format.type' ${type} is not supported.`)
  if (type === 'json_object' && !/json/i.test(textOf(body))) {
    return complaint('messages', "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.")
  }
  return type === 'json_schema' ? checkJsonSchemaFormat(format['json_schema']) : null
}

function checkJsonSchemaFormat(format: unknown): Complaint | null {
  const at = 'response_format.json_schema'
  if (!isFields(format)) return complaint(at, "Missing required parameter: 'response_format.json_schema'.")
  if (typeof format['name'] !== 'string' || !/^[a-zA-Z0-9_-]{1,64}$/.test(format['name'])) return complaint(`${at}.name`, 'Invalid name.')
  if (format['strict'] !== true) return null
  const schema = format['schema']
  if (!isFields(schema) || schema['type'] !== 'object') return complaint(`${at}.schema`, 'schema must be a JSON Schema of type "object".')
  return checkStrictSchema(schema, `${at}.schema`, 1)
}

function checkStrictSchema(schema: unknown, at: string, depth: number): Complaint | null {
  if (!isFields(schema)) return complaint(at, 'A schema is an object.')
  if (depth > MAX_SCHEMA_DEPTH) return complaint(at, 'The schema is nested too deeply.')
  const keyword = Object.keys(schema).find((key) => !SCHEMA_KEYWORDS.includes(key))
  if (keyword !== undefined) return complaint(at, `Invalid schema: '${keyword}' is not permitted.`)
  if (schema['type'] === 'array') return checkStrictSchema(schema['items'], `${at}.items`, depth + 1)
  if (schema['type'] !== 'object') return null
  const properties = isFields(schema['properties']) ? schema['properties'] : {}
  if (schema['additionalProperties'] !== false) return complaint(at, "'additionalProperties' is required to be supplied and to be false.")
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  const optional = Object.keys(properties).find((key) => !required.includes(key))
  if (optional !== undefined) return complaint(at, `'required' must include every key in properties. Missing '${optional}'.`)
  for (const [key, property] of Object.entries(properties)) {
    const found = checkStrictSchema(property, `${at}.${key}`, depth + 1)
    if (found !== null) return found
  }
  return null
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function complaint(param: string, message: string): Complaint {
  return { param, message }
}
