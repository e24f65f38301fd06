import { z } from 'zod'

/** The name of an environment variable, in a setting that ends in `_env`. A secret that is pasted there is mostly no name. */
export const EnvNameSchema = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable, never the secret itself')
