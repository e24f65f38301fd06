import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testData } from '../src/testkit/videos.ts'
import { skip } from './_report.ts'

/** Runs a benchmark on the recorded video and the real model, in a folder of its own; without them it is reported as skipped. */
export async function withRecordedVideo(
  name: string,
  measure: (folder: string, video: string, model: string) => Promise<void>,
): Promise<void> {
  const video = testData('videos/one-by-one-person.mp4')
  const model = testData('models/yolox_nano.onnx')
  if (video === null || model === null) {
    skip(name, 'no recorded test material (../shared/data or HOMESEC_TEST_DATA)')
    return
  }
  const folder = await mkdtemp(join(tmpdir(), 'homesec-bench-'))
  try {
    await measure(folder, video, model)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
