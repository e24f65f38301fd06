// Runs every bench/*.ts (or those named) one after another and prints one table.
// A bench prints JSON lines on standard output: {"name","value","unit","limit","pass","detail"}; anything else is passed on.
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const root = join(import.meta.dirname, '..')
const asked = process.argv.slice(2)
const benches = readdirSync(join(root, 'bench'))
  .filter((file) => file.endsWith('.bench.ts') || (file.endsWith('.ts') && !file.startsWith('_')))
  .filter((file) => asked.length === 0 || asked.some((name) => file.startsWith(name)))
  .sort()

function resultIn(line) {
  try {
    const value = JSON.parse(line)
    return typeof value === 'object' && value !== null && 'name' in value && 'pass' in value ? value : null
  } catch {
    return null
  }
}

async function run(file) {
  const child = spawn(process.execPath, ['--expose-gc', '--import', 'tsx', join('bench', file)], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = new Promise((resolve) => child.on('close', resolve))
  const results = []
  for await (const line of createInterface({ input: child.stdout })) {
    const result = resultIn(line)
    if (result === null) console.log(line)
    else results.push(result)
  }
  const code = await exited
  if (code !== 0) results.push({ name: file, value: null, unit: '', limit: null, pass: false, detail: `exited with ${code}` })
  if (results.length === 0) results.push({ name: file, value: null, unit: '', limit: null, pass: false, detail: 'printed no result' })
  return results
}

const number = (value) => (typeof value === 'number' ? String(Number(value.toPrecision(3))) : (value ?? ''))

function table(results) {
  const rows = [['benchmark', 'measured', 'limit', 'pass', 'detail']]
  for (const { name, value, unit, limit, pass, detail } of results) {
    const measured = value === null ? '' : `${number(value)} ${unit ?? ''}`.trim()
    rows.push([name, measured, String(number(limit)), pass ? 'yes' : 'NO', detail ?? ''])
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  const lines = rows.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`)
  lines.splice(1, 0, `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`)
  return lines.join('\n')
}

const results = []
for (const file of benches) {
  console.error(`bench: ${file}`)
  results.push(...(await run(file)))
}
console.log(table(results))
process.exit(results.every(({ pass }) => pass) ? 0 : 1)
