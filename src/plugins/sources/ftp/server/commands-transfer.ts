import type { Socket } from 'node:net'
import { codeOf, messageOf } from '../../../../contracts/errors.ts'
import { attempt, err, ok, type Result } from '../../../../contracts/result.ts'
import { within } from '../../../../lib/within.ts'
import type { Account, Client, Handler } from './client.ts'
import { asFacts, asLongList, asNames, type ListedFile } from './listing.ts'
import type { PartialUpload } from '../inbox/partial-upload.ts'
import { receive, type Ending } from './receive.ts'
import { reply, type Reply } from './reply.ts'
import { encrypt } from './tls-context.ts'
import { originalName } from '../inbox/upload-name.ts'
import { resolveVirtual } from './virtual-path.ts'

/**
 * A client that dies closes both connections, and the end of its data looks like the end of its file. So long is waited for the control
 * connection to tell the difference.
 */
const LAST_WORD_MS = 100
const LIST_WITHIN_MS = 10_000

const ANSWERS: Readonly<Record<Exclude<Ending, 'whole'>, Reply>> = {
  broken: reply(426, 'The data connection broke, send it again.'),
  stalled: reply(426, 'Nothing came for too long, send it again.'),
  cancelled: reply(426, 'Aborted.'),
  'too-large': reply(552, 'The file is too large.'),
  disk: reply(452, 'No room, try again later.'),
}

const stor: Handler = async (client, argument) => {
  const path = argument === '' ? null : resolveVirtual(client.cwd, argument)
  if (path === null || path === '/') return withoutData(client, reply(553, 'That is no name for a file.'))
  if (client.account === null) return reply(530, 'Log in first.')
  const upload = await client.account.inbox.begin(path)
  if (!upload.ok) return withoutData(client, reply(452, `The server ${upload.error}, try again later.`))
  const ended = await attempt(() => transfer(client, (socket, signal) => into(upload.value, socket, client, signal)), messageOf)
  return finish(client, client.account, { upload: upload.value, path, ended: ended.ok ? ended.value : err(reply(451, 'That went wrong.')) })
}

interface Ended {
  readonly upload: PartialUpload
  readonly path: string
  readonly ended: Result<Ending, Reply>
}

async function finish(client: Client, { camera, inbox }: Account, { upload, path, ended }: Ended): Promise<Reply> {
  const { host } = client.server
  const bytes = upload.bytes
  const outcome = ended.ok && ended.value === 'whole' && (await hungUp(client)) ? ok<Ending>('broken') : ended
  if (!outcome.ok || outcome.value !== 'whole') {
    await inbox.abort(upload, path, outcome.ok ? outcome.value : outcome.error.text.toString())
    return outcome.ok ? ANSWERS[outcome.value === 'whole' ? 'broken' : outcome.value] : outcome.error
  }
  const kept = await attempt(
    () => inbox.complete(upload, path),
    (cause) => codeOf(cause) || messageOf(cause),
  )
  if (!kept.ok) {
    host.log.error({ event_type: 'upload_not_kept', camera_name: camera, reason: kept.error }, 'an upload could not be stored')
    await inbox.abort(upload, path, 'it could not be stored')
    return ANSWERS.disk
  }
  client.uploads.add(path, bytes, host.clock.now())
  host.log.info({ event_type: 'upload_complete', camera_name: camera, original_name: originalName(path), bytes }, 'an upload is complete')
  return reply(226, 'It is ours, safe on disk.')
}

/** Whether the client is gone, now or in a moment. */
async function hungUp({ gone }: Client): Promise<boolean> {
  await within(new Promise(() => undefined), LAST_WORD_MS, gone)
  return gone.aborted
}

function into(upload: PartialUpload, socket: Socket, { server }: Client, signal: AbortSignal): Promise<Ending> {
  const { max_upload_bytes, stall_timeout_s, max_rate_bytes_s } = server.config
  const limits = { maxBytes: max_upload_bytes, stallMs: stall_timeout_s * 1000, rateBytesPerS: max_rate_bytes_s }
  return receive(socket, upload, limits, { clock: server.host.clock, signal })
}

