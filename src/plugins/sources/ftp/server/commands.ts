import type { Client, Handler } from './client.ts'
import type { CommandLine } from './command-line.ts'
import { ACCESS_COMMANDS } from './commands-access.ts'
import { DATA_COMMANDS } from './commands-data.ts'
import { FOLDER_COMMANDS } from './commands-folders.ts'
import { INFO_COMMANDS } from './commands-info.ts'
import { TRANSFER_COMMANDS } from './commands-transfer.ts'
import { reply, type Reply } from './reply.ts'

const COMMANDS: ReadonlyMap<string, Handler> = new Map(
  Object.entries({ ...ACCESS_COMMANDS, ...FOLDER_COMMANDS, ...DATA_COMMANDS, ...TRANSFER_COMMANDS, ...INFO_COMMANDS }),
)

/** What a client may say before it has logged in. */
const OPEN: ReadonlySet<string> = new Set([...Object.keys(ACCESS_COMMANDS), 'FEAT', 'SYST', 'NOOP', 'OPTS', 'HELP', 'CLNT'])

export async function perform(client: Client, { verb, argument }: CommandLine): Promise<Reply> {
  const handler = COMMANDS.get(verb)
  if (client.account === null && !OPEN.has(verb)) return reply(530, 'Log in first.')
  if (handler === undefined) return reply(502, 'No such command here.')
  // A new name counts only right after the old one.
  if (verb !== 'RNTO') client.renaming = null
  return handler(client, argument)
}
