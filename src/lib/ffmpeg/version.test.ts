import { expect, test } from 'vitest'
import { isFfmpegNewEnough } from './version.ts'

test.each([
  ['ffmpeg version 5.1.8-0+deb12u1 Copyright (c) 2000-2025 the FFmpeg developers', true],
  ['ffmpeg version 7.0.2-static https://johnvansickle.com/ffmpeg/', true],
  ['ffmpeg version n8.0 Copyright (c) 2000-2025 the FFmpeg developers', true],
  ['ffmpeg version N-118000-gabcdef Copyright', true],
  ['ffmpeg version 2024-01-01-git-abcdef-full_build', true],
  ['ffmpeg version 5.0.1 Copyright', false],
  ['ffmpeg version 4.4.2-0ubuntu0.22.04.1 Copyright', false],
])('%s: new enough %s', (line, isNewEnough) => {
  expect(isFfmpegNewEnough(line)).toBe(isNewEnough)
})
