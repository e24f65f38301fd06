import { expect, test } from 'vitest'
import {
  firstFrameArguments,
  inputArguments,
  jpegArguments,
  jpegQscale,
  lastFramesArguments,
  packetTimeArguments,
  probeArguments,
  sampleArguments,
} from './arguments.ts'

const WHOLE = { first: 0, count: null }
const shape = { maxSize: 640, quality: 80 }

test.each([
  ['probe', probeArguments('/a')],
  ['first frame', firstFrameArguments('/a')],
  ['packet times', packetTimeArguments('/a')],
  ['samples', sampleArguments('/a', { sampleFps: 1, width: 8, height: 8, fit: 'contain' }, WHOLE)],
  ['samples from a second on', sampleArguments('/a', { sampleFps: 1, width: 8, height: 8, fit: 'contain' }, { first: 5, count: null })],
  ['jpegs', jpegArguments('/a', [0], shape, null)],
  ['last frames', lastFramesArguments('/a', 2, shape)],
])('%s opens local files only, in known containers only', (_, args) => {
  const input = args.indexOf('-i')
  expect(args.slice(input - 4, input)).toEqual(['-protocol_whitelist', 'file,pipe', '-format_whitelist', expect.stringMatching(/^mov,/)])
  expect(args[input + 1]).toBe('file:/a')
})

test.each([
  ['-rf', /^file:\/.*\/-rf$/],
  ['http://host/x.mp4', /^file:\/.*http:\/host\/x\.mp4$/],
  ["/spool/a b'; $(x) %03d.mp4", /^file:\/spool\/a b'; \$\(x\) %03d\.mp4$/],
])('the name %s stays a file name', (name, expected) => {
  expect(inputArguments(name).at(-1)).toMatch(expected)
})

test('sampling is a rate and happens before scaling', () => {
  const args = sampleArguments('/a', { sampleFps: 0.5, width: 416, height: 300, fit: 'contain' }, WHOLE)
  expect(args[args.indexOf('-vf') + 1]).toBe(
    'fps=fps=0.5:round=up:start_time=0,scale=w=416:h=300:force_original_aspect_ratio=decrease:flags=bilinear,format=rgb24',
  )
  const stretched = sampleArguments('/a', { sampleFps: 2, width: 8, height: 8, fit: 'stretch' }, WHOLE)
  expect(stretched[stretched.indexOf('-vf') + 1]).toContain('scale=w=8:h=8:flags=bilinear')
})

test('a span is sought from one sample before it, in containers with an index, and ends by itself', () => {
  const args = sampleArguments('/a', { sampleFps: 2, width: 8, height: 8, fit: 'contain' }, { first: 10, count: 4 })
  expect(args.slice(args.indexOf('-ss'), args.indexOf('-i') + 1)).toEqual(
    ['-ss', '4.500000', '-protocol_whitelist', 'file,pipe', '-format_whitelist', 'mov,matroska', '-i'], // prettier-ignore
  )
  expect(args[args.indexOf('-vf') + 1]).toMatch(/^fps=fps=2:round=up:start_time=0.5,/)
  expect(args[args.indexOf('-frames:v') + 1]).toBe('4')
})

test('every wanted second is one term of one pass', () => {
  const args = jpegArguments('/a', [0, 2.5], shape, null)
  expect(args[args.indexOf('-vf') + 1]).toContain("select='gte(t,0)*not(gte(prev_t,0))+gte(t,2.5)*not(gte(prev_t,2.5))'")
})

test.each([
  [100, 2],
  [85, 6],
  [50, 17],
  [1, 31],
  [0, 31],
  [500, 2],
])('quality %d is qscale %d', (quality, qscale) => {
  expect(jpegQscale(quality)).toBe(qscale)
})
