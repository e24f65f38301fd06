import { googleComplaint, googleParts, googleText } from './google-rules.ts'
import { startModelApi, type Completion, type Failure, type ModelApiServer } from './model-api-server.ts'

export interface GoogleServerOptions {
  readonly apiKey?: string
  readonly models?: readonly string[]
}

/** https://ai.google.dev/gemini-api/docs/generate-content/api-errors */
const STATUSES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  402: 'RESOURCE_EXHAUSTED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}
const MAX_BODY_BYTES = 20_000_000

export function retryInfo(retryDelay: string): object {
  return { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay }
}

export function errorInfo(reason: string): object {
  return { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com' }
}

/** Google's Gemini API on a free port. A request that breaks the documented format is refused as the real one refuses it. */
export function startGoogleServer(options: GoogleServerOptions = {}): Promise<ModelApiServer> {
  const { apiKey = 'AIza-test', models = ['test-model'] } = options
  const modelAt = (path: string, suffix = '') => models.find((name) => path === `/v1beta/models/${name}${suffix}`)
  return startModelApi({
    basePath: '/v1beta',
    isModelRoute: (path) => modelAt(path, ':generateContent') !== undefined,
    authorise(headers) {
      const key = headers['x-goog-api-key']
      if (key === undefined) return { status: 403, message: 'Method does not allow unregistered callers.' }
      if (key === apiKey) return null
      return { status: 400, message: `API key not valid: ${String(key)}`, details: [errorInfo('API_KEY_INVALID')] }
    },
    read(path) {
      const model = modelAt(path)
      return model === undefined ? null : { name: `models/${model}`, supportedGenerationMethods: ['generateContent'] }
    },
    check(body, bytes) {
      if (bytes > MAX_BODY_BYTES) return { status: 400, message: 'Request payload size exceeds the limit: 20000000 bytes.' }
      const complaint = googleComplaint(body)
      return complaint === null ? null : { status: 400, message: complaint }
    },
    describe: (body) => ({ images: googleParts(body).filter((part) => 'inlineData' in part).length, text: googleText(body) }),
    completion: (answer) => ({
      ...outcome(answer),
      modelVersion: 'test-model',
      responseId: 'r1',
      ...(answer.counts
        ? { usageMetadata: { promptTokenCount: 1000, candidatesTokenCount: 60, thoughtsTokenCount: 40, totalTokenCount: 1100 } }
        : {}),
    }),
    failure: ({ status, code, message = 'As scripted.', details }: Failure) => ({
      error: { code: status, message, status: code ?? STATUSES[status] ?? 'UNKNOWN', ...(details === undefined ? {} : { details }) },
    }),
  })
}

/** A blocked prompt has no candidates; https://ai.google.dev/api/generate-content#PromptFeedback */
function outcome({ text, end }: Completion): object {
  if (end === 'refused') return { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } }
  const finishReason = end === 'truncated' ? 'MAX_TOKENS' : 'STOP'
  return { candidates: [{ index: 0, finishReason, content: { role: 'model', parts: [{ text }] } }] }
}
