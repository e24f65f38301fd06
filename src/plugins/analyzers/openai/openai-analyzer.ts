import type { AnalysisResult, VlmUsage } from '../../../contracts/analysis.ts'
import { parseAnalysis } from '../../../contracts/analysis-prompt.ts'
import type { AnalysisOutput, AnalysisRequest, VlmAnalyzer } from '../../../contracts/analyzer.ts'
import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import { ChatClient, type ChatClientConfig } from './chat-client.ts'
import { judgeMessages, repairMessages, type Message, type PromptConfig } from './messages.ts'
import type { Reply, Tokens } from './reply.ts'

export interface OpenaiConfig extends ChatClientConfig, PromptConfig {
  readonly price: { readonly prompt_usd_per_mtok: number; readonly completion_usd_per_mtok: number } | null
}

export function createOpenaiAnalyzer(config: OpenaiConfig, apiKey: string | null, host: Pick<PluginHost, 'clock' | 'log'>): VlmAnalyzer {
  return new OpenaiAnalyzer(config, new ChatClient(config, apiKey, host))
}

class OpenaiAnalyzer implements VlmAnalyzer {
  readonly #config: OpenaiConfig
  readonly #chat: ChatClient
  readonly #closing = new AbortController()

  constructor(config: OpenaiConfig, chat: ChatClient) {
    this.#config = config
    this.#chat = chat
  }

  analyze(request: AnalysisRequest, signal: AbortSignal): Promise<Result<AnalysisOutput, PluginError>> {
    return this.#unlessStopped(signal, (stop) => this.#judge(request, stop))
  }

  ping(signal: AbortSignal): Promise<Result<{ readonly model: string }, PluginError>> {
    return this.#unlessStopped(signal, async (stop) => {
      const answered = await this.#chat.ping(stop)
      return answered.ok ? ok({ model: this.#config.model }) : answered
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
  }

  async #judge(request: AnalysisRequest, signal: AbortSignal): Promise<Result<AnalysisOutput, PluginError>> {
    const messages = judgeMessages(request, this.#config)
    const first = await this.#ask(messages, request, signal)
    if (!first.ok) return first
    const judged = this.#read(first.value)
    if (judged.ok) return ok({ analysis: judged.value, usage: this.#usage([first.value]) })
    if (first.value.truncated) return err(pluginError('invalid', 'the answer of the model was cut off; raise `max_tokens`'))

    const { activity_types } = this.#config
    const isEmpty = first.value.text.trim() === ''
    const again = isEmpty ? messages : repairMessages(first.value.text, judged.error, activity_types)
    const second = await this.#ask(again, request, signal)
    if (!second.ok) return second
    const repaired = this.#read(second.value)
    if (!repaired.ok) return err(pluginError('invalid', `the model twice gave an answer that does not fit: ${repaired.error}`))
    return ok({ analysis: repaired.value, usage: this.#usage([first.value, second.value]) })
  }

  /** Every answer is paid for, whether it is of use or not. */
  async #ask(
    messages: readonly Message[],
    { onUsage }: Pick<AnalysisRequest, 'onUsage'>,
    signal: AbortSignal,
  ): Promise<Result<Reply, PluginError>> {
    const reply = await this.#chat.complete(messages, signal)
    if (!reply.ok) return reply
    onUsage?.(this.#usage([reply.value]))
    return reply.value.refused ? err(pluginError('invalid', 'the model refused to judge this clip')) : reply
  }

  #read(reply: Reply): Result<AnalysisResult, string> {
    return parseAnalysis(reply.text, this.#config.activity_types)
  }

  #usage(replies: readonly Reply[]): VlmUsage {
    const counted = replies.map((reply) => reply.tokens).filter((tokens) => tokens !== null)
    const sum = (key: keyof Tokens) => counted.reduce((total, tokens) => total + tokens[key], 0)
    const prompt_tokens = sum('prompt_tokens')
    const completion_tokens = sum('completion_tokens')
    const { model, price } = this.#config
    // A server that does not count leaves the cost unknown, not zero.
    const isKnown = price !== null && counted.length === replies.length
    const cost_usd = isKnown ? (prompt_tokens * price.prompt_usd_per_mtok + completion_tokens * price.completion_usd_per_mtok) / 1e6 : null
    return { model, prompt_tokens, completion_tokens, cost_usd }
  }

  /** Runs `work` with a signal that also aborts when the analyzer is closed; whatever an aborted call returns, it was cancelled. */
  async #unlessStopped<T>(
    signal: AbortSignal,
    work: (stop: AbortSignal) => Promise<Result<T, PluginError>>,
  ): Promise<Result<T, PluginError>> {
    const stop = new AbortController()
    const abort = () => stop.abort()
    if (signal.aborted || this.#closing.signal.aborted) return err(cancelled())
    signal.addEventListener('abort', abort)
    this.#closing.signal.addEventListener('abort', abort)
    try {
      const result = await work(stop.signal)
      return result.ok || !stop.signal.aborted ? result : err(cancelled())
    } finally {
      signal.removeEventListener('abort', abort)
      this.#closing.signal.removeEventListener('abort', abort)
    }
  }
}

function cancelled(): PluginError {
  return pluginError('cancelled', 'the judgement was cancelled')
}
