import { connect } from 'node:net'

const PROBE_MS = 5_000

/** Connects to an FTP server and reads its first line; null when there is none in time. */
export function probeGreeting(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    let heard = ''
    const socket = connect({ host: reachable(host), port })
    const finish = (greeting: string | null) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(greeting)
    }
    const timer = setTimeout(finish, PROBE_MS, null)
    socket.on('data', (bytes) => {
      heard = (heard + bytes.toString('latin1')).slice(0, 500)
      if (heard.includes('\n')) finish(heard)
    })
    socket.on('error', () => finish(null))
    socket.on('close', () => finish(null))
  })
}

/** Where a server that listens everywhere is to be found from here. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  return host === '::' ? '::1' : host
}
