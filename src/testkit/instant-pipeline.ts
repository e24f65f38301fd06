import { ok } from '../contracts/result.ts'
import { anAnalysis } from './builders.ts'
import { PipelineFixture } from './pipeline-fixture.ts'

const USAGE = { model: 'vlm-1', prompt_tokens: 10, completion_tokens: 2, cost_usd: null }

export function gate(): { readonly opens: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined
  const opens = new Promise<void>((resolve) => (open = resolve))
  return { opens, open }
}

/** A pipeline that tells at once, with an analysis that waits. */
export function instant(notifiers: readonly string[] = ['phone']) {
  const pipeline = new PipelineFixture()
  pipeline.mode = 'instant'
  pipeline.notifiers = notifiers
  const analysis = gate()
  pipeline.vlm = async () => {
    await analysis.opens
    return ok({ analysis: anAnalysis(), usage: USAGE })
  }
  return { pipeline, judge: analysis.open }
}
