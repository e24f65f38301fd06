import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { ConfigNames, ConfigProblem } from '../../../contracts/plugin.ts'
import { RemoteRetentionSchema } from '../../../contracts/storage.ts'

/** Names stand in journals and folders. */
const NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/

const BackendSchema = z.strictObject({
  name: z
    .string()
    .regex(NAME, 'use 1 to 32 of a-z, 0-9, _ and -, such as "nas"')
    .optional()
    .describe(
      'Unique name, by default the backend. Journals tell by it what is stored where: a place with another disk, account, bucket, root or prefix needs a new name, or clips that wait for the others are never copied to it.',
    ),
  backend: z
    .string()
    .toLowerCase()
    .regex(/^[a-z0-9_@/.-]{1,64}$/, 'use the name of a storage plugin')
    .describe('A storage plugin, such as local; not mirror.'),
  config: z.record(z.string(), z.unknown()).prefault({}).describe('Settings of that storage; see docs/storage.md.'),
  retention: RemoteRetentionSchema.prefault({}).describe('When copies leave this place, for good. By default never.'),
})

export const MirrorConfigSchema = z.strictObject({
  backends: z
    .array(BackendSchema)
    .min(2, 'list at least two places; for one, name its backend under storage.backend')
    .describe('The places that each get a copy. The first one that has a clip serves it, so begin with the nearest.'),
})
export type MirrorConfig = z.output<typeof MirrorConfigSchema>
type BackendConfig = MirrorConfig['backends'][number]

export function nameOf({ name, backend }: Pick<BackendConfig, 'name' | 'backend'>): string {
  return name ?? backend
}

/** What is wrong with the places, and inside each of them. Pure. */
export function mirrorProblems({ backends }: MirrorConfig, names: Pick<ConfigNames, 'partProblems'>): ConfigProblem[] {
  return backends.flatMap((entry, index) => {
    const at = ['backends', index]
    const { backend, config } = entry
    if (backend === 'mirror') return [{ path: [...at, 'backend'], message: 'a mirror cannot hold another one; list its places here' }]
    const inside = names.partProblems('storage', { backend, config }).map(({ path, message }) => ({ path: [...at, ...path], message }))
    return [...nameProblems(entry, backends.slice(0, index), at), ...inside]
  })
}

function nameProblems(entry: BackendConfig, earlier: readonly BackendConfig[], at: ConfigProblem['path']): ConfigProblem[] {
  const name = nameOf(entry)
  if (!NAME.test(name)) return [{ path: [...at, 'backend'], message: `give this place a name; "${name}" cannot be one` }]
  if (earlier.some((other) => nameOf(other) === name)) {
    const path = [...at, entry.name === undefined ? 'backend' : 'name']
    return [{ path, message: `there is already a place named "${name}"; give each its own name` }]
  }
  const twin = earlier.find(({ backend, config }) => backend === entry.backend && isDeepStrictEqual(config, entry.config))
  return twin === undefined ? [] : [{ path: [...at, 'config'], message: `the same as "${nameOf(twin)}": that would be one copy, not two` }]
}
