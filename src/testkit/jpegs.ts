/** Bytes whose header is that of a JPEG of this size, as long as wanted; nobody could look at it. */
export function aJpegHeader(size: { readonly width: number; readonly height: number }, bytes = 64): Uint8Array {
  const jpeg = Buffer.alloc(Math.max(bytes, 32))
  jpeg.write('ffd8ffc0001108', 'hex')
  jpeg.writeUInt16BE(size.height, 7)
  jpeg.writeUInt16BE(size.width, 9)
  jpeg.write('ffd9', jpeg.length - 2, 'hex')
  return jpeg
}
