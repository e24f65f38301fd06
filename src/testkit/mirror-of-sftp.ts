import { definePlugin } from '../contracts/plugin.ts'
import { createMirrorStorage } from '../plugins/storage/mirror/mirror-storage.ts'
import { MirrorConfigSchema } from '../plugins/storage/mirror/config.ts'
import { sftpStorage } from '../plugins/storage/sftp/plugin.ts'
import { testHost } from './plugin-host.ts'

/** A mirror whose places are all SFTP, for a process that has no registry of plugins to find them in. */
export const mirrorOfSftp = definePlugin({
  kind: 'storage',
  name: 'mirror-of-sftp',
  config: MirrorConfigSchema,
  create: (config, host) => {
    const loadPart = (_kind: string, { config: part }: { readonly config: unknown }) => sftpStorage.load(part, testHost())
    // The host promises any kind of plugin; this mirror has storages only.
    return createMirrorStorage(config, { ...host, loadPart: loadPart as typeof host.loadPart })
  },
})
