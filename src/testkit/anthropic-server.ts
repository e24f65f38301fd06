import { anthropicBlocks, anthropicComplaint, anthropicText } from './anthropic-rules.ts'
import { isFields } from './json-schema-rules.ts'
import { startModelApi, type Failure, type ModelApiServer } from './model-api-server.ts'

export interface AnthropicServerOptions {
  readonly apiKey?: string
  readonly models?: readonly string[]
  readonly refusesTemperature?: boolean
}

/** https://platform.claude.com/docs/en/api/errors */
const ERROR_TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}
const MAX_BODY_BYTES = 32 * 1024 * 1024
const STOP_REASONS = { complete: 'end_turn', refused: 'refusal', truncated: 'max_tokens' } as const

/** Anthropic's Messages API on a free port. A request that breaks the documented format is refused as the real one refuses it. */
export function startAnthropicServer(options: AnthropicServerOptions = {}): Promise<ModelApiServer> {
  const { apiKey = 'sk-ant-test', models = ['test-model'], refusesTemperature = false } = options
  return startModelApi({
    basePath: '/v1',
    isModelRoute: (path) => path === '/v1/messages',
    authorise(headers) {
      if (headers['x-api-key'] !== apiKey) return { status: 401, message: `invalid x-api-key: ${String(headers['x-api-key'])}` }
      return headers['anthropic-version'] === '2023-06-01' ? null : { status: 400, message: 'anthropic-version: header is required' }
    },
    read(path) {
      const model = models.find((name) => path === `/v1/models/${name}`)
      return model === undefined ? null : { type: 'model', id: model, display_name: model, created_at: '2026-01-01T00:00:00Z' }
    },
    check(body, bytes) {
      if (bytes > MAX_BODY_BYTES) return { status: 413, message: 'Request exceeds the maximum size' }
      const complaint = anthropicComplaint(body, { refusesTemperature })
      if (complaint !== null) return { status: 400, message: complaint }
      return isFields(body) && models.includes(String(body['model'])) ? null : { status: 404, message: 'model: unknown' }
    },
    describe: (body) => ({ images: anthropicBlocks(body).filter(({ type }) => type === 'image').length, text: anthropicText(body) }),
    completion: ({ text, end, counts }, body) => ({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: isFields(body) ? body['model'] : null,
      content: end === 'refused' ? [] : [{ type: 'text', text }],
      stop_reason: STOP_REASONS[end],
      stop_sequence: null,
      ...(counts ? { usage: { input_tokens: 1000, output_tokens: 100 } } : {}),
    }),
    failure: ({ status, code, message = 'As scripted.' }: Failure) => ({
      type: 'error',
      error: { type: code ?? ERROR_TYPES[status] ?? 'invalid_request_error', message },
      request_id: 'req_1',
    }),
  })
}
