import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { isLoopback } from '../lib/loopback.ts'
import { decideAccess, hostName, proofOfKey, type Proof } from './access.ts'
import type { ApiContext } from './context.ts'
import type { ApiOptions } from './deps.ts'
import type { MediaScope, MediaTokens } from './media-token.ts'
import { sendProblem } from './problems.ts'

const IdSchema = z.object({ id: z.string() })
const TokenSchema = z.object({ token: z.string() })

/** Runs before every route, the unknown ones too. A route is closed unless its own config opens it. */
export function guard({ mediaTokens }: Pick<ApiContext, 'mediaTokens'>, options: ApiOptions) {
  const { auth } = options
  // DNS rebinding: without a key, the host name is all that tells a page on the web from the owner's own browser.
  const onlyLoopbackHosts = !auth.enabled && isLoopback(options.host) && !options.allowInsecure

  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    if (onlyLoopbackHosts && !isLoopback(hostName(request.headers.host))) return sendProblem(reply, 'HOST_REJECTED')
    const { access = 'key', mediaScope } = request.routeOptions.config
    const refusal = decideAccess({
      access,
      authEnabled: auth.enabled,
      keyConfigured: auth.apiKey !== null && auth.apiKey !== '',
      key: proofOfKey(request.headers, auth.apiKey),
      token: access === 'media' ? proofOfToken(request, mediaTokens, mediaScope) : 'absent',
    })
    return refusal === null ? undefined : sendProblem(reply, refusal)
  }
}

function proofOfToken(request: FastifyRequest, tokens: MediaTokens | null, scope: MediaScope | undefined): Proof {
  const query = TokenSchema.safeParse(request.query)
  if (!query.success) return 'absent'
  const params = IdSchema.safeParse(request.params)
  if (tokens === null || scope === undefined || !params.success) return 'wrong'
  return tokens.verify(query.data.token, params.data.id, scope) ? 'right' : 'wrong'
}
