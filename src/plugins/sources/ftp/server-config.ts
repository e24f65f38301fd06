import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { parsePortRange } from './port-range.ts'

const file = () => z.string().refine((path) => isAbsolute(path) && !path.includes('\0'), 'use an absolute path')

const TlsSchema = z
  .strictObject({
    cert: file().describe('File with the certificate, and those that signed it, in PEM form.'),
    key: file().optional().describe('File with the private key in PEM form. Or key_env.'),
    key_env: z.string().optional().describe('Variable with the private key in PEM form, instead of a file.'),
    required: z
      .boolean()
      .default(false)
      .describe(
        'true: who does not encrypt cannot log in. false: cameras that cannot encrypt may upload too, their passwords in the clear.',
      ),
  })
  .refine(({ key, key_env }) => (key === undefined) !== (key_env === undefined), { path: ['key'], error: 'name either key or key_env' })

/** `sources.ftp`: the one server that all cameras of this backend share. */
export const ServerConfigSchema = z.strictObject({
  host: z.string().min(1).default('0.0.0.0').describe('Address to listen on. 0.0.0.0: the whole network, each camera with its password.'),
  port: z.number().int().min(1).max(65_535).default(2121).describe('TCP port. Below 1024 needs rights that HomeSec should not have.'),
  passive_ports: z
    .string()
    .nullable()
    .default(null)
    .transform((text, context) => {
      const ports = parsePortRange(text)
      if (ports.ok) return ports.value
      context.addIssue({ code: 'custom', message: ports.error })
      return z.NEVER
    })
    .describe('Ports for data connections, such as "60000-60010"; open them in firewall and container. null: any free port.'),
  masquerade_address: z
    .ipv4()
    .nullable()
    .default(null)
    .describe('IPv4 address told to clients in answers to PASV, for servers behind NAT or in a container. null: the one they came to.'),
  active_mode: z
    .boolean()
    .default(false)
    .describe('true: data connections may also be made from here to the client (PORT, EPRT), to its own address only.'),
  tls: TlsSchema.nullable()
    .default(null)
    .describe('Certificate for encryption (explicit TLS). null: passwords and footage cross the network in the clear.'),
  max_connections: z.number().int().min(1).max(1000).default(64).describe('Clients at once. Further ones are told to come back later.'),
  max_connections_per_address: z.number().int().min(1).max(1000).default(32).describe('Clients at once from one address.'),
  max_upload_bytes: z.number().int().positive().default(2e9).describe('Bytes one file may have. A larger one is cut off and kept aside.'),
  max_waiting_bytes: z
    .number()
    .int()
    .positive()
    .default(10e9)
    .describe('Bytes of one camera that may wait to be taken in. Beyond it uploads are refused as passing trouble, so that cameras retry.'),
  max_rate_bytes_s: z
    .number()
    .int()
    .min(10_000)
    .nullable()
    .default(null)
    .describe('Bytes per second one upload may have; a faster one is slowed down. null: no limit.'),
  min_free_bytes: z
    .number()
    .int()
    .nonnegative()
    .default(500e6)
    .describe('Bytes that stay free on the disk. Below it uploads are refused as passing trouble, and the cameras count as down.'),
  idle_timeout_s: z.number().min(5).max(3600).default(120).describe('Seconds without a command after which a client is disconnected.'),
  stall_timeout_s: z.number().min(1).max(3600).default(30).describe('Seconds without a byte after which an upload counts as aborted.'),
  max_login_failures: z.number().int().min(1).max(1000).default(10).describe('Wrong passwords from one address before it is locked out.'),
  lockout_s: z.number().min(1).max(86_400).default(60).describe('Seconds an address is locked out.'),
})
export type ServerConfig = z.output<typeof ServerConfigSchema>
