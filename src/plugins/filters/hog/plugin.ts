import { definePlugin } from '../../../contracts/plugin.ts'
import { HogConfigSchema } from './config.ts'

/** Looks for people with OpenCV's built-in detector, which needs no download. */
export const hogFilter = definePlugin({
  kind: 'filter',
  name: 'hog',
  config: HogConfigSchema,
  async create(config, host) {
    const { HogFilter } = await import('./hog-filter.ts')
    return new HogFilter(config, host)
  },
})
