import { storageContract } from '../../../testkit/storage-contract/index.ts'
import { twoFolders } from '../../../testkit/mirror-fixture.ts'

storageContract('mirror of two folders', async () => (await twoFolders()).mirror, { mayClone: true })
