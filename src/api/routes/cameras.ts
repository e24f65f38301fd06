import { CamerasBodySchema } from '../../contracts/api/cameras.ts'
import { StatsBodySchema } from '../../contracts/api/stats.ts'
import { QUERY_TIMEOUT_MS, type Api, type ApiContext } from '../context.ts'
import { databaseProblem, sendProblem } from '../problems.ts'
import { answerWithin } from '../answer-within.ts'

export function cameraRoutes(app: Api, { deps, closing }: ApiContext): void {
  app.get(
    '/api/v1/cameras',
    { schema: { summary: 'Cameras and how they are', tags: ['cameras'], response: { 200: CamerasBodySchema } } },
    async () => ({
      cameras: [...deps.cameras()],
    }),
  )

  app.get(
    '/api/v1/stats',
    { schema: { summary: 'Counts, in all and for today', tags: ['cameras'], response: { 200: StatsBodySchema } } },
    async (_request, reply) => {
      const since = startOfDay(deps.clock.now()).toISOString()
      const stats = await answerWithin(QUERY_TIMEOUT_MS, closing, (signal) => deps.queries.stats(since, signal))
      if (!stats.ok) return sendProblem(reply, databaseProblem(stats.error, deps.log))
      const cameras = deps.cameras()
      return {
        ...stats.value,
        by_camera: [...stats.value.by_camera],
        cameras_total: cameras.length,
        cameras_online: cameras.filter(({ enabled, state }) => enabled && state === 'ok').length,
        uptime_s: deps.uptimeS(),
      }
    },
  )
}

/** Midnight in the time zone of the machine. */
function startOfDay(now: Date): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate())
}
