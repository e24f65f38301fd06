import { codeOf, messageOf } from '../../../../contracts/errors.ts'

/** Why the server cannot listen, and what to do, for the owner. */
export function explainListenError(cause: unknown, host: string, port: number): string {
  const code = codeOf(cause)
  const advice: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} is used by another program; stop it, or choose another sources.ftp.port`,
    EACCES: `port ${port} needs rights that HomeSec does not have; choose a sources.ftp.port above 1023`,
    EADDRNOTAVAIL: `this machine has no address ${host}; correct sources.ftp.host`,
    ENOTFOUND: `there is no ${host}; correct sources.ftp.host`,
  }
  return advice[code] ?? `the FTP server cannot listen on ${host} port ${port} (${code || messageOf(cause)})`
}
