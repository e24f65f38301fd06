import { isPrivateHost } from '../../../../lib/private-host.ts'
import { sameSecret } from '../../../../lib/same-secret.ts'
import type { Account, Client, Handler } from './client.ts'
import { reply, type Reply } from './reply.ts'

const ANONYMOUS: ReadonlySet<string> = new Set(['anonymous', 'ftp'])
/** A wrong password takes this long to be told. */
const PENALTY_MS = 1000
const MOST_FAILURES_PER_CONNECTION = 3

const user: Handler = (client, argument) => {
  if (client.account !== null) return reply(503, 'You are logged in already.')
  if (!client.isEncrypted && client.server.config.tls?.required === true) return reply(530, 'Encrypt first: AUTH TLS.')
  if (argument === '' || argument.length > 128) return reply(501, 'Which user?')
  client.username = argument
  // The same for a user who does not exist: nobody learns which do.
  return reply(331, 'And the password?')
}

const pass: Handler = async (client, argument) => {
  const { username, server } = client
  if (client.account !== null) return reply(503, 'You are logged in already.')
  if (username === null) return reply(503, 'USER comes first.')
  client.username = null
  const known = server.account(username)
  const account = ANONYMOUS.has(username.toLowerCase()) && known === null ? anonymousFor(client) : checked(client, known, argument)
  if (account === null) return refused(client, known)
  client.account = account
  server.logins.succeeded(client.address, account.username)
  server.host.log.debug(
    { event_type: 'ftp_login', camera_name: account.camera, address: client.address, encrypted: client.isEncrypted },
    'a camera logged in to upload',
  )
  return reply(230, 'Welcome. Uploads only.')
}

function anonymousFor(client: Client): Account | null {
  const account = client.server.anonymousAccount()
  return account !== null && isPrivateHost(client.address) ? account : null
}

function checked({ server, address }: Client, account: Account | null, password: string): Account | null {
  // Compared for unknown users too, which takes the same time.
  const isRight = sameSecret(password, account?.password ?? '') && account !== null
  return isRight && !server.logins.isLockedOut(address, account.username) ? account : null
}

async function refused(client: Client, known: Account | null): Promise<Reply> {
  const { server, address } = client
  const { logins, host, config } = server
  client.failedLogins += 1
  const failures = logins.failed(address, known?.username ?? '')
  // The name of a user that does not exist may be a password in the wrong field.
  const about = { event_type: 'ftp_login_refused', address, camera_name: known?.camera ?? null, failures }
  if (failures === 1) host.log.warn(about, 'a login to the FTP server was refused: unknown user or wrong password')
  if (failures === config.max_login_failures) host.log.warn(about, 'too many wrong passwords, this address is locked out for a while')
  await host.clock.sleep(PENALTY_MS, client.gone)
  return client.failedLogins >= MOST_FAILURES_PER_CONNECTION
    ? reply(421, 'Too many wrong passwords.', 'close')
    : reply(530, 'Login incorrect.')
}

const auth: Handler = (client, argument) => {
  if (client.server.tls === null) return reply(502, 'This server does not encrypt.')
  if (client.isEncrypted) return reply(503, 'It is encrypted already.')
  if (!/^(?:TLS|TLS-C|SSL)$/i.test(argument)) return reply(504, 'Only AUTH TLS.')
  return reply(234, 'Begin now.', 'encrypt')
}

const pbsz: Handler = (client) => {
  if (!client.isEncrypted) return reply(503, 'AUTH TLS comes first.')
  client.mayProtect = true
  return reply(200, 'PBSZ=0')
}

const prot: Handler = (client, argument) => {
  if (!client.mayProtect) return reply(503, 'PBSZ comes first.')
  const level = argument.toUpperCase()
  if (level !== 'P' && level !== 'C') return reply(level === 'S' || level === 'E' ? 536 : 504, 'Only PROT P and PROT C.')
  if (level === 'C' && client.server.config.tls?.required === true) return reply(534, 'Data has to be encrypted here: PROT P.')
  client.protectsData = level === 'P'
  return reply(200, level === 'P' ? 'Data is encrypted.' : 'Data is not encrypted.')
}

export const ACCESS_COMMANDS: Readonly<Record<string, Handler>> = {
  USER: user,
  PASS: pass,
  ACCT: () => reply(202, 'Not needed.'),
  REIN: () => reply(502, 'Connect again instead.'),
  AUTH: auth,
  PBSZ: pbsz,
  PROT: prot,
  CCC: () => reply(533, 'It stays encrypted.'),
  QUIT: () => reply(221, 'Goodbye.', 'close'),
}
