// Runs all vitest projects (arguments are passed on to vitest) and writes the totals that `.ci/run` prints last.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const report = join(root, '.tmp', 'test-report.json')
const totalsFile = join(root, '.tmp', 'test-totals.txt')

mkdirSync(join(root, '.tmp'), { recursive: true })
rmSync(report, { force: true })
rmSync(totalsFile, { force: true })

const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
const args = [vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...process.argv.slice(2)]
const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })

const totals = { passed: 0, failed: 0, skipped: 0 }
for (const file of readReport()?.testResults ?? []) {
  const failedBefore = totals.failed
  for (const test of file.assertionResults) {
    if (test.status === 'passed') totals.passed += 1
    else if (test.status === 'failed') totals.failed += 1
    else totals.skipped += 1
  }
  // A file that could not even be loaded has no test to count.
  if (file.status === 'failed' && totals.failed === failedBefore) totals.failed += 1
}
// An unhandled rejection, or a vitest that died: never "0 failed" for a run that did not succeed.
if (status !== 0 && totals.failed === 0) totals.failed = 1

writeFileSync(totalsFile, `${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`)
process.exit(totals.failed === 0 ? 0 : 1)

function readReport() {
  try {
    return JSON.parse(readFileSync(report, 'utf8'))
  } catch {
    return null
  }
}
