/** The only way to a secret: by the name of its environment variable, as written in a `*_env` key of the config. */
export interface Secrets {
  /** The value, or undefined when the variable is not set or empty. */
  get(envName: string): string | undefined
}
