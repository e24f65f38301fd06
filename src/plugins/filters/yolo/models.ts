/** What the command line does with models. */
export { listModels, resolveModel, type ListedModel, type ModelPlace } from './model-list.ts'
export { pullModel, type PullOptions } from './pull-model.ts'
