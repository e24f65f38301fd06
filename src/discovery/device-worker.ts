import { serveJobs } from '../lib/serve-jobs.ts'
import { DeviceJobSchema, TALK_BEGINS } from './device-job.ts'
import { interview } from './interview.ts'

serveJobs((raw, tell) => {
  const job = DeviceJobSchema.parse(raw)
  tell(TALK_BEGINS)
  return interview(job)
})
