const START_OF_IMAGE = 0xffd8
const START_OF_SCAN = 0xda
/** Frame headers; 0xc4, 0xc8 and 0xcc among them are tables and reserved. */
const isFrameHeader = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
const isWithoutLength = (marker: number) => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)

/** Width and height in pixels as the header of a JPEG says; null when it is none. */
export function jpegSize(jpeg: Uint8Array): { readonly width: number; readonly height: number } | null {
  const view = new DataView(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength)
  if (view.byteLength < 4 || view.getUint16(0) !== START_OF_IMAGE) return null
  let at = 2
  while (at + 9 <= view.byteLength) {
    if (view.getUint8(at) !== 0xff) return null
    const marker = view.getUint8(at + 1)
    if (isFrameHeader(marker)) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) }
    if (marker === START_OF_SCAN) return null
    // Markers may be padded with any number of 0xff.
    if (marker === 0xff) at += 1
    else at += isWithoutLength(marker) ? 2 : 2 + view.getUint16(at + 2)
  }
  return null
}
