import { afterAll, beforeAll, describe } from 'vitest'
import { testHost } from '../../../testkit/plugin-host.ts'
import { NO_SSHD, Sshd } from '../../../testkit/sshd.ts'
import { storageContract } from '../../../testkit/storage-contract/index.ts'
import { sftpStorage } from './plugin.ts'

describe.skipIf(NO_SSHD !== null)(`sftp on OpenSSH${NO_SSHD === null ? '' : ` (skipped: ${NO_SSHD})`}`, () => {
  let sshd: Sshd
  let roots = 0
  beforeAll(async () => {
    sshd = await Sshd.start()
  })
  afterAll(() => sshd[Symbol.asyncDispose]())

  storageContract('sftp', async () => {
    roots += 1
    const config = { host: '127.0.0.1', port: sshd.port, username: sshd.user, private_key_file: sshd.keyFile, root: `home sec/${roots}` }
    const loaded = await sftpStorage.load(config, testHost())
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.error))
    return loaded.value
  })
})
