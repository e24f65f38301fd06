import { open, type FileHandle } from 'node:fs/promises'

const METADATA_FIELD = 14
const MAX_ENTRY_BYTES = 1_000_000
const LENGTH_DELIMITED = 2

/**
 * The key-value pairs that exporters leave in an ONNX file (`names`, `stride`). The runtime does not hand them out, so we read
 * them: the file is one protobuf message, and all its fields but these are skipped by their length.
 */
export async function readOnnxMetadata(path: string): Promise<ReadonlyMap<string, string>> {
  await using file = await open(path)
  const { size } = await file.stat()
  const metadata = new Map<string, string>()
  let position = 0
  while (position < size) {
    const field = await readField(file, position)
    if (field === null) break
    if (field.number === METADATA_FIELD && field.wire === LENGTH_DELIMITED && field.length <= MAX_ENTRY_BYTES) {
      const bytes = Buffer.alloc(field.length)
      await file.read(bytes, 0, field.length, field.start)
      const [key, value] = entryOf(bytes)
      metadata.set(key, value)
    }
    position = field.start + field.length
  }
  return metadata
}

interface Field {
  readonly number: number
  readonly wire: number
  /** Where the contents begin, and how long they are. */
  readonly start: number
  readonly length: number
}

async function readField(file: FileHandle, position: number): Promise<Field | null> {
  const head = Buffer.alloc(20)
  const { bytesRead } = await file.read(head, 0, head.length, position)
  return fieldAt(head.subarray(0, bytesRead), 0, position)
}

/** Null where no field begins: not protobuf, or its end. */
function fieldAt(bytes: Buffer, at: number, base: number): Field | null {
  const tag = varintAt(bytes, at)
  if (tag === null) return null
  const number = Math.floor(tag.value / 8)
  const wire = tag.value % 8
  if (wire === 1 || wire === 5) return { number, wire, start: base + tag.next, length: wire === 1 ? 8 : 4 }
  const value = varintAt(bytes, tag.next)
  if (value === null || (wire !== 0 && wire !== LENGTH_DELIMITED)) return null
  return { number, wire, start: base + value.next, length: wire === 0 ? 0 : value.value }
}

function varintAt(bytes: Buffer, from: number): { readonly value: number; readonly next: number } | null {
  let value = 0
  for (let at = from; at < Math.min(bytes.length, from + 10); at += 1) {
    const byte = bytes[at] ?? 0
    value += (byte & 0x7f) * 2 ** (7 * (at - from))
    if (byte < 0x80) return { value, next: at + 1 }
  }
  return null
}

/** Field 1 is the key, field 2 the value. */
function entryOf(bytes: Buffer): [string, string] {
  const parts = ['', '']
  let at = 0
  while (at < bytes.length) {
    const field = fieldAt(bytes, at, 0)
    if (field === null) break
    if (field.number === 1 || field.number === 2) parts[field.number - 1] = bytes.toString('utf8', field.start, field.start + field.length)
    at = field.start + field.length
  }
  return [parts[0] ?? '', parts[1] ?? '']
}
