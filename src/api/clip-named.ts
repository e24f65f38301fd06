import type { ProblemCode } from '../contracts/api/problem.ts'
import type { ClipStateData } from '../contracts/clip-state.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import { QUERY_TIMEOUT_MS, type ApiContext } from './context.ts'
import { databaseProblem } from './problems.ts'
import { answerWithin } from './answer-within.ts'

/** The clip, or what to answer instead. */
export async function clipNamed(id: string, { deps, closing }: ApiContext): Promise<Result<ClipStateData, ProblemCode>> {
  const found = await answerWithin(QUERY_TIMEOUT_MS, closing, (signal) => deps.clips.get(id, signal))
  if (!found.ok) return err(databaseProblem(found.error, deps.log))
  return found.value === null ? err('CLIP_NOT_FOUND') : ok(found.value)
}
