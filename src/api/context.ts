import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Access } from './access.ts'
import type { ApiDeps } from './deps.ts'
import type { EventStream } from './event-stream.ts'
import type { MediaScope, MediaTokens } from './media-token.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Absent: the key. */
    access?: Access
    /** Which kind of media link opens this route. */
    mediaScope?: MediaScope
  }
}

export type Api = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>

/** What the routes share. */
export interface ApiContext {
  readonly deps: ApiDeps
  /** Null: authentication is off, links need no token. */
  readonly mediaTokens: MediaTokens | null
  readonly eventStream: EventStream
  /** Aborts when the server closes. */
  readonly closing: AbortSignal
}

/** Longer than any healthy query, shorter than a person's patience. */
export const QUERY_TIMEOUT_MS = 5_000
/** For deleting and for the first byte from a storage: a cloud may take its time. */
export const STORAGE_TIMEOUT_MS = 20_000
