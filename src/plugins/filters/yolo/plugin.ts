import { definePlugin } from '../../../contracts/plugin.ts'
import { YoloConfigSchema } from './config.ts'

/** Looks for people, vehicles and animals with an ONNX model. */
export const yoloFilter = definePlugin({
  kind: 'filter',
  name: 'yolo',
  config: YoloConfigSchema,
  async create(config, host) {
    const { YoloFilter } = await import('./yolo-filter.ts')
    return new YoloFilter(config, host)
  },
})
