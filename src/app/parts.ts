import type { AppConfig } from '../config/schema.ts'
import type { Clock } from '../contracts/clock.ts'
import type { Logger } from '../contracts/logger.ts'
import type { Redact } from '../lib/redact.ts'
import type { Scope } from '../lib/scope.ts'
import type { Pipeline } from './build-pipeline.ts'
import type { BuiltCamera, BuiltPlugins } from './build-plugins.ts'
import type { CameraWatch } from './camera-watch.ts'
import type { HealthMonitor } from './health-monitor.ts'
import type { ClipDatabase } from './open-index.ts'

/** Everything the composition root has built; its helpers take what they use. */
export interface Parts {
  readonly config: AppConfig
  readonly clock: Clock
  readonly log: Logger
  readonly redact: Redact
  readonly scope: Scope
  readonly pipeline: Pipeline
  readonly plugins: BuiltPlugins
  readonly cameras: readonly BuiltCamera[]
  readonly cameraWatch: CameraWatch
  readonly health: HealthMonitor
  readonly index: ClipDatabase
}
