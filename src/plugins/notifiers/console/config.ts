import { z } from 'zod'

export const ConsoleConfigSchema = z.strictObject({
  stream: z
    .enum(['stdout', 'stderr'])
    .default('stderr')
    .describe('Where alerts are printed. Default stderr: standard output stays free for --json and pipes.'),
  system: z
    .boolean()
    .default(true)
    .describe(
      'Print news about HomeSec itself (full disk, camera down). Default true: such trouble shows up next to the alerts; with false a digest of alerts still does.',
    ),
})
export type ConsoleConfig = Readonly<z.output<typeof ConsoleConfigSchema>>
