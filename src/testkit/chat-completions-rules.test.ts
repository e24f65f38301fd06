import { describe, expect, test } from 'vitest'
import { TINY_JPEG } from './analyzer-contract.ts'
import { checkChatRequest, countImages, type ServerLimits } from './chat-completions-rules.ts'

const limits: ServerLimits = { responseFormats: ['text', 'json_object', 'json_schema'], reasoningModel: false }
const jpegUrl = `data:image/jpeg;base64,${Buffer.from(TINY_JPEG).toString('base64')}`
const image = (url: string) => ({ type: 'image_url', image_url: { url } })
const user = (...content: object[]) => ({ messages: [{ role: 'user', content }] })
const schema = (changes: object, outer: object = {}) => ({
  response_format: {
    type: 'json_schema',
    json_schema: {
      name: 'x',
      strict: true,
      schema: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false, ...changes },
      ...outer,
    },
  },
})
const complaintAbout = (changes: object) =>
  checkChatRequest({ model: 'm', messages: [{ role: 'user', content: 'hi' }], ...changes }, limits)?.param ?? null

describe('the strict server accepts', () => {
  test.each([
    ['text', {}],
    ['a labelled picture', user({ type: 'text', text: '00:00:01.00' }, image(jpegUrl))],
    ['a strict schema', schema({})],
    ['a loose schema', schema({ required: [] }, { strict: false })],
    ['JSON mode where JSON is asked for', { messages: [{ role: 'user', content: 'as JSON' }], response_format: { type: 'json_object' } }],
  ])('%s', (_name, changes) => {
    expect(complaintAbout(changes)).toBeNull()
  })

  test('and counts pictures', () => {
    expect(countImages(user(image(jpegUrl), { type: 'text', text: 'x' }, image(jpegUrl)))).toBe(2)
  })
})

describe('the strict server refuses', () => {
  const png = `data:image/png;base64,${Buffer.from(TINY_JPEG).toString('base64')}`
  test.each([
    ['no model', { model: undefined }, 'model'],
    ['no messages', { messages: undefined }, 'messages'],
    ['empty messages', { messages: [] }, 'messages'],
    ['an unknown role', { messages: [{ role: 'robot', content: 'x' }] }, 'messages[0].role'],
    ['no content', { messages: [{ role: 'user' }] }, 'messages[0].content'],
    ['an unknown part', user({ type: 'video_url' }), 'messages[0].content[0].type'],
    ['another kind of picture', user(image(png)), 'messages[0].content[0].image_url.url'],
    ['a picture by address', user(image('http://example.com/a.jpg')), 'messages[0].content[0].image_url.url'],
    ['bytes that are no JPEG', user(image('data:image/jpeg;base64,AAAAAAAAAAAA')), 'messages[0].content[0].image_url.url'],
    ['a JPEG that is cut off', user(image(jpegUrl.slice(0, 120))), 'messages[0].content[0].image_url.url'],
    ['a picture from the system', { messages: [{ role: 'system', content: [image(jpegUrl)] }] }, 'messages[0].content[0]'],
    ['an unknown argument', { max_token: 5 }, 'max_token'],
    ['a limit of nothing', { max_tokens: 0 }, 'max_tokens'],
    ['too hot a temperature', { temperature: 3 }, 'temperature'],
    ['an unknown format', { response_format: { type: 'yaml' } }, 'response_format.type'],
    ['JSON mode without the word', { response_format: { type: 'json_object' } }, 'messages'],
    ['a schema without a name', schema({}, { name: '' }), 'response_format.json_schema.name'],
    ['a schema that is a list', schema({ type: 'array', items: {} }), 'response_format.json_schema.schema'],
    ['a schema open to more keys', schema({ additionalProperties: true }), 'response_format.json_schema.schema'],
    ['a schema with an optional key', schema({ required: [] }), 'response_format.json_schema.schema'],
    [
      'a schema with an unknown keyword',
      schema({ properties: { a: { type: 'string', maxLength: 5 } } }),
      'response_format.json_schema.schema.a',
    ],
    [
      'a loose object inside',
      schema({ properties: { a: { type: 'array', items: { type: 'object' } } } }),
      'response_format.json_schema.schema.a.items',
    ],
  ])('%s', (_name, changes, param) => {
    expect(complaintAbout(changes)).toBe(param)
  })

  test.each([undefined, null, [], 'text'])('the body %j', (body) => {
    expect(checkChatRequest(body, limits)?.param).toBe('body')
  })
})
