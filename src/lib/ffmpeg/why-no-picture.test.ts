import { expect, test } from 'vitest'
import { whyNoPicture } from './why-no-picture.ts'

test.each([
  ['an ffmpeg that was killed', { exitCode: null, stderr: '' }, 'unavailable'],
  ['a disk that fails', { exitCode: 1, stderr: '/nas/clip.mp4: Input/output error' }, 'unavailable'],
  ['no memory', { exitCode: 1, stderr: 'Error while opening decoder: Cannot allocate memory' }, 'unavailable'],
  ['rights', { exitCode: 1, stderr: 'clip.mp4: Permission denied' }, 'unavailable'],
  ['what is no video', { exitCode: 1, stderr: 'clip.mp4: Invalid data found when processing input' }, 'invalid'],
])('%s', (_what, ended, kind) => {
  expect(whyNoPicture(ended)).toMatchObject({ kind })
})
