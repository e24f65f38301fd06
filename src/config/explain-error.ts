import { plainText } from '../lib/plain-text.ts'
import { createRedactor } from '../lib/redact.ts'
import type { ConfigReport, LocatedProblem } from './problem.ts'

const MAX_LINE = 400

/** For a terminal: the file, then one line per mistake. */
export function explainConfigReport({ file, problems }: ConfigReport): string {
  const redact = createRedactor([])
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`
  const lines = problems.map((problem) => `  ${plainText(redact(explainProblem(problem)), MAX_LINE)}`)
  return [`${plainText(file, MAX_LINE)}: ${count}`, ...lines].join('\n')
}

/** `cameras[1].source.config.path (line 12): is missing. Folder to watch.` */
function explainProblem({ path, line, column, message, advice }: LocatedProblem): string {
  const place = line === null ? '' : path === '' ? `line ${line}, column ${column ?? 1}` : `line ${line}`
  const where = path === '' ? place : place === '' ? path : `${path} (${place})`
  const what = where === '' ? message : `${where}: ${message}`
  return advice === '' ? what : `${what}. ${advice}`
}
