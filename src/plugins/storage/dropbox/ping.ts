import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import type { DropboxClient } from './dropbox-client.ts'
import { AnythingSchema, SessionSchema, SpaceUsageSchema, TaggedMetadataSchema } from './metadata.ts'
import { withoutSlashAtEnd } from './paths.ts'

/**
 * Whether a put would work now, and whether the clip could be had back. Asks for each permission, and leaves nothing: a session
 * that is never finished never becomes a file.
 */
export async function ping(client: DropboxClient, root: string, signal: AbortSignal): Promise<Result<void, PluginError>> {
  const roomy = await pingAccount(client, signal)
  if (!roomy.ok) return roomy
  const folder = withoutSlashAtEnd(root)
  const writable = await isWritable(client, folder, signal)
  if (!writable.ok) return writable
  const argument = { close: true }
  const begun = await client.upload('files/upload_session/start', { argument, body: new Uint8Array() }, SessionSchema, signal)
  if (!begun.ok) return err(begun.error.error)
  // Of a name that no object has: the answer is that it is not there, unless we may not read at all.
  const asked = await client.rpc('files/get_temporary_link', { path: `${folder}/.homesec-ping` }, AnythingSchema, signal)
  return asked.ok || asked.error.tag === 'path/not_found' ? ok() : err(asked.error.error)
}

/** Whether Dropbox answers, takes the login and has room. */
export async function pingAccount(client: DropboxClient, signal: AbortSignal): Promise<Result<void, PluginError>> {
  const usage = await client.rpc('users/get_space_usage', null, SpaceUsageSchema, signal)
  if (!usage.ok) return err(usage.error.error)
  const { used: own, allocation } = usage.value
  // A team shares its room, and says how much of it is used.
  const used = allocation.used ?? own
  if (used < allocation.allocated) return ok()
  const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(1)
  return err(
    pluginError(
      'unavailable',
      `the Dropbox account is full: ${gigabytes(used)} of ${gigabytes(allocation.allocated)} GB are used; make room in it`,
    ),
  )
}

async function isWritable(client: DropboxClient, folder: string, signal: AbortSignal): Promise<Result<void, PluginError>> {
  // The top has no metadata; asking for something in it needs the same permission.
  const path = folder === '' ? '/.homesec-ping' : folder
  const found = await client.rpc('files/get_metadata', { path }, TaggedMetadataSchema, signal)
  if (!found.ok) return found.error.tag === 'path/not_found' ? ok() : err(found.error.error)
  if (found.value['.tag'] !== 'folder') return err(pluginError('rejected', `\`root\` ${folder} is a file in Dropbox; name a folder`))
  if (found.value.sharing_info?.read_only !== true) return ok()
  return err(pluginError('rejected', `\`root\` ${folder} lies in a shared folder that is read-only for you; name another folder`))
}
