import { CAMERA_NAME_PATTERN } from '../../contracts/clip.ts'

/** `front_door_1767225600.mp4`; the second one of the same second ends in `_2`. */
export function clipIdFor(cameraName: string, startSeconds: number, nth: number): string {
  return `${cameraName}_${startSeconds}${nth > 1 ? `_${nth}` : ''}.mp4`
}

/** The second in a clip's name, for a clip whose journal is gone; null when the name does not belong to the camera. */
export function startSecondsOf(cameraName: string, clipId: string): number | null {
  if (!CAMERA_NAME_PATTERN.test(cameraName) || !clipId.startsWith(`${cameraName}_`)) return null
  const match = /^(\d{1,12})(?:_\d{1,6})?\.mp4$/.exec(clipId.slice(cameraName.length + 1))
  return match === null ? null : Number(match[1])
}
