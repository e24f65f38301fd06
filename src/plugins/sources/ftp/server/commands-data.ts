import { isIPv4, isIPv6 } from 'node:net'
import { startDeadline } from '../../../../lib/deadline.ts'
import type { Client, Handler } from './client.ts'
import { asPort, parseExtendedPort, parsePort } from './client-address.ts'
import { activeEndpoint, passiveEndpoint } from './data-endpoint.ts'
import { reply, type Reply } from './reply.ts'

const PORT_WITHIN_MS = 20_000
const FIRST_UNPRIVILEGED_PORT = 1024

const pasv: Handler = async (client) => {
  if (client.onlyEpsv) return reply(503, 'You wanted EPSV only.')
  const host = client.server.config.masquerade_address ?? client.localAddress
  if (!isIPv4(host)) return reply(425, 'Use EPSV.')
  return listen(client, (port) => reply(227, `Entering Passive Mode (${asPort(host, port)}).`))
}

const epsv: Handler = async (client, argument) => {
  if (/^all$/i.test(argument)) {
    client.onlyEpsv = true
    return reply(200, 'EPSV only.')
  }
  const ours = isIPv6(client.localAddress) ? '2' : '1'
  if (argument !== '' && argument !== ours) return reply(522, `Network protocol not supported, use (${ours})`)
  return listen(client, (port) => reply(229, `Entering Extended Passive Mode (|||${port}|)`))
}

async function listen(client: Client, tell: (port: number) => Reply): Promise<Reply> {
  client.data?.[Symbol.dispose]()
  client.data = null
  using deadline = startDeadline(PORT_WITHIN_MS, client.gone)
  const listening = await client.server.ports.listen(client.server.config.host, deadline.signal)
  if (!listening.ok) {
    client.server.host.log.warn(
      { event_type: 'ftp_no_data_port', reason: listening.error },
      'no port for a data connection can be had; if all are in use, allow more in sources.ftp.passive_ports',
    )
    return reply(425, 'No data port is free, try again.')
  }
  if (client.gone.aborted) {
    listening.value[Symbol.dispose]()
    return reply(421, 'Gone.')
  }
  client.data = passiveEndpoint(listening.value, client.address)
  return tell(listening.value.port)
}

const port: Handler = (client, argument) => goTo(client, parsePort(argument))

const eprt: Handler = (client, argument) => goTo(client, parseExtendedPort(argument))

/** Only to the client itself, and to no service: else this server could be made to attack others. */
function goTo(client: Client, target: { readonly host: string; readonly port: number } | null): Reply {
  if (!client.server.config.active_mode) return reply(502, 'Active mode is off, use PASV.')
  if (client.onlyEpsv) return reply(503, 'You wanted EPSV only.')
  if (target === null) return reply(501, 'That is no address.')
  if (target.host !== client.address || target.port < FIRST_UNPRIVILEGED_PORT) return reply(504, 'Only to your own address.')
  client.data?.[Symbol.dispose]()
  client.data = activeEndpoint(target)
  return reply(200, 'I will come to you.')
}

const type: Handler = (_, argument) =>
  // Bytes are stored as they come in ASCII mode too: a video with its line ends changed is none.
  /^(?:[AI](?: N)?|L 8)$/i.test(argument) ? reply(200, 'Type set; bytes are never changed.') : reply(504, 'Only TYPE I and A.')

const mode: Handler = (_, argument) => (/^S$/i.test(argument) ? reply(200, 'Stream mode.') : reply(504, 'Only MODE S.'))

const stru: Handler = (_, argument) => (/^F$/i.test(argument) ? reply(200, 'File structure.') : reply(504, 'Only STRU F.'))

/** A plain 200: some cameras give up at 202, which would be the usual answer. */
const allo: Handler = ({ server }, argument) =>
  Number(/^\d+/.exec(argument)?.[0] ?? 0) > server.config.max_upload_bytes
    ? reply(552, 'Files of this size are not taken.')
    : reply(200, 'There is room.')

/** Going on in the middle would need what came before, and that may not be what the client thinks. */
const rest: Handler = (_, argument) =>
  /^0+$/.test(argument) ? reply(350, 'From the beginning.') : reply(502, 'Broken uploads cannot be continued, send the whole file.')

export const DATA_COMMANDS: Readonly<Record<string, Handler>> = {
  PASV: pasv,
  EPSV: epsv,
  PORT: port,
  EPRT: eprt,
  TYPE: type,
  MODE: mode,
  STRU: stru,
  ALLO: allo,
  REST: rest,
}
