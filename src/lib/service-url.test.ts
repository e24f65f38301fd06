import { expect, test } from 'vitest'
import { serviceUrlProblem, underUrl } from './service-url.ts'

test.each([
  ['https://api.example', null],
  ['https://api.example/behind/a/proxy/', null],
  ['http://192.168.1.5:8081', null],
  ['http://nas:8081', null],
  ['http://api.example', 'https'],
  ['ftp://nas', 'only http'],
  ['https://user:word@api.example', 'no user'],
  ['https://api.example/?key=1', 'no ?'],
  ['api.example', 'not a URL'],
])('%s: %j', (url, problem) => {
  if (problem === null) expect(serviceUrlProblem(url)).toBeNull()
  else expect(serviceUrlProblem(url)).toContain(problem)
})

test('parts come after the path of the service', () => {
  expect(underUrl('https://a.example/x/', 'topic', 'auth').href).toBe('https://a.example/x/topic/auth')
  expect(underUrl('http://nas:81', 'bot1', 'getMe').href).toBe('http://nas:81/bot1/getMe')
})
