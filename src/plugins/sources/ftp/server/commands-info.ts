import type { Handler } from './client.ts'
import { reply } from './reply.ts'

const feat: Handler = ({ server }) => {
  const encryption = server.tls === null ? [] : ['AUTH TLS', 'PBSZ', 'PROT']
  return reply(211, ['Features:', ...encryption, 'EPSV', 'MDTM', 'MLST type*;size*;modify*;perm*;', 'SIZE', 'UTF8', 'End'])
}

const opts: Handler = (_, argument) =>
  /^(?:UTF-?8(?: (?:ON|NLST))?|MLST\b.*)$/i.test(argument) ? reply(200, 'As it is anyway.') : reply(501, 'No such option.')

/** Cameras and desktop clients set rights and times, and do not mind that nothing comes of it. */
const site: Handler = (_, argument) => (/^(?:CHMOD|UTIME|UMASK)\b/i.test(argument) ? reply(200, 'Noted.') : reply(504, 'No such command.'))

export const INFO_COMMANDS: Readonly<Record<string, Handler>> = {
  SYST: () => reply(215, 'UNIX Type: L8'),
  FEAT: feat,
  OPTS: opts,
  SITE: site,
  NOOP: () => reply(200, 'Still here.'),
  CLNT: () => reply(200, 'Noted.'),
  HELP: () => reply(214, 'This server takes uploads of cameras.'),
  STAT: ({ transfer }) => reply(211, transfer === null ? 'Waiting for commands.' : 'A transfer is under way.'),
}
