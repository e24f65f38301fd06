import { expect, test } from 'vitest'
import { nalRole, ParameterSets, splitNalUnits } from './nal-units.ts'

const bytes = (...hex: readonly string[]) => hex.map((text) => Buffer.from(text, 'hex'))

test('a byte stream is cut at long and short start codes', () => {
  const [stream = Buffer.alloc(0)] = bytes('00000001090f000001674d00000300010000000165880000')
  expect(splitNalUnits(stream)).toEqual(bytes('090f', '674d0000030001', '6588'))
  expect(splitNalUnits(Buffer.from('no start code'))).toEqual([])
})

test.each([
  ['h264', '67', 'parameter_set'],
  ['h264', '68', 'parameter_set'],
  ['h264', '09', 'delimiter'],
  ['h264', '0c', 'delimiter'],
  ['h264', '06', 'other'],
  ['h264', '65', 'other'],
  ['h265', '4001', 'parameter_set'],
  ['h265', '4401', 'parameter_set'],
  ['h265', '4601', 'delimiter'],
  ['h265', '2601', 'other'],
] as const)('in %s a unit that begins with %s is a %s', (codec, hex, role) => {
  expect(nalRole(codec, Buffer.from(hex, 'hex'))).toBe(role)
})

test('each keyframe is preceded by all parameter sets, and delimiters are left out', () => {
  const sets = new ParameterSets('h264')
  const [delimiter, sps, pps, picture] = bytes('0910', '674d001fa0', '68e0', '6588') as [Buffer, Buffer, Buffer, Buffer]
  expect(sets.arrange([delimiter, pps, sps, picture], true)).toEqual([sps, pps, picture])
  expect(sets.arrange([delimiter, picture], false)).toEqual([picture])
  expect(sets.arrange([delimiter, picture], true)).toEqual([sps, pps, picture])
})

test('a set replaces the one with its id and stands beside those with other ids', () => {
  const sets = new ParameterSets('h264')
  const [pps0, pps1, newPps0] = bytes('68e0', '6840', '68f0') as [Buffer, Buffer, Buffer]
  sets.arrange([pps0, pps1, newPps0], false)
  expect(sets.all).toEqual([newPps0, pps1])
})
