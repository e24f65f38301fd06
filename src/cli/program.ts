import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { readVersion } from '../app/version.ts'
import { messageOf } from '../contracts/errors.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import type { DiscoverFlags } from './discover.ts'
import { complain } from './terminal.ts'

/** Parses the command line and runs one command. Commands are imported when they are called, so `--help` is instant. */
export async function runCli(argv: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok
  const program = buildProgram((code) => (exitCode = code))
  try {
    await program.parseAsync([...argv])
    return exitCode
  } catch (cause) {
    if (cause instanceof CommanderError) return cause.exitCode === 0 ? EXIT.ok : EXIT.usage
    complain(`homesec: ${messageOf(cause)}`)
    return EXIT.failed
  }
}

type Finish = (code: ExitCode) => void

function buildProgram(finish: Finish): Command {
  const program = new Command('homesec')
    .description('Home security cameras: clips recorded, stored, searched, judged and announced, at home.')
    .version(readVersion())
    .exitOverride()
    .showHelpAfterError('(homesec --help lists the commands)')
  addServiceCommands(program, finish)
  addVideoCommands(program, finish)
  addDiscoverCommand(program, finish)
  addModelCommands(program, finish)
  return program
}

const CONFIG = ['--config <file>', 'configuration file'] as const

function addServiceCommands(program: Command, finish: Finish): void {
  program
    .command('run')
    .description('Watch the cameras until stopped')
    .requiredOption(...CONFIG)
    .action(async ({ config }: { config: string }) => finish(await (await import('./run.ts')).run(config)))
  program
    .command('validate')
    .description('Check a configuration and report every mistake')
    .requiredOption(...CONFIG)
    .action(async ({ config }: { config: string }) => finish(await (await import('./validate.ts')).validate(config)))
  program
    .command('doctor')
    .description('Try every part of a configuration and say what does not work')
    .requiredOption(...CONFIG)
    .action(async ({ config }: { config: string }) => finish(await (await import('./doctor.ts')).doctor(config)))
  program
    .command('reindex')
    .description('Rebuild the database from the journals in the spool; HomeSec must not be running')
    .requiredOption(...CONFIG)
    .action(async ({ config }: { config: string }) => finish(await (await import('./reindex.ts')).reindex(config)))
}

interface AnalyzeFlags {
  readonly config?: string
  readonly camera?: string
  readonly model?: string
  readonly sampleFps?: number
  readonly fullScan?: boolean
  readonly json?: boolean
  readonly dataDir?: string
}

function addVideoCommands(program: Command, finish: Finish): void {
  program
    .command('demo')
    .description('Draw a street scene and take it through the whole pipeline: no camera, account or internet needed')
    .option('--once', 'end after the first alert: code 0, or 1 with the reason after 90 s')
    .action(async ({ once }: { once?: boolean }) => finish(await (await import('./demo.ts')).demo({ once: once === true })))
  program
    .command('analyze')
    .description('Filter, analyse and decide for any video file; stores nothing, tells nobody, may download a model into the data folder')
    .argument('<video...>', 'video files')
    .option(...CONFIG)
    .option('--camera <name>', 'judge by the rules of this camera of the configuration')
    .option('--model <model>', 'detection model: path of an ONNX file, or a name (see: homesec models list)')
    .option('--sample-fps <n>', 'frames looked at per second', positiveNumber)
    .option('--full-scan', 'look at the whole video instead of stopping at the first hit')
    .option('--data-dir <folder>', 'where models are, without a configuration', './homesec-data')
    .option('--json', 'one JSON object per video on standard output')
    .action(async (videos: string[], flags: AnalyzeFlags) => finish(await (await import('./analyze.ts')).analyze(videos, flags)))
}

/** No flag takes a password: the list of processes would show it. */
function addDiscoverCommand(program: Command, finish: Finish): void {
  program
    .command('discover')
    .description('Find the cameras of your network (ONVIF), their streams, and the lines for the configuration')
    .option('--username-env <name>', 'variable that holds the user name of the cameras; without it, the terminal asks')
    .option('--password-env <name>', 'variable that holds their password')
    .option('--timeout-s <n>', 'seconds to listen, and to wait for each answer of a camera', fewSeconds, 5)
    .option('--address <ip[:port]>', 'ask this device instead of the whole network; can be given several times', append)
    .option('--interface <name>', 'network interface to ask on, by name or address; can be given several times', append)
    .option('--json', 'one JSON object per device on standard output')
    .addOption(new Option('--yaml', 'a configuration with these cameras on standard output').conflicts('json'))
    .action(async (flags: DiscoverFlags) => finish(await (await import('./discover.ts')).discover(flags)))
}

function addModelCommands(program: Command, finish: Finish): void {
  const models = program.command('models').description('Detection models')
  const dataDir = ['--data-dir <folder>', 'data folder, without a configuration', './homesec-data'] as const
  models
    .command('list')
    .description('Models that can be fetched by name, and those that are here')
    .option(...CONFIG)
    .option(...dataDir)
    .action(async (flags: { config?: string; dataDir: string }) => finish(await (await import('./models.ts')).list(flags)))
  models
    .command('pull')
    .description('Fetch a model into data_dir/models')
    .argument('<name>', 'name of the model')
    .option(...CONFIG)
    .option(...dataDir)
    .action(async (name: string, flags: { config?: string; dataDir: string }) =>
      finish(await (await import('./models.ts')).pull(name, flags)),
    )
}

function positiveNumber(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0.')
  return value
}

function fewSeconds(text: string): number {
  const value = positiveNumber(text)
  if (value > 60) throw new InvalidArgumentError('It must be at most 60.')
  return value
}

function append(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}
