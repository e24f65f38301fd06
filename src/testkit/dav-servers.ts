import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { ServerProcess } from './server-process.ts'
import type { Certificate } from './certificate.ts'

const APACHE = '/usr/sbin/apache2'
const APACHE_MODULES = '/usr/lib/apache2/modules'
const NGINX = '/usr/sbin/nginx'

/** Why tests with a real server must be skipped here, or null. */
export const NO_APACHE: string | null = existsSync(APACHE) ? null : 'Apache is not installed (Debian package "apache2-bin")'
export const NO_NGINX: string | null = existsSync(NGINX) ? null : 'nginx is not installed (Debian package "nginx-light")'

export const DAV_USER = 'cam user'
export const DAV_PASSWORD = 'pässword:with colon'

/** A real WebDAV server with one user. What it keeps is in `files`. */
export interface DavServer extends AsyncDisposable {
  readonly port: number
  readonly url: string
  readonly files: string
}

export async function startApache({ tls }: { readonly tls?: Certificate } = {}): Promise<DavServer> {
  return startServer('apache', tls, async (folder, port) => {
    const modules = ['mpm_event', 'authn_core', 'authn_file', 'authz_core', 'authz_user', 'auth_basic', 'dav', 'dav_fs', 'dir', 'mime']
    const config = [
      `ServerRoot ${folder}`,
      'ServerName localhost',
      `Listen 127.0.0.1:${port}`,
      `PidFile ${folder}/pid`,
      `ErrorLog ${folder}/error.log`,
      process.getuid?.() === 0 ? 'User www-data\nGroup www-data' : '',
      ...[...modules, ...(tls === undefined ? [] : ['ssl', 'socache_shmcb'])].map(
        (name) => `LoadModule ${name}_module ${APACHE_MODULES}/mod_${name}.so`,
      ),
      `TypesConfig /dev/null`,
      `DavLockDB ${folder}/state/locks`,
      tls === undefined ? '' : `SSLEngine on\nSSLCertificateFile ${tls.cert}\nSSLCertificateKeyFile ${tls.key}`,
      `DocumentRoot ${folder}/files`,
      `Alias /dav ${folder}/files`,
      `<Directory ${folder}/files>`,
      '  Dav On\n  AuthType Basic\n  AuthName cameras',
      `  AuthUserFile ${folder}/users\n  Require valid-user`,
      '</Directory>',
    ]
    const alias = `LoadModule alias_module ${APACHE_MODULES}/mod_alias.so`
    await writeFile(join(folder, 'server.conf'), `${[alias, ...config].join('\n')}\n`)
    return [APACHE, ['-X', '-f', join(folder, 'server.conf')]]
  })
}

export async function startNginx({ tls }: { readonly tls?: Certificate } = {}): Promise<DavServer> {
  return startServer('nginx', tls, async (folder, port) => {
    const config = `
      ${process.getuid?.() === 0 ? 'user www-data;' : ''}
      daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
      events {}
      http {
        access_log off; client_body_temp_path ${folder}/body; client_max_body_size 1g;
        proxy_temp_path ${folder}/t1; fastcgi_temp_path ${folder}/t2; uwsgi_temp_path ${folder}/t3; scgi_temp_path ${folder}/t4;
        server {
          listen 127.0.0.1:${port}${tls === undefined ? '' : ' ssl'};
          ${tls === undefined ? '' : `ssl_certificate ${tls.cert}; ssl_certificate_key ${tls.key};`}
          location /dav { alias ${folder}/files; dav_methods PUT DELETE MKCOL COPY MOVE; auth_basic cameras; auth_basic_user_file ${folder}/users; }
        }
      }`
    await writeFile(join(folder, 'server.conf'), config)
    return [NGINX, ['-c', join(folder, 'server.conf'), '-e', join(folder, 'error.log')]]
  })
}

type Prepare = (folder: string, port: number) => Promise<readonly [command: string, args: readonly string[]]>

async function startServer(name: string, tls: Certificate | undefined, prepare: Prepare): Promise<DavServer> {
  const folder = await mkdtemp(join(tmpdir(), `homesec-${name}-`))
  const files = join(folder, 'files')
  // Started by root, its workers are another user.
  await chmod(folder, 0o755)
  for (const writable of [files, join(folder, 'state')]) {
    await mkdir(writable)
    await chmod(writable, 0o777)
  }
  await writeFile(join(folder, 'users'), `${DAV_USER}:${passwordHash()}\n`)
  const port = await freePort()
  const [command, args] = await prepare(folder, port)
  const server = await ServerProcess.start(command, args, port)
  return {
    port,
    files,
    url: `http${tls === undefined ? '' : 's'}://127.0.0.1:${port}/dav`,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function passwordHash(): string {
  return execFileSync('openssl', ['passwd', '-apr1', DAV_PASSWORD]).toString().trim()
}
