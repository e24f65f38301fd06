import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { err, ok } from '../contracts/result.ts'
import type { RemoteRetention, StorageBackend } from '../contracts/storage.ts'
import { createLocalStorage } from '../plugins/storage/local/local-storage.ts'
import { createMirrorStorage } from '../plugins/storage/mirror/mirror-storage.ts'
import { FakeClock } from './fake-clock.ts'
import { FaultyStorage } from './faulty-storage.ts'
import { memoryLogger } from './memory-logger.ts'
import { testHost } from './plugin-host.ts'

const NO_LIMITS: RemoteRetention = { max_age_days: null, max_bytes: null }

/** A real folder that can be told to fail, and that has links if it gets a prefix. */
function folderPlace(root: string, view_url_prefix: string | null = null): FaultyStorage {
  return new FaultyStorage(createLocalStorage({ root, view_url_prefix }, testHost()))
}

/** A mirror over two real folders, `nas` and `usb`; `usb` alone has links. `answerMs`: its patience with a place that hangs. */
export async function twoFolders(
  options: { readonly broken?: boolean; readonly retention?: RemoteRetention; readonly answerMs?: number } = {},
) {
  const root = mkdtempSync(join(tmpdir(), 'homesec-mirror-'))
  const folders = { nas: join(root, 'nas'), usb: join(root, 'usb') }
  const parts = { nas: folderPlace(folders.nas), usb: folderPlace(folders.usb, 'https://usb.lan/') }
  const clock = new FakeClock()
  const loadPart = async (_kind: string, { name }: { readonly name: string }) => {
    if (name === 'usb' && options.broken === true) return err([{ path: [], message: 'no such device' }])
    return ok(name === 'nas' ? parts.nas : parts.usb)
  }
  const backends = ['nas', 'usb'].map((name) => ({ name, backend: 'local', config: {}, retention: options.retention ?? NO_LIMITS }))
  // The host promises any kind of plugin; this test has storages only.
  const host = { ...testHost({ clock, log: memoryLogger() }), loadPart: loadPart as ReturnType<typeof testHost>['loadPart'] }
  const mirror: StorageBackend = await createMirrorStorage({ backends }, host, options.answerMs)
  const file = join(root, 'source.mp4')
  writeFileSync(file, 'video')
  return { mirror, parts, folders, clock, file }
}
