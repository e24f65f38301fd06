import { join } from 'node:path'
import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { attempt, err, ok, type Result } from '../../../contracts/result.ts'
import { orAborted } from '../../../lib/deadline.ts'
import { resolveModel } from './model-list.ts'
import { pullModel } from './pull-model.ts'

export interface ResolvedModel {
  readonly name: string
  readonly path: string
}

/** Has the configured model ready: finds it, or fetches it once for all who wait. */
export class ModelStore implements AsyncDisposable {
  readonly #model: string
  readonly #host: Pick<PluginHost, 'log' | 'dirs'>
  readonly #downloads: { readonly baseUrl?: string }
  readonly #closed = new AbortController()
  #pulling: Promise<Result<ResolvedModel, PluginError>> | null = null

  constructor(model: string, host: Pick<PluginHost, 'log' | 'dirs'>, downloads: { readonly baseUrl?: string }) {
    this.#model = model
    this.#host = host
    this.#downloads = downloads
  }

  async ready(signal: AbortSignal): Promise<Result<ResolvedModel, PluginError>> {
    const place = await resolveModel(this.#model, join(this.#host.dirs.data, 'models'))
    if (!place.ok) return place
    if (place.value.missing === null) return ok({ name: place.value.name, path: place.value.path })
    // A caller that gives up leaves the download to the others: it ends with the filter, not with the clip.
    this.#pulling ??= this.#pull().finally(() => (this.#pulling = null))
    const pulled = await attempt(
      () => orAborted(this.#pulling ?? this.#pull(), signal),
      () => pluginError('cancelled', 'the detection was stopped'),
    )
    return pulled.ok ? pulled.value : err(pulled.error)
  }

  async #pull(): Promise<Result<ResolvedModel, PluginError>> {
    const { log, dirs } = this.#host
    log.info({ event_type: 'model_download_started', model: this.#model }, 'downloading the detection model')
    const pulled = await pullModel(this.#model, join(dirs.data, 'models'), { signal: this.#closed.signal, ...this.#downloads })
    if (!pulled.ok) {
      log.warn({ event_type: 'model_download_failed', model: this.#model, error: pulled.error.message }, 'no detection model')
      return pulled
    }
    log.info({ event_type: 'model_downloaded', model: this.#model }, 'the detection model is there')
    return ok({ name: this.#model, path: pulled.value })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
    await this.#pulling
  }
}
