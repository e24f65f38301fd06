import { describe, expect, test } from 'vitest'
import type { ConfigNames } from '../../../contracts/plugin.ts'
import { configNames, testHost } from '../../../testkit/plugin-host.ts'
import { ftpSource } from './plugin.ts'

const names: ConfigNames = configNames({ cameras: ['yard'] })
const problems = (config: unknown, shared?: unknown) =>
  ftpSource.problems(config, names, shared).map(({ path, message }) => `${path.join('.')}: ${message}`)
const sharedProblems = (shared: unknown) => ftpSource.shared?.safeParse(shared).error?.issues.map(({ path }) => path.join('.')) ?? []

test.each([
  [{}],
  [{ ftp_subdir: 'driveway' }],
  [{ extensions: [] }],
  [{ extensions: ['.MP4'] }],
  [{ username: 'Kamera Tür'.replace(' ', '-'), password_env: 'X' }],
])('%j is all a camera has to say', (config) => {
  expect(problems(config)).toEqual([])
})

test.each([
  [{ ftp_subdir: '../other' }],
  [{ ftp_subdir: 'a/b' }],
  [{ ftp_subdir: '..' }],
  [{ ftp_subdir: '' }],
  [{ username: 'two words' }],
  [{ username: 'new\nline' }],
  [{ password: 'secret' }],
  [{ extensions: ['mp4'] }],
  [{ snapshots: 'delete' }],
  [{ aside_max_bytes: -1 }],
])('%j is refused', (config) => {
  expect(problems(config)).toHaveLength(1)
})

describe('anonymous uploads', () => {
  test.each(['192.168.1.10', '10.0.0.2', '127.0.0.1', 'localhost', 'fd00::1'])('are possible on %s', (host) => {
    expect(problems({ anonymous: true }, { host })).toEqual([])
  })

  test.each(['0.0.0.0', '::', '203.0.113.7', 'nas.lan'])('are refused on %s', (host) => {
    expect(problems({ anonymous: true }, { host })).toEqual([expect.stringContaining('private address')])
  })

  test('are refused by default, as the server listens on all addresses', () => {
    expect(problems({ anonymous: true })).toHaveLength(1)
    expect(problems({ anonymous: false })).toEqual([])
  })
})

describe('what all cameras share', () => {
  test('has a default for everything', () => {
    expect(ftpSource.shared?.safeParse({}).success).toBe(true)
  })

  test('is what the plugin is given', async () => {
    const loaded = await ftpSource.load({}, testHost({ purpose: 'check', shared: { port: 0 } }))
    expect(loaded).toMatchObject({ ok: false, error: [{ path: ['port'] }] })
  })

  test.each([
    [{ passive_ports: '60010-60000' }, ['passive_ports']],
    [{ passive_ports: 60000 }, ['passive_ports']],
    [{ masquerade_address: 'home.example' }, ['masquerade_address']],
    [{ tls: { cert: '/c.pem' } }, ['tls.key']],
    [{ tls: { cert: 'c.pem', key: '/k.pem' } }, ['tls.cert']],
    [{ tls: { cert: '/c.pem', key: '/k.pem', key_env: 'KEY' } }, ['tls.key']],
    [{ tls: { cert: '/c.pem', key_env: 'KEY' } }, []],
    [{ port: 70_000 }, ['port']],
  ])('%j has these mistakes: %j', (shared, paths) => {
    expect(sharedProblems(shared)).toEqual(paths)
  })
})
