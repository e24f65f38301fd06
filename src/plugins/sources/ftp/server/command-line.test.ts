import { expect, test } from 'vitest'
import { LineReader, type Line } from './command-line.ts'

const read = (...pieces: (string | Uint8Array)[]) => {
  const reader = new LineReader()
  return pieces.flatMap((piece) => reader.push(Buffer.from(piece))).map(tell)
}

function tell(line: Line): string {
  return line.kind === 'command' ? `${line.command.verb}|${line.command.argument}` : line.kind
}

test.each<[string, (string | Uint8Array)[], string[]]>([
  ['a command', ['NOOP\r\n'], ['NOOP|']],
  ['lower case', ['stor a.mp4\r\n'], ['STOR|a.mp4']],
  ['no carriage return', ['NOOP\n'], ['NOOP|']],
  ['blanks in a name, at its end too', ['STOR a b \r\n'], ['STOR|a b ']],
  ['a password with a leading blank', ['PASS  x\r\n'], ['PASS| x']],
  ['pieces', ['ST', 'OR a', '\r', '\nNO', 'OP\r\n'], ['STOR|a', 'NOOP|']],
  ['several at once', ['USER a\r\nPASS b\r\nTYPE I\r\n'], ['USER|a', 'PASS|b', 'TYPE|I']],
  ['an unfinished one', ['NOOP'], []],
  ['UTF-8 in pieces', [Buffer.from('MKD ü\r\n').subarray(0, 5), Buffer.from('MKD ü\r\n').subarray(5)], ['MKD|ü']],
  ['an older character set', [Buffer.from('MKD ü\r\n', 'latin1')], ['MKD|ü']],
  ['telnet signals', [Buffer.from([0xff, 0xf4, 0xff, 0xf2, ...Buffer.from('ABOR\r\n')])], ['ABOR|']],
  ['nothing', ['\r\n'], ['not-a-command']],
  ['NUL', ['STOR a\0b\r\n'], ['not-a-command']],
  ['a carriage return inside', ['STOR a\rb\r\n'], ['not-a-command']],
  ['no verb', ['../../x\r\n'], ['not-a-command']],
  ['a line of 5000 bytes, then another', [`STOR ${'x'.repeat(5000)}\r\n`, 'NOOP\r\n'], ['too-long', 'NOOP|']],
  ['a line of 5000 bytes in pieces', ['x'.repeat(3000), 'x'.repeat(2000), '\r\nNOOP\r\n'], ['too-long', 'NOOP|']],
])('%s', (_what, pieces, lines) => {
  expect(read(...pieces)).toEqual(lines)
})

test('it knows whether a line is under way', () => {
  const reader = new LineReader()
  expect(reader.isMidLine).toBe(false)
  reader.push(Buffer.from('US'))
  expect(reader.isMidLine).toBe(true)
  reader.push(Buffer.from('ER a\r\n'))
  expect(reader.isMidLine).toBe(false)
})
