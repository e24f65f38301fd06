import { definePlugin } from '../../../contracts/plugin.ts'
import { MockFilterConfigSchema } from './config.ts'

/** Says what it was told to say, without looking. For trying out the rest of the pipeline. */
export const mockFilter = definePlugin({
  kind: 'filter',
  name: 'mock',
  config: MockFilterConfigSchema,
  create: async (config, host) => {
    const { MockFilter } = await import('./mock-filter.ts')
    return new MockFilter(config, host.clock)
  },
})
