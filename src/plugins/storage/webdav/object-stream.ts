import { Readable } from 'node:stream'
import type { IncomingMessage } from 'node:http'
import type { ByteRange, ObjectRead } from '../../../contracts/storage.ts'
import { outside, spanOf } from '../../../lib/remote-storage/address.ts'
import { fault } from '../../../lib/remote-storage/fault.ts'

/** What was asked for out of an answer to GET, also of a server that takes no notice of ranges and sends everything. */
export function objectStream(response: IncomingMessage, range: ByteRange | null): ObjectRead {
  try {
    if (response.statusCode === 206 && range !== null) {
      const size = sizeIn(response.headers['content-range'], range)
      return { stream: streamOf(response, 0, Infinity), size }
    }
    const size = lengthOf(response)
    const { start, end } = spanOf(range, size)
    return { stream: streamOf(response, start, end), size }
  } catch (cause) {
    response.destroy()
    throw cause
  }
}

/** A stream of its own, since Node leaves an answer and its connection open when its reader stops half way. */
function streamOf(response: IncomingMessage, start: number, end: number): Readable {
  return Readable.from(cut(response, start, end), { objectMode: false }).once('close', () => response.destroy())
}

async function* cut(bytes: AsyncIterable<Buffer>, start: number, end: number): AsyncGenerator<Buffer> {
  let position = 0
  for await (const chunk of bytes) {
    const wanted = chunk.subarray(Math.max(0, start - position), Math.max(0, end - position))
    position += chunk.length
    if (wanted.length > 0) yield wanted
    if (position >= end) return
  }
}

function lengthOf(response: IncomingMessage): number {
  const length = response.headers['content-length']
  if (length === undefined) throw fault('invalid', 'the server does not say how large the file is')
  return Number(length)
}

function sizeIn(contentRange: string | undefined, range: ByteRange): number {
  const [, start, size] = /^bytes (\d+)-\d+\/(\d+)$/.exec(contentRange ?? '') ?? []
  if (start === undefined || size === undefined) throw fault('invalid', 'the server sent a part without saying which')
  if (Number(start) !== range.start) throw outside(range, 'what the server sent')
  return Number(size)
}
