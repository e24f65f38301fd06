import { describe, expect, test } from 'vitest'
import { DAV_PASSWORD, DAV_USER, NO_APACHE, startApache } from '../../src/testkit/dav-servers.ts'
import { PlainSftpServer } from '../../src/testkit/sftp-server.ts'
import { NO_SSHD, Sshd } from '../../src/testkit/sshd.ts'
import { startSwift, swiftMissing, SWIFT_KEY_ID, SWIFT_REGION } from '../../src/testkit/swift-server.ts'
import { openHome, type Home } from './harness/home.ts'

const WRONG = 'canary-wrong-secret'
const NO_SWIFT = swiftMissing()

/** Runs doctor to its end and returns its one line about the storage. */
async function storageLine(home: Home): Promise<string> {
  const run = home.spawn(['doctor', '--config', home.configPath])
  const { code } = await run.ended
  expect(code).toBe(1)
  expect(run.stdout + run.stderr).not.toMatch(/canary-|PRIVATE KEY/)
  expect(run.stdout).toContain('1 part does not work.')
  const lines = run.stdout.split('\n').filter((line) => line.includes('storage'))
  expect(lines).toHaveLength(1)
  return lines[0] ?? ''
}

describe('doctor says which setting holds the wrong login, and never the login', () => {
  test.skipIf(NO_APACHE !== null)(
    `webdav: Apache refuses the password${NO_APACHE === null ? '' : ` (skipped: ${NO_APACHE})`}`,
    async () => {
      const home = openHome()
      const server = home.own(await startApache())
      Object.assign(home.env, { DAV_USER, DAV_PASSWORD: WRONG })
      home.reconfigure({
        storage: { backend: 'webdav', config: { url: server.url, username_env: 'DAV_USER', password_env: 'DAV_PASSWORD' } },
      })
      expect(await storageLine(home)).toMatch(/^FAIL {2}storage webdav: .*refuses the login.*`password_env`/)
      home.env['DAV_PASSWORD'] = DAV_PASSWORD
      const right = home.spawn(['doctor', '--config', home.configPath])
      expect(await right.ended).toMatchObject({ code: 0 })
    },
  )

  test.skipIf(NO_SSHD !== null)(`sftp: sshd refuses the key${NO_SSHD === null ? '' : ` (skipped: ${NO_SSHD})`}`, async () => {
    const home = openHome()
    const server = home.own(await Sshd.start())
    const other = home.own(await Sshd.start()) // its key is as good as any, and unknown to the first one
    home.reconfigure({ storage: sftp(server, { username: server.user, private_key_file: other.keyFile }) })
    expect(await storageLine(home)).toMatch(/^FAIL {2}storage sftp: .*refuses the login.*`private_key_file`/)
  })

  test('sftp: a server refuses the password', async () => {
    const home = openHome()
    const server = home.own(await PlainSftpServer.start({ user: 'cam', password: 'canary-right' }))
    Object.assign(home.env, { SFTP_PASSWORD: WRONG })
    home.reconfigure({ storage: sftp(server, { username: 'cam', password_env: 'SFTP_PASSWORD' }) })
    expect(await storageLine(home)).toMatch(/^FAIL {2}storage sftp: .*refuses the login.*`password_env`/)
  })

  test.skipIf(NO_SWIFT !== null)(`s3: Swift refuses the signature${NO_SWIFT === null ? '' : ` (skipped: ${NO_SWIFT})`}`, async () => {
    const home = openHome()
    const server = home.own(await startSwift())
    await server.createBucket('homesec')
    Object.assign(home.env, { S3_ID: SWIFT_KEY_ID, S3_SECRET: WRONG })
    const keys = { access_key_id_env: 'S3_ID', secret_access_key_env: 'S3_SECRET' }
    home.reconfigure({
      storage: { backend: 's3', config: { endpoint: server.url, region: SWIFT_REGION, bucket: 'homesec', ...keys } },
    })
    expect(await storageLine(home)).toMatch(/^FAIL {2}storage s3: .*secret_access_key_env/)
  })
})

test('a wrong password keeps the program up and degraded, and the next clip is taken all the same', async () => {
  const home = openHome()
  const server = home.own(await PlainSftpServer.start({ user: 'cam', password: 'canary-right' }))
  Object.assign(home.env, { SFTP_PASSWORD: WRONG })
  home.reconfigure({ storage: sftp(server, { username: 'cam', password_env: 'SFTP_PASSWORD' }) })
  const run = await home.start()
  for (const n of [1, 2]) {
    home.drop(n)
    // Both at once: the next try is under way again soon.
    await home.until(n, 'done, not stored', ({ status, stages }) => status === 'done' && stages.upload.status === 'error')
  }
  expect(await (await fetch(`${run.url}/health`)).json()).toEqual({ status: 'degraded' })
  expect(run.isRunning).toBe(true)
  expect(run.stdout + run.stderr).not.toMatch(/canary-/)
})

function sftp({ port }: { readonly port: number }, login: object): object {
  return { backend: 'sftp', config: { host: '127.0.0.1', port, ...login } }
}
