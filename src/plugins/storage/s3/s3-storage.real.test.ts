import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe } from 'vitest'
import { openS3 } from '../../../testkit/s3-fixture.ts'
import { storageContract } from '../../../testkit/storage-contract.ts'
import { startSwift, swiftMissing, type SwiftServer } from '../../../testkit/swift-server.ts'

const missing = swiftMissing()
const MIB = 1024 * 1024

describe.skipIf(missing !== null)(`a real S3 server ${missing ?? ''}`, () => {
  let swift: SwiftServer
  beforeAll(async () => {
    swift = await startSwift()
    await swift.createBucket('clips')
  })
  afterAll(() => swift[Symbol.asyncDispose]())

  storageContract('s3', () => openS3({ endpoint: swift.url, bucket: 'clips', prefix: randomUUID(), part_size_bytes: 5 * MIB }))
})
