const SOI = 0xd8
const EOI = 0xd9
const SOS = 0xda

/** Cuts a row of JPEG pictures into its pictures. A cut-off last one is left out. */
export function splitJpegs(stream: Buffer): Buffer[] {
  const pictures: Buffer[] = []
  let start = 0
  while (start + 1 < stream.length && stream[start] === 0xff && stream[start + 1] === SOI) {
    const end = endOfJpeg(stream, start + 2)
    if (end === null) break
    pictures.push(stream.subarray(start, end))
    start = end
  }
  return pictures
}

/** Walks the segments by their lengths (their contents may look like markers), then looks for the end marker in the scan. */
function endOfJpeg(stream: Buffer, from: number): number | null {
  let at = from
  while (at + 3 < stream.length && stream[at] === 0xff) {
    const marker = stream[at + 1]
    const next = at + 2 + stream.readUInt16BE(at + 2)
    if (marker === SOS) {
      const end = stream.indexOf(Buffer.from([0xff, EOI]), next)
      return end === -1 ? null : end + 2
    }
    at = next
  }
  return null
}

/** `pts_time:…` of each picked frame, in order. */
export function parseFrameTimes(metadata: string): number[] {
  return [...metadata.matchAll(/pts_time:(-?[\d.]+)/g)].map((found) => Math.max(0, Number(found[1])))
}
