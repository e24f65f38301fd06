export interface FrameSize {
  readonly width: number
  readonly height: number
}

/** A small grey picture, row by row, one byte a pixel. */
export interface GreyFrame extends FrameSize {
  readonly pixels: Uint8Array
}
