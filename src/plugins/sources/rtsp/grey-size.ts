/**
 * The picture motion is looked for in, in pixels: always this size, whatever the camera's. A picture of another shape is stretched,
 * which motion does not mind, and a camera that changes its resolution changes nothing here.
 */
export const GREY_SIZE = { width: 320, height: 180 } as const
export const GREY_BYTES: number = GREY_SIZE.width * GREY_SIZE.height
