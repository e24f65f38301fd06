import { s3Storage } from '../plugins/storage/s3/plugin.ts'
import type { PluginHost } from '../contracts/plugin.ts'
import type { StorageBackend } from '../contracts/storage.ts'
import { built, testHost } from './plugin-host.ts'
import { SWIFT_KEY_ID, SWIFT_SECRET } from './swift-server.ts'

export const S3_ENV = { AWS_ACCESS_KEY_ID: SWIFT_KEY_ID, AWS_SECRET_ACCESS_KEY: SWIFT_SECRET }

/** The plugin as the app would build it. */
export async function openS3(
  config: Readonly<Record<string, unknown>>,
  host: PluginHost = testHost({ env: S3_ENV }),
): Promise<StorageBackend> {
  return built(s3Storage, config, host)
}
