import { execFile } from 'node:child_process'
import { chown, lstat, readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pluginError, type PluginError } from '../../contracts/errors.ts'
import { err, ok, type Result } from '../../contracts/result.ts'

export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** As whom the server runs. Postgres refuses root; in a user namespace it believes to be somebody else while its files stay root's. */
export type ServerUser = { readonly as: 'ourselves' } | ({ readonly as: 'account' } & Account) | { readonly as: 'namespace' }

export interface UserFacts {
  readonly isRoot: boolean
  readonly accounts: readonly Account[]
  /** Whether the account may enter every folder that the server needs. */
  readonly canReach: (account: Account) => Promise<boolean>
  readonly canMapUsers: () => Promise<boolean>
}

/** Accounts that are there for this, best first. */
const ACCOUNT_NAMES = ['postgres', 'nobody']

export async function chooseServerUser(facts: UserFacts): Promise<Result<ServerUser, PluginError>> {
  if (!facts.isRoot) return ok({ as: 'ourselves' })
  const candidates = ACCOUNT_NAMES.flatMap((name) => facts.accounts.find((account) => account.name === name) ?? [])
  for (const account of candidates) {
    if (await facts.canReach(account)) return ok({ as: 'account', ...account })
  }
  if (await facts.canMapUsers()) return ok({ as: 'namespace' })
  return err(
    pluginError(
      'rejected',
      'Postgres refuses to run as root, and no other user may enter the data folder: run HomeSec as a normal user, ' +
        'or open the data folder and its parents to the user postgres (chmod o+x), or set database.dsn_env',
    ),
  )
}

export interface Command {
  readonly command: string
  readonly args: readonly string[]
  readonly options: { readonly uid?: number; readonly gid?: number }
}

const MAP_USER = ['--user', '--map-user=65534', '--map-group=65534']

/** `unshare` replaces itself by the program: the process id is the program's. */
export function commandAs(user: ServerUser, program: string, args: readonly string[]): Command {
  if (user.as === 'namespace') return { command: 'unshare', args: [...MAP_USER, program, ...args], options: {} }
  return { command: program, args, options: user.as === 'account' ? { uid: user.uid, gid: user.gid } : {} }
}

export function userFacts(folders: readonly string[]): Promise<UserFacts> {
  return readAccounts().then((accounts) => ({
    isRoot: process.getuid?.() === 0,
    accounts,
    canReach: async (account) => (await Promise.all(folders.map((folder) => mayEnter(folder, account)))).every(Boolean),
    canMapUsers: () =>
      new Promise((resolve) => execFile('unshare', [...MAP_USER, 'true'], { env: SEARCH_PATH }, (cause) => resolve(cause === null))),
  }))
}

const SEARCH_PATH = { PATH: '/usr/local/bin:/usr/bin:/bin' }

async function readAccounts(): Promise<Account[]> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '')
  return text.split('\n').flatMap((line) => {
    const [name = '', , uid, gid] = line.split(':')
    const account = { name, uid: Number(uid), gid: Number(gid) }
    return account.uid > 0 && account.gid > 0 ? [account] : []
  })
}

/** By the plain permission bits of the folder and all its parents. */
async function mayEnter(folder: string, account: Account): Promise<boolean> {
  const { mode, uid, gid } = await stat(folder)
  const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001
  if ((mode & bit) === 0) return false
  return folder === dirname(folder) || mayEnter(dirname(folder), account)
}

/** Gives everything under `folder` to the server's user. As root, after a change of user; a normal user owns it already. */
export async function giveFolderTo(user: ServerUser, folder: string): Promise<void> {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = user.as === 'account' ? user : { uid: 0, gid: 0 }
  if ((await lstat(folder)).uid !== uid) await chownAll(folder, uid, gid)
}

async function chownAll(folder: string, uid: number, gid: number): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await chownAll(path, uid, gid)
    else if (entry.isFile()) await chown(path, uid, gid)
  }
  await chown(folder, uid, gid) // last, so that an interrupted run is begun again
}
