import { setMaxListeners } from 'node:events'
import { within } from '../lib/within.ts'
import type { Parts } from './parts.ts'
import { watchOutages } from './watch-outages.ts'

const START_WITHIN_MS = 5_000

type Started = Pick<Parts, 'config' | 'clock' | 'log' | 'scope' | 'pipeline' | 'cameras' | 'cameraWatch' | 'health'>

/** Starts every source, and watches from now on whether the cameras and what they need stay up. */
export async function startCameras({ config, clock, log, scope, pipeline, cameras, cameraWatch, health }: Started): Promise<void> {
  const stop = new AbortController()
  setMaxListeners(0, stop.signal) // every source listens
  // Owned late, so stopped early: nothing new arrives while the rest goes down.
  scope.defer('sources', async () => stop.abort())
  // Owned last: that everything stops with the program is no news.
  scope.own('camera watch', cameraWatch.start())
  scope.own('outages', watchOutages({ health: () => health.health(), cameras: config.cameras, alerts: pipeline.alerts, clock }))
  const starting = cameras.map(async ({ name, backend, source }) => {
    try {
      await source.start(pipeline.intake.sinkFor({ camera_name: name, source_backend: backend }), stop.signal)
    } catch (cause) {
      // One bad camera never stops the others.
      log.error({ event_type: 'source_start_failed', camera_name: name, cause }, 'a camera could not be started')
    }
  })
  // Nor does one that hangs: it may still come up later.
  await within(Promise.all(starting), START_WITHIN_MS, stop.signal)
}
