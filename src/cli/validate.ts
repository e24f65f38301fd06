import { EXIT, type ExitCode } from './exit-codes.ts'
import { openConfig } from './open-config.ts'
import { complain, print } from './terminal.ts'

export async function validate(configPath: string): Promise<ExitCode> {
  const opened = await openConfig(configPath)
  if (!opened.ok) {
    complain(opened.error)
    return EXIT.failed
  }
  const { config, warnings } = opened.value.loaded
  for (const warning of warnings) complain(`warning: ${warning}`)
  const cameras = config.cameras.map(({ name, source }) => `${name} (${source.backend})`)
  print(`${configPath} is valid`)
  print(`  cameras: ${cameras.join(', ')}`)
  print(
    `  storage ${config.storage.backend}, filter ${config.filter.backend}, vlm ${config.vlm.backend ?? 'none'} (${config.vlm.run_mode})`,
  )
  print(`  alerts: policy ${config.alert_policy.backend}, to ${config.notifiers.map(({ name }) => name).join(', ') || 'nobody'}`)
  return EXIT.ok
}
