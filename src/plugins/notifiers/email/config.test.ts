import { expect, test } from 'vitest'
import { CANARY_SECRET } from '../../../testkit/notifier-contract.ts'
import { configNames } from '../../../testkit/plugin-host.ts'
import { addressProblem, parseAddress } from './address.ts'
import { EmailConfigSchema, portOf } from './config.ts'
import { emailNotifier } from './plugin.ts'

const smtp = { host: 'mail.example.org' }
const people = { from: 'a@example.org', to: ['b@example.org'] }

test.each([
  [{ smtp, ...people }],
  [{ smtp: { host: 'nas.lan', tls: 'none' }, ...people }],
  [{ smtp: { host: '192.168.1.2', tls: 'none', port: 2525 }, ...people }],
  [{ sendgrid: { api_key_env: 'KEY' }, ...people }],
  [{ sendgrid: { api_key_env: 'KEY', base_url: 'https://api.eu.sendgrid.com' }, ...people, cc: ['Bob Ünal <c@example.org>'] }],
])('is fine: %j', (config) => {
  expect(emailNotifier.problems(config, configNames())).toEqual([])
})

test.each([
  [{ ...people }, 'smtp'],
  [{ smtp, sendgrid: { api_key_env: 'KEY' }, ...people }, 'smtp'],
  [{ smtp: { host: 'mail.example.org', tls: 'none' }, ...people }, 'smtp.tls'],
  [{ smtp: { host: 'smtp://mail.example.org' }, ...people }, 'smtp.host'],
  [{ smtp: { ...smtp, username_env: 'USER' }, ...people }, 'smtp.password_env'],
  [{ smtp: { ...smtp, password: CANARY_SECRET }, ...people }, 'smtp.password'],
  [{ smtp: { ...smtp, username_env: 'USER', password_env: `${CANARY_SECRET}!` }, ...people }, 'smtp.password_env'],
  [{ smtp, ...people, to: [] }, 'to'],
  [{ smtp, ...people, to: ['b@example.org', 'B <B@example.org>'] }, 'to.1'],
  [{ smtp, ...people, bcc: ['b@example.org'] }, 'bcc.0'],
  [{ smtp, ...people, from: 'nobody' }, 'from'],
  [{ smtp, ...people, to: ['a@example.org\r\nBcc: c@example.org'] }, 'to.0'],
  [{ sendgrid: { api_key_env: 'KEY', base_url: 'http://api.sendgrid.com' }, ...people }, 'sendgrid.base_url'],
  [{ sendgrid: { api_key_env: 'KEY', base_url: `https://u:${CANARY_SECRET}@api.sendgrid.com` }, ...people }, 'sendgrid.base_url'],
])('a mistake is reported at its path, without repeating what was written: %j', (config, path) => {
  const problems = emailNotifier.problems(config, configNames())
  expect(problems.map((problem) => problem.path.join('.'))).toEqual([path])
  expect(JSON.stringify(problems)).not.toContain(CANARY_SECRET)
})

test('encryption is on and certificates are checked unless the owner says otherwise', () => {
  const config = EmailConfigSchema.parse({ smtp, ...people })
  expect(config.smtp).toMatchObject({ tls: 'starttls', reject_unauthorized: true })
})

test.each([
  ['starttls', undefined, 587],
  ['implicit', undefined, 465],
  ['none', undefined, 25],
  ['implicit', 2465, 2465],
] as const)('the port for %s, configured as %s, is %s', (tls, port, expected) => {
  expect(portOf({ tls, port })).toBe(expected)
})

test.each([
  ['ann@example.org', { address: 'ann@example.org' }],
  ['  Ann Lee <ann.lee+cam@mail.example.org> ', { name: 'Ann Lee', address: 'ann.lee+cam@mail.example.org' }],
  ['<ann@example.org>', null],
  ['Ann <ann@example.org', null],
  ['Ann, Bob <ann@example.org>', null],
  ['ann@example.org, bob@example.org', null],
  ['ann@exam\nple.org', null],
  ['a"b@example.org', null],
  ['ann@ex..org', null],
  ['@example.org', null],
  [`${'x'.repeat(65)}@example.org`, null],
])('the address %j is taken apart, or refused', (written, parsed) => {
  if (parsed === null) expect(addressProblem(written)).not.toBeNull()
  else {
    expect(addressProblem(written)).toBeNull()
    expect(parseAddress(written)).toEqual(parsed)
  }
})
