import { checkChatRequest, countImages, isFields, textOf, type ServerLimits } from './chat-completions-rules.ts'
import { startModelApi, type Completion, type ModelApiServer } from './model-api-server.ts'

export interface ChatServerOptions extends Partial<ServerLimits> {
  /** The bearer it insists on; null: it lets everyone in. */
  readonly apiKey?: string | null
  /** Status of `GET /models`. */
  readonly modelsStatus?: number
}

const MAX_BODY_BYTES = 64 * 1024 * 1024

/** A server that speaks the chat-completions wire format on a free port, and refuses requests that break it. */
export function startChatCompletionsServer(options: ChatServerOptions = {}): Promise<ModelApiServer> {
  const { apiKey = 'sk-test', modelsStatus = 200 } = options
  const limits: ServerLimits = {
    responseFormats: options.responseFormats ?? ['text', 'json_object', 'json_schema'],
    reasoningModel: options.reasoningModel ?? false,
  }
  return startModelApi({
    basePath: '/v1',
    isModelRoute: (path) => path === '/v1/chat/completions',
    authorise({ authorization = 'none' }, path) {
      // A real server names the key it got, which is why nobody may show its words.
      if (apiKey !== null && authorization !== `Bearer ${apiKey}`) {
        return { status: 401, message: `Incorrect API key provided: ${authorization}` }
      }
      return path === '/v1/models' && modelsStatus !== 200 ? { status: modelsStatus, message: 'As configured.' } : null
    },
    read: (path) =>
      path === '/v1/models' ? { object: 'list', data: [{ id: 'test-model', object: 'model', created: 1, owned_by: 'test' }] } : null,
    check(body, bytes) {
      const complaint = checkChatRequest(bytes > MAX_BODY_BYTES ? undefined : body, limits)
      return complaint === null ? null : { status: 400, ...complaint }
    },
    describe: (body) => ({ images: countImages(body), text: textOf(body) }),
    completion: (answer, body) => ({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1767225600,
      model: isFields(body) ? body['model'] : null,
      choices: [{ index: 0, logprobs: null, ...choiceOf(answer) }],
      ...(answer.counts ? { usage: { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 } } : {}),
    }),
    failure: ({ code, message = 'As scripted.', param }) => ({
      error: { message, type: 'invalid_request_error', param: param ?? null, code: code ?? null },
    }),
  })
}

function choiceOf({ text, end }: Completion): object {
  const said = end === 'refused' ? { content: null, refusal: "I'm sorry, I cannot help with that." } : { content: text, refusal: null }
  return { message: { role: 'assistant', ...said }, finish_reason: end === 'truncated' ? 'length' : 'stop' }
}
