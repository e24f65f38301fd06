import { expect, test } from 'vitest'
import { isPrivateHost } from './private-host.ts'

test.each([
  'localhost',
  'ollama',
  'nas.lan',
  'GPU.local',
  '127.0.0.1',
  '10.1.2.3',
  '172.31.0.1',
  '192.168.1.5',
  '100.101.1.1',
  '[::1]',
  '[fd00::1]',
])('%s is at home', (host) => expect(isPrivateHost(host)).toBe(true))

test.each(['api.openai.com', '8.8.8.8', '172.32.0.1', '[2001:db8::1]', 'localhost.evil.com', 'lan.example.com', '127.0.0.1.nip.io'])(
  '%s is not',
  (host) => expect(isPrivateHost(host)).toBe(false),
)
