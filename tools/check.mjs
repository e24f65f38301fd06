// Runs the quick checks side by side and prints one line for each; the output of those that failed follows.
// `node tools/check.mjs lint types` runs only these.
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { delimiter, join } from 'node:path'

const root = join(import.meta.dirname, '..')

const CACHE = 'node_modules/.cache'

// Longest first, so that the short ones fill the gap at the end. Two at a time take two cores for about the same time.
const CHECKS = {
  // Its cache knows a file by its content, not by the types it imports: what only that would show, CI finds on its fresh clone.
  lint: [
    'eslint',
    '--cache',
    `--cache-location=${CACHE}/eslint/`,
    '--cache-strategy=content',
    '--no-error-on-unmatched-pattern',
    'src',
    'test',
    'bench',
    '*.ts',
  ],
  unit: ['vitest', 'run', '--project=unit', '--reporter=dot'],
  types: ['tsc', '--noEmit', '--incremental', '--tsBuildInfoFile', `${CACHE}/tsc/check.tsbuildinfo`],
  format: ['prettier', '--check', '--log-level=warn', '--cache', '.'],
  boundaries: ['depcruise', '--output-type=err', 'src'],
}

function run([program, ...args]) {
  const path = join(root, 'node_modules', '.bin') + delimiter + process.env.PATH
  const started = performance.now()
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, PATH: path, [process.stdout.isTTY ? 'FORCE_COLOR' : 'NO_COLOR']: '1' },
    })
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    child.on('error', (cause) => resolve({ code: 1, output: String(cause), seconds: 0 }))
    child.on('close', (code) => resolve({ code: code ?? 1, output, seconds: (performance.now() - started) / 1000 }))
  })
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !Object.hasOwn(CHECKS, name))
if (unknown.length > 0) {
  console.error(`unknown check: ${unknown.join(', ')} (known: ${Object.keys(CHECKS).join(', ')})`)
  process.exit(2)
}

const queue = Object.entries(CHECKS).filter(([name]) => asked.length === 0 || asked.includes(name))
const failed = []
const started = performance.now()

async function worker() {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [name, command] = next
    const { code, output, seconds } = await run(command)
    console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name.padEnd(11)} ${seconds.toFixed(1).padStart(5)} s`)
    if (code !== 0) failed.push({ name, output })
  }
}

await Promise.all(Array.from({ length: Math.max(2, Math.min(4, availableParallelism())) }, worker))
for (const { name, output } of failed) console.log(`\n── ${name} ${'─'.repeat(Math.max(0, 70 - name.length))}\n${output.trimEnd()}`)
console.log(
  `\n${failed.length === 0 ? 'all checks passed' : `failed: ${failed.map(({ name }) => name).join(', ')}`} in ${((performance.now() - started) / 1000).toFixed(1)} s`,
)
process.exit(failed.length === 0 ? 0 : 1)
