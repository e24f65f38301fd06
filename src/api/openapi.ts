import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import type { FastifySchema } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { ProblemSchema } from '../contracts/api/problem.ts'

/** How the routes become one OpenAPI document. Its version is that of the API, not of the program. */
export const openApiOptions: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'HomeSec',
      version: '1',
      description: 'Clips, cameras and health of one HomeSec. docs/api.md explains the error codes.',
    },
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' }, header: { type: 'apiKey', in: 'header', name: 'X-API-Key' } },
    },
    security: [{ bearer: [] }, { header: [] }],
  },
  transform: jsonSchemaTransform,
  transformObject: (document) => {
    const openApi = jsonSchemaTransformObject(document)
    // Each named schema comes twice, as output and as input; no route takes a named one as input.
    const schemas: object = ('components' in openApi && openApi.components.schemas) || {}
    for (const name of Object.keys(schemas)) if (name.endsWith('Input')) Reflect.deleteProperty(schemas, name)
    return openApi
  },
}

const PROBLEM_RESPONSE = { description: 'A problem, RFC 9457', content: { 'application/problem+json': { schema: ProblemSchema } } }

/** Every route can fail, so every route says how failures look. */
export function withProblemResponse(schema: FastifySchema): void {
  const declared = typeof schema.response === 'object' ? schema.response : {}
  schema.response = { ...declared, default: PROBLEM_RESPONSE }
}
