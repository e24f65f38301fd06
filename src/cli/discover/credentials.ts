import { createSecrets, readEnvironment } from '../../config/secrets.ts'
import { err, ok, type Result } from '../../contracts/result.ts'
import type { Credentials } from '../../discovery/device-job.ts'
import { canPrompt, prompt } from '../prompt.ts'

export interface CredentialFlags {
  readonly usernameEnv?: string
  readonly passwordEnv?: string
}

/** From the variables that the flags name, or null where they name none. A value is never repeated: it may be the password itself. */
export async function credentialsFromEnvironment(flags: CredentialFlags): Promise<Result<Credentials | null, string>> {
  if (flags.usernameEnv === undefined || flags.passwordEnv === undefined) return ok(null)
  const environment = await readEnvironment([process.cwd()])
  if (!environment.ok) return environment
  const secrets = createSecrets(environment.value.values)
  const [username, password] = [secrets.get(flags.usernameEnv), secrets.get(flags.passwordEnv)]
  const help = 'names no variable that is set, in the environment or in a file .env here'
  if (username === undefined) return err(`--username-env ${help}`)
  return password === undefined ? err(`--password-env ${help}`) : ok({ username, password })
}

/** Null where nobody is there to ask, or an empty answer was given. */
export async function credentialsFromPrompt(found: number, signal: AbortSignal): Promise<Credentials | null> {
  if (!canPrompt()) return null
  const cameras = found === 1 ? 'the camera' : `the ${found} cameras`
  const questions = [
    { text: `User name of ${cameras} (empty: list them without their streams): `, hidden: false },
    { text: 'Password (not shown): ', hidden: true },
  ]
  const [username, password] = (await prompt(questions, signal)) ?? []
  return username === undefined || password === undefined ? null : { username, password }
}
