import { serveJobs } from '../lib/serve-jobs.ts'
import { DeviceJobSchema } from './device-job.ts'
import { interview } from './interview.ts'

serveJobs((raw) => interview(DeviceJobSchema.parse(raw)))
