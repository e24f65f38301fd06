import { isFields, type BotRequest } from './telegram-rules.ts'

export type ChatState =
  | { readonly is: 'open'; readonly threads?: readonly number[] }
  | { readonly is: 'blocked' }
  | { readonly is: 'kicked' }
  | { readonly is: 'read_only' }
  | { readonly is: 'migrated'; readonly to: number }

/** A message as the people in the chat see it. */
export interface ShownMessage {
  readonly message_id: number
  readonly chat_id: string
  readonly thread_id: number | null
  readonly kind: 'text' | 'photo'
  readonly text: string
  readonly entities: unknown
  readonly button: string | null
  readonly silent: boolean
  readonly edits: number
}

type Answer =
  | { readonly result: unknown }
  | { readonly error_code: number; readonly description: string; readonly parameters?: { readonly migrate_to_chat_id: number } }

const FORBIDDEN = {
  blocked: 'bot was blocked by the user',
  kicked: 'bot was kicked from the supergroup chat',
} as const

/** The chats of one bot and what stands in them. */
export class TelegramChats {
  readonly messages: ShownMessage[] = []
  readonly #chats: Map<string, ChatState>
  readonly #tooOld = new Set<number>()
  #lastId = 100

  constructor(chats: Readonly<Record<string, ChatState>>) {
    this.#chats = new Map(Object.entries(chats))
  }

  set(id: string, state: ChatState): void {
    this.#chats.set(id, state)
  }

  age(): void {
    for (const { message_id } of this.messages) this.#tooOld.add(message_id)
  }

  /** Serves a request that keeps the documented format. */
  serve({ method, params }: BotRequest): Answer {
    if (method === 'getMe') return { result: { id: 1, is_bot: true, first_name: 'HomeSec', username: 'homesec_bot' } }
    const id = String(params['chat_id'])
    const chat = this.#chats.get(id)
    if (chat === undefined) return refused(400, 'Bad Request: chat not found')
    if (method === 'getChat') return { result: { id: Number(id), type: 'group', title: 'Home' } }
    if (chat.is === 'blocked' || chat.is === 'kicked') return refused(403, `Forbidden: ${FORBIDDEN[chat.is]}`)
    if (chat.is === 'read_only') return refused(400, 'Bad Request: not enough rights to send text messages to the chat')
    if (chat.is === 'migrated') {
      return {
        error_code: 400,
        description: 'Bad Request: group chat was upgraded to a supergroup chat',
        parameters: { migrate_to_chat_id: chat.to },
      }
    }
    if (method.startsWith('send')) return this.#send(method, id, params, chat.threads ?? [])
    return method === 'deleteMessage' ? this.#delete(id, params) : this.#edit(method, id, params)
  }

  #send(method: string, chat_id: string, params: BotRequest['params'], threads: readonly number[]): Answer {
    const thread = params['message_thread_id']
    if (thread !== undefined && !threads.includes(Number(thread))) return refused(400, 'Bad Request: message thread not found')
    this.#lastId += 1
    const message = {
      message_id: this.#lastId,
      chat_id,
      thread_id: thread === undefined ? null : Number(thread),
      kind: method === 'sendPhoto' ? ('photo' as const) : ('text' as const),
      ...contentOf(params),
      silent: params['disable_notification'] === true,
      edits: 0,
    }
    this.messages.push(message)
    return { result: message }
  }

  #edit(method: string, chatId: string, params: BotRequest['params']): Answer {
    const index = this.#find(chatId, params)
    const message = this.messages[index]
    if (message === undefined) return refused(400, 'Bad Request: message to edit not found')
    const wanted = method === 'editMessageText' ? 'text' : 'photo'
    if (message.kind !== wanted) {
      return refused(400, `Bad Request: there is no ${wanted === 'text' ? 'text' : 'caption'} in the message to edit`)
    }
    const content = contentOf(params)
    if (content.text === message.text && content.button === message.button) {
      return refused(
        400,
        'Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message',
      )
    }
    this.messages[index] = { ...message, ...content, edits: message.edits + 1 }
    return { result: this.messages[index] }
  }

  #delete(chatId: string, params: BotRequest['params']): Answer {
    const index = this.#find(chatId, params)
    const message = this.messages[index]
    if (message === undefined) return refused(400, 'Bad Request: message to delete not found')
    if (this.#tooOld.has(message.message_id)) return refused(400, "Bad Request: message can't be deleted for everyone")
    this.messages.splice(index, 1)
    return { result: true }
  }

  #find(chatId: string, params: BotRequest['params']): number {
    return this.messages.findIndex(({ message_id, chat_id }) => message_id === params['message_id'] && chat_id === chatId)
  }
}

/** An edit without a keyboard takes the keyboard away. */
function contentOf(params: BotRequest['params']): Pick<ShownMessage, 'text' | 'entities' | 'button'> {
  const { text, caption, entities, caption_entities } = params
  const words = text ?? caption
  return {
    text: typeof words === 'string' ? words : '',
    entities: entities ?? caption_entities ?? [],
    button: buttonUrl(params['reply_markup']),
  }
}

function buttonUrl(markup: unknown): string | null {
  const rows = isFields(markup) ? markup['inline_keyboard'] : undefined
  const button: unknown = Array.isArray(rows) ? rows.flat()[0] : undefined
  return isFields(button) && typeof button['url'] === 'string' ? button['url'] : null
}

function refused(error_code: number, description: string): Answer {
  return { error_code, description }
}
