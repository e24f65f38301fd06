import type { AnalysisResult, VlmUsage } from '../../contracts/analysis.ts'
import { parseAnalysis } from '../../contracts/analysis-prompt.ts'
import type { AnalysisOutput, AnalysisRequest, VlmAnalyzer } from '../../contracts/analyzer.ts'
import { pluginError, type PluginError } from '../../contracts/errors.ts'
import { err, ok, type Result } from '../../contracts/result.ts'
import { fitPictures } from './fit-pictures.ts'
import { judgeQuestion, repairQuestion, type PromptConfig } from './questions.ts'
import { unlessStopped } from './unless-stopped.ts'
import type { Question, Reply, Tokens, VisionModel } from './vision-model.ts'

export interface ModelAnalyzerConfig extends PromptConfig {
  readonly model: string
  readonly price: { readonly prompt_usd_per_mtok: number; readonly completion_usd_per_mtok: number } | null
}

/** Has one model judge clips: asks, reads the answer as hostile input, has it repaired once, and adds up what it cost. */
export class ModelAnalyzer implements VlmAnalyzer {
  readonly #config: ModelAnalyzerConfig
  readonly #model: VisionModel
  readonly #closing = new AbortController()

  constructor(config: ModelAnalyzerConfig, model: VisionModel) {
    this.#config = config
    this.#model = model
  }

  analyze(request: AnalysisRequest, signal: AbortSignal): Promise<Result<AnalysisOutput, PluginError>> {
    return unlessStopped(signal, this.#closing.signal, (stop) => this.#judge(request, stop))
  }

  ping(signal: AbortSignal): Promise<Result<{ readonly model: string }, PluginError>> {
    return unlessStopped(signal, this.#closing.signal, async (stop) => {
      const answered = await this.#model.ping(stop)
      return answered.ok ? ok({ model: this.#config.model }) : answered
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
  }

  async #judge(request: AnalysisRequest, signal: AbortSignal): Promise<Result<AnalysisOutput, PluginError>> {
    const frames = this.#model.limits === null ? ok(request.frames) : fitPictures(request.frames, this.#model.limits)
    if (!frames.ok) return frames
    const question = judgeQuestion({ ...request, frames: frames.value }, this.#config)
    const first = await this.#ask(question, request, signal)
    if (!first.ok) return first
    const judged = this.#read(first.value)
    if (judged.ok) return ok({ analysis: judged.value, usage: this.#usage([first.value]) })
    if (first.value.truncated) return err(pluginError('invalid', 'the answer of the model was cut off; raise `max_tokens`'))

    const { activity_types } = this.#config
    const isEmpty = first.value.text.trim() === ''
    const again = isEmpty ? question : repairQuestion(first.value.text, judged.error, activity_types)
    const second = await this.#ask(again, request, signal)
    if (!second.ok) return second
    const repaired = this.#read(second.value)
    if (!repaired.ok) return err(pluginError('invalid', `the model twice gave an answer that does not fit: ${repaired.error}`))
    return ok({ analysis: repaired.value, usage: this.#usage([first.value, second.value]) })
  }

  /** Every answer is paid for, whether it is of use or not. */
  async #ask(question: Question, { onUsage }: Pick<AnalysisRequest, 'onUsage'>, signal: AbortSignal): Promise<Result<Reply, PluginError>> {
    const reply = await this.#model.ask(question, signal)
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
}
