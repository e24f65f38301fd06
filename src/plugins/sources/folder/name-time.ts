/** Seconds since 1970 as this product and some cameras write them: `front_door_1767225600.mp4`. Ten digits: 2001 to 2286. */
const EPOCH = /(?:^|[_-])([1-9]\d{9})(?:_\d{1,6})?\.[a-z0-9]+$/i
/** UTC, and says so: `2026-01-01T00-00-00Z`, `20260101T000000Z`. A local time is ambiguous, so it is not used. */
const UTC = /(\d{4})-?(\d{2})-?(\d{2})T(\d{2})[-:_]?(\d{2})[-:_]?(\d{2})Z/i

/** When recording began, if the file's name says so beyond doubt. */
export function startFromName(name: string, now: Date): string | null {
  const epoch = EPOCH.exec(name)?.[1]
  const utc = UTC.exec(name)
  const text = utc === null ? '' : `${utc[1]}-${utc[2]}-${utc[3]}T${utc[4]}:${utc[5]}:${utc[6]}Z`
  const at = epoch === undefined ? Date.parse(text) : Number(epoch) * 1000
  // Ten digits of a serial number are no time, and what has not happened yet was not recorded.
  return Number.isNaN(at) || at > now.getTime() + 60_000 ? null : new Date(at).toISOString()
}
