import type { Client, Handler } from './client.ts'
import { factsOf, ftpTime, type ListedFile } from './listing.ts'
import { reply, type Reply } from './reply.ts'
import { resolveVirtual } from './virtual-path.ts'

const BAD_PATH = reply(553, 'That path is too long or too deep.')

/** Every folder is there: cameras make one a day, and stop when that fails. */
const cwd: Handler = (client, argument) => {
  const path = resolveVirtual(client.cwd, argument)
  if (path === null) return BAD_PATH
  client.cwd = path
  return reply(250, `"${quoted(path)}" is the folder now.`)
}

const cdup: Handler = (client) => cwd(client, '..')

const pwd: Handler = (client) => reply(257, `"${quoted(client.cwd)}" is the folder.`)

const mkd: Handler = (client, argument) => {
  const path = argument === '' ? null : resolveVirtual(client.cwd, argument)
  return path === null ? BAD_PATH : reply(257, `"${quoted(path)}" is there.`)
}

const rmd: Handler = () => reply(250, 'Folders are only names here.')

/** The file stays with us: what a camera has sent, nobody with its password takes back. */
const dele: Handler = (client, argument) => {
  const path = resolveVirtual(client.cwd, argument)
  if (path === null) return BAD_PATH
  return client.uploads.remove(path) ? reply(250, 'It is no longer listed.') : NOT_YOURS
}

const NOT_YOURS = reply(550, 'You have sent no such file.')

const rnfr: Handler = (client, argument) => {
  const path = resolveVirtual(client.cwd, argument)
  if (path === null) return BAD_PATH
  const isTheirs = client.uploads.get(path) !== null || client.account?.inbox.isHeld(path) === true
  if (!isTheirs) return NOT_YOURS
  client.renaming = path
  return reply(350, 'And the new name?')
}

const rnto: Handler = async (client, argument) => {
  const from = client.renaming
  client.renaming = null
  if (from === null) return reply(503, 'RNFR comes first.')
  const to = argument === '' ? null : resolveVirtual(client.cwd, argument)
  if (to === null) return BAD_PATH
  await client.account?.inbox.rename(from, to)
  client.uploads.rename(from, to)
  return reply(250, 'Renamed.')
}

const size: Handler = (client, argument) => about(client, argument, ({ size_bytes }) => reply(213, String(size_bytes)))

const mdtm: Handler = (client, argument) => about(client, argument, ({ modified }) => reply(213, ftpTime(modified)))

const mlst: Handler = (client, argument) => about(client, argument, (file) => reply(250, ['Here it is:', factsOf(file), 'That was it.']))

function about(client: Client, argument: string, say: (file: ListedFile) => Reply): Reply {
  const path = resolveVirtual(client.cwd, argument)
  const file = path === null ? null : client.uploads.get(path)
  return file === null ? NOT_YOURS : say(file)
}

/** RFC 959: a quote inside a quoted path is doubled. */
function quoted(path: string): string {
  return path.replaceAll('"', '""')
}

export const FOLDER_COMMANDS: Readonly<Record<string, Handler>> = {
  CWD: cwd,
  XCWD: cwd,
  CDUP: cdup,
  XCUP: cdup,
  PWD: pwd,
  XPWD: pwd,
  MKD: mkd,
  XMKD: mkd,
  RMD: rmd,
  XRMD: rmd,
  DELE: dele,
  RNFR: rnfr,
  RNTO: rnto,
  SIZE: size,
  MDTM: mdtm,
  MLST: mlst,
}
