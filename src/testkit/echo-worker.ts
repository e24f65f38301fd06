import { spawn } from 'node:child_process'
import { pluginError } from '../contracts/errors.ts'
import { err, ok } from '../contracts/result.ts'
import { serveJobs } from '../lib/serve-jobs.ts'

/** A worker that does what a test tells it. */
serveJobs(async (job, tell) => {
  const [what] = Array.isArray(job) ? (job as unknown[]) : []
  if (what === 'die') process.kill(process.pid, 'SIGKILL')
  if (what === 'fail') return err(pluginError('rejected', 'no', new Error('kept out of the message')))
  if (what === 'throw') throw new Error('oops')
  if (what === 'hang') await new Promise((resolve) => setTimeout(resolve, 1e8))
  if (what === 'spawn') {
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 1e8)'], { stdio: 'ignore' })
    return ok(child.pid)
  }
  if (what === 'tell') tell('first')
  if (what === 'environment') return ok(Object.keys(process.env))
  return ok({ job, pid: process.pid })
})
