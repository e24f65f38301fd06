import { readFile } from 'node:fs/promises'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { isRetryable, messageOf, pluginError, type PluginError } from '../../../contracts/errors.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { attempt, err, ok, type Result } from '../../../contracts/result.ts'
import { retryDelayMs } from '../../../lib/retry.ts'
import { endpointOf, type S3Config } from './config.ts'
import { isUploadLost, toPluginError } from './s3-error.ts'

const ATTEMPTS = 4
const BACKOFF_MS = 250
/** Who asks us to wait longer than this is left to the pipeline, which tries the whole clip again later. */
const LONGEST_WAIT_MS = 5000
const CONNECT_WITHIN_MS = 10_000

export type S3Call<T> = (client: S3Client, options: { readonly abortSignal: AbortSignal }) => Promise<T>

/** The connection to one bucket: credentials, retries of single requests, and errors in our own words. */
export class S3Session {
  readonly config: S3Config
  readonly #host: Pick<PluginHost, 'clock' | 'secrets'>
  #clients: Clients | null = null

  constructor(config: S3Config, host: Pick<PluginHost, 'clock' | 'secrets'>) {
    this.config = config
    this.#host = host
  }

  /** Makes one request, and makes it again a few times while that can help. */
  call<T>(signal: AbortSignal, request: S3Call<T>, attempts = ATTEMPTS): Promise<Result<T, PluginError>> {
    return this.#call('transfer', { signal, attempts }, request)
  }

  /** The same for an answer that a reader may take as slowly as it likes, as players do; only its beginning has to come in time. */
  callForReader<T>(signal: AbortSignal, request: S3Call<T>): Promise<Result<T, PluginError>> {
    return this.#call('playback', { signal, attempts: ATTEMPTS }, request)
  }

  close(): void {
    this.#clients?.transfer.destroy()
    this.#clients?.playback.destroy()
  }

  async #call<T>(
    use: keyof Clients,
    { signal, attempts }: { readonly signal: AbortSignal; readonly attempts: number },
    request: S3Call<T>,
  ): Promise<Result<T, PluginError>> {
    const clients = await this.#connect()
    if (!clients.ok) return clients
    for (let tried = 1; ; tried += 1) {
      const done = await this.#once(signal, () => request(clients.value[use], { abortSignal: signal }))
      if (done.ok || tried >= attempts || !isRetryable(done.error.kind) || isUploadLost(done.error.cause)) return done
      const wait = retryDelayMs(tried + 1, BACKOFF_MS, Math.random(), { atLeastMs: done.error.retryAfterMs ?? 0 })
      if (wait > LONGEST_WAIT_MS) return done
      await this.#host.clock.sleep(wait, signal)
    }
  }

  #once<T>(signal: AbortSignal, request: () => Promise<T>): Promise<Result<T, PluginError>> {
    return attempt(
      async () => {
        signal.throwIfAborted()
        return await request()
      },
      (cause) =>
        signal.aborted
          ? pluginError('cancelled', 'storage operation cancelled', cause)
          : toPluginError(cause, this.config, this.#host.clock.now()),
    )
  }

  async #connect(): Promise<Result<Clients, PluginError>> {
    if (this.#clients !== null) return ok(this.#clients)
    const accessKeyId = this.#secret('access_key_id_env', this.config.access_key_id_env)
    if (!accessKeyId.ok) return accessKeyId
    const secretAccessKey = this.#secret('secret_access_key_env', this.config.secret_access_key_env)
    if (!secretAccessKey.ok) return secretAccessKey
    const sessionToken = this.config.session_token_env === null ? null : this.#secret('session_token_env', this.config.session_token_env)
    if (sessionToken?.ok === false) return sessionToken
    const ca = await this.#readCa()
    if (!ca.ok) return ca
    const token = sessionToken === null ? {} : { sessionToken: sessionToken.value }
    // Two first calls at once may both get here.
    this.#clients ??= createClients(
      this.config,
      { accessKeyId: accessKeyId.value, secretAccessKey: secretAccessKey.value, ...token },
      ca.value,
    )
    return ok(this.#clients)
  }

  #secret(setting: string, envName: string): Result<string, PluginError> {
    const value = this.#host.secrets.get(envName)
    if (value === undefined) return err(pluginError('rejected', `the environment variable ${envName} (${setting}) is not set`))
    // It goes into a header, where a line break from a careless copy is an error that quotes it.
    const clean = /^[\x21-\x7e]+$/.test(value)
    return clean ? ok(value) : err(pluginError('rejected', `${envName} (${setting}) has a blank, a line break or a special character`))
  }

  #readCa(): Promise<Result<Buffer | null, PluginError>> {
    const path = this.config.ca_file
    return attempt(
      async () => (path === null ? null : await readFile(path)),
      (cause) => pluginError('rejected', `ca_file cannot be read: ${messageOf(cause)}`, cause),
    )
  }
}

interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

interface Clients {
  /** Gives up when the server falls silent. */
  readonly transfer: S3Client
  /** Gives up when no answer begins. */
  readonly playback: S3Client
}

function createClients(config: S3Config, credentials: Credentials, ca: Buffer | null): Clients {
  const timeoutMs = config.timeout_s * 1000
  const agents = {
    connectionTimeout: CONNECT_WITHIN_MS,
    httpAgent: new HttpAgent({ keepAlive: true }),
    httpsAgent: new HttpsAgent({ keepAlive: true, ...(ca === null ? {} : { ca }) }),
  }
  const common = { ...commonSettings(config), credentials }
  return {
    transfer: new S3Client({ ...common, requestHandler: { ...agents, socketTimeout: timeoutMs } }),
    playback: new S3Client({
      ...common,
      requestHandler: { ...agents, socketTimeout: 0, requestTimeout: timeoutMs, throwOnRequestTimeout: true },
    }),
  }
}

function commonSettings(config: S3Config): S3ClientConfig {
  return {
    endpoint: endpointOf(config),
    region: config.region,
    forcePathStyle: config.force_path_style ?? config.endpoint !== null,
    // Stated, since the SDK would look for them in the environment and in files of the home folder.
    defaultsMode: 'standard',
    retryMode: 'standard',
    // The session retries: it stops at the signal, and hands long waits on.
    maxAttempts: 1,
    followRegionRedirects: false,
    // The newer kinds of checksum are unknown to many services; each body has its MD5 and is signed with its SHA-256.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  }
}
