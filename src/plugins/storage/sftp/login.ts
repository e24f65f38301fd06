import { readFile } from 'node:fs/promises'
import ssh2, { type AnyAuthMethod, type ParsedKey } from 'ssh2'
import { codeOf, messageOf } from '../../../contracts/errors.ts'
import type { Secrets } from '../../../contracts/secrets.ts'
import { fault } from '../../../lib/remote-storage/fault.ts'
import type { SftpConfig } from './config.ts'

/** What we show a server to be let in. */
export class Login {
  readonly #config: SftpConfig
  readonly #secrets: Secrets
  /** Kept, since a passphrase is slow to apply on purpose: about a second of this process, which each connection would cost again. */
  #key: ParsedKey | null = null

  constructor(config: SftpConfig, secrets: Secrets) {
    this.#config = config
    this.#secrets = secrets
  }

  /** The ways to try, in order. Throws a `StorageFault` when something for them is missing or unusable. */
  async methods(): Promise<AnyAuthMethod[]> {
    const { username, password_env } = this.#config
    const key = await this.#privateKey()
    const methods: AnyAuthMethod[] = key === null ? [] : [{ type: 'publickey', username, key }]
    if (password_env === undefined) return methods
    const password = this.#secret(password_env)
    return [
      ...methods,
      { type: 'password', username, password },
      // The same password, for servers that insist on asking for it.
      { type: 'keyboard-interactive', username, prompt: (...[, , , prompts, answer]) => answer(prompts.map(() => password)) },
    ]
  }

  async #privateKey(): Promise<ParsedKey | null> {
    const text = await this.#keyText()
    if (text === null) return null
    const { passphrase_env } = this.#config
    this.#key ??= parsed(text, passphrase_env === undefined ? undefined : this.#secret(passphrase_env))
    return this.#key
  }

  async #keyText(): Promise<string | null> {
    const { private_key_env, private_key_file } = this.#config
    if (private_key_env !== undefined) return this.#secret(private_key_env)
    if (private_key_file === undefined) return null
    try {
      return await readFile(private_key_file, 'utf8')
    } catch (cause) {
      throw fault('rejected', `the file in \`private_key_file\` cannot be read (${codeOf(cause) || messageOf(cause)})`)
    }
  }

  #secret(envName: string): string {
    const value = this.#secrets.get(envName)
    if (value === undefined) throw fault('rejected', `the environment variable ${envName} is not set`)
    return value
  }
}

function parsed(text: string, passphrase: string | undefined): ParsedKey {
  const key = ssh2.utils.parseKey(text, passphrase)
  if (key instanceof Error) {
    // Its words say what is wrong with the key, and hold nothing of it.
    throw fault(
      'rejected',
      `the private key cannot be used: check \`private_key_file\`, \`private_key_env\` and \`passphrase_env\` (${key.message})`,
    )
  }
  return key
}
