import { setMaxListeners } from 'node:events'
import { codeOf, messageOf, pluginError, type ErrorKind, type PluginError } from '../contracts/errors.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import { isLoopback } from '../lib/loopback.ts'
import { buildApp, type RouteInfo } from './app.ts'
import type { ApiContext } from './context.ts'
import type { ApiDeps, ApiOptions } from './deps.ts'
import { createEventStream } from './event-stream.ts'
import { createMediaTokens } from './media-token.ts'

export interface ApiServer extends AsyncDisposable {
  /** Where it listens, e.g. `http://127.0.0.1:8081`. */
  readonly url: string
  readonly routes: readonly RouteInfo[]
}

/**
 * Serves HTTP until disposed; disposal cuts streams under way and is prompt.
 *
 * @returns `unavailable` when the port is taken, `rejected` when the address cannot be had or would be open to the network without a key.
 */
export async function startApi(deps: ApiDeps, options: ApiOptions): Promise<Result<ApiServer, PluginError>> {
  if (!options.auth.enabled && !options.allowInsecure && !isLoopback(options.host)) {
    return err(pluginError('rejected', `without authentication the API listens on 127.0.0.1 only, not on ${options.host}; ${ADVICE_OPEN}`))
  }
  const closing = new AbortController()
  setMaxListeners(0, closing.signal)
  const eventStream = createEventStream(deps)
  const { apiKey, enabled } = options.auth
  const mediaTokens = enabled && apiKey !== null && apiKey !== '' ? createMediaTokens(apiKey, deps.clock) : null
  const context: ApiContext = { deps, mediaTokens, eventStream, closing: closing.signal }
  const { app, routes } = await buildApp(context, options)

  const close = async () => {
    closing.abort()
    await eventStream[Symbol.asyncDispose]()
    await app.close()
  }
  try {
    const url = await app.listen({ host: options.host, port: options.port })
    deps.log.info({ event_type: 'api_listening', url }, 'API listens')
    return ok({ url, routes, [Symbol.asyncDispose]: close })
  } catch (cause) {
    await close()
    return err(listenError(cause, options))
  }
}

const ADVICE_OPEN = 'turn server.auth.enabled on, or set server.allow_insecure: true if the network is trusted'

const LISTEN_ERRORS: Readonly<Record<string, readonly [ErrorKind, string]>> = {
  EADDRINUSE: ['unavailable', 'is in use by another program; stop that one or change server.port'],
  EACCES: ['rejected', 'is not allowed for this user; choose a server.port above 1023'],
  EADDRNOTAVAIL: ['rejected', 'is no address of this machine; change server.host'],
  ENOTFOUND: ['rejected', 'cannot be resolved; change server.host'],
}

function listenError(cause: unknown, { host, port }: ApiOptions): PluginError {
  const [kind, advice] = LISTEN_ERRORS[codeOf(cause)] ?? ['unavailable', `cannot be listened on: ${messageOf(cause)}`]
  return pluginError(kind, `${host}:${port} ${advice}`, cause)
}
