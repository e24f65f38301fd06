import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runChild } from '../child-process.ts'
import { probeVideo } from './probe.ts'
import { remuxToMp4 } from './remux.ts'

const signal = new AbortController().signal

async function video(name: string, codecs: readonly string[]): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'remux-')), name)
  const inputs = ['-f', 'lavfi', '-i', 'testsrc=size=160x120:rate=10:duration=2', '-f', 'lavfi', '-i', 'sine=duration=2']
  const made = await runChild('ffmpeg', ['-nostdin', '-loglevel', 'error', ...inputs, ...codecs, path], { signal, maxStdoutBytes: 1000 })
  if (!made.ok || made.value.exitCode !== 0) throw new Error(made.ok ? made.value.stderr : made.error.message)
  return path
}

test.each([
  ['matroska with AAC', 'clip.mkv', ['-c:v', 'libx264', '-c:a', 'aac'], true],
  ['matroska with G.711, which MP4 cannot hold', 'clip.mkv', ['-c:v', 'libx264', '-c:a', 'pcm_alaw'], true],
  ['a transport stream without sound', 'clip.ts', ['-c:v', 'libx264', '-an'], false],
])('%s becomes an MP4 with all its pictures', async (_what, name, codecs, hasAudio) => {
  const path = await video(name, codecs)
  const output = `${path}.mp4`
  expect(await probeVideo(path, signal)).toMatchObject({ ok: true, value: { is_mp4: false } })
  expect(await remuxToMp4(path, output, signal)).toEqual({ ok: true, value: undefined })
  const probed = await probeVideo(output, signal)
  expect(probed).toMatchObject({ ok: true, value: { is_mp4: true, codec: 'h264', width: 160, has_audio: hasAudio } })
  if (probed.ok) expect(probed.value.duration_s).toBeCloseTo(2, 0)
})