/** Opens the data connection, encrypts it if so agreed, and closes it in the end. */
async function transfer<T>(client: Client, work: (socket: Socket, signal: AbortSignal) => Promise<T>): Promise<Result<T, Reply>> {
  const endpoint = client.data
  client.data = null
  if (endpoint === null) return err(reply(425, 'PASV or EPSV comes first.'))
  using _endpoint = endpoint
  const stop = new AbortController()
  const abort = () => stop.abort()
  client.gone.addEventListener('abort', abort, { once: true })
  if (client.gone.aborted) abort()
  client.transfer = stop
  let socket: Socket | null = null
  try {
    if (client.server.config.tls?.required === true && !client.protectsData)
      return err(reply(521, 'Data has to be encrypted here: PROT P.'))
    await client.announce(reply(150, 'Go ahead.'))
    const opened = await endpoint.connect(stop.signal)
    if (!opened.ok) return err(reply(425, `No data connection: ${opened.error}.`))
    socket = opened.value
    const secured = await protectedIfAgreed(client, socket)
    if (secured === null) return err(reply(425, 'The data connection could not be encrypted.'))
    socket = secured
    return ok(await work(socket, stop.signal))
  } finally {
    client.transfer = null
    client.gone.removeEventListener('abort', abort)
    socket?.destroy()
  }
}

async function protectedIfAgreed({ protectsData, server }: Client, socket: Socket): Promise<Socket | null> {
  if (!protectsData || server.tls === null) return socket
  const secured = await attempt(() => encrypt(socket, server.tls as NonNullable<typeof server.tls>), messageOf)
  return secured.ok ? secured.value : null
}

/** The client may have opened a data connection for a command that is refused. */
function withoutData(client: Client, refusal: Reply): Reply {
  client.data?.[Symbol.dispose]()
  client.data = null
  return refusal
}

const lister =
  (format: (files: readonly ListedFile[]) => string): Handler =>
  async (client, argument) => {
    const path = resolveVirtual(client.cwd, argument.replace(/^(?:-[A-Za-z]+ *)+/, ''))
    if (path === null) return withoutData(client, reply(501, 'That path is too long or too deep.'))
    const file = client.uploads.get(path)
    const text = format(file === null ? client.uploads.inFolder(path) : [file])
    const sent = await transfer(client, (socket, signal) => send(socket, text, signal))
    if (!sent.ok) return sent.error
    return sent.value ? reply(226, 'That is what you have sent.') : ANSWERS.broken
  }

async function send(socket: Socket, text: string, signal: AbortSignal): Promise<boolean> {
  let isSent = false
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('error', () => undefined)
  socket.resume() // it has nothing to say, but its end has to be noticed
  socket.end(text, () => (isSent = true))
  await within(closed, LIST_WITHIN_MS, signal)
  return isSent
}

/** Like STOR for a name that is new; adding to a file that is on its way already would change it in other hands. */
const appe: Handler = (client, argument) => {
  const path = resolveVirtual(client.cwd, argument)
  if (path !== null && client.account?.inbox.knows(path) === true) {
    return withoutData(client, reply(550, 'Nothing can be added to that file, send the whole of it with STOR.'))
  }
  return stor(client, argument)
}

export const TRANSFER_COMMANDS: Readonly<Record<string, Handler>> = {
  STOR: stor,
  APPE: appe,
  LIST: lister(asLongList),
  NLST: lister(asNames),
  MLSD: lister(asFacts),
  RETR: (client) => withoutData(client, reply(550, 'Uploads only.')),
  STOU: (client) => withoutData(client, reply(502, 'Give it a name with STOR.')),
  ABOR: () => reply(226, 'Nothing is under way any more.'),
}
