import { WEEKDAYS, type Weekday } from '../../contracts/weekdays.ts'

/** A time of every day, or of some, as the clock on the wall shows it. */
export interface QuietHours {
  readonly fromMinute: number
  /** Not included. Earlier than `fromMinute`: on the next day. */
  readonly toMinute: number
  /** The days on which it begins. */
  readonly days: readonly Weekday[]
  /** Null: the machine's own. */
  readonly timeZone: string | null
}

/**
 * Whether it is quiet now. Pure. Goes by the clock on the wall, so an hour that summer time skips is not there, and one that the return
 * to winter time repeats is quiet twice.
 */
export function isQuiet({ fromMinute, toMinute, days, timeZone }: QuietHours, now: Date): boolean {
  const { day, minute } = wallClock(now, timeZone)
  if (fromMinute < toMinute) return days.includes(day) && minute >= fromMinute && minute < toMinute
  return (days.includes(day) && minute >= fromMinute) || (days.includes(dayBefore(day)) && minute < toMinute)
}

export interface WallClock {
  readonly day: Weekday
  /** Since midnight. */
  readonly minute: number
}

export function wallClock(now: Date, timeZone: string | null): WallClock {
  const parts = formatFor(timeZone).formatToParts(now)
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((each) => each.type === type)?.value ?? ''
  const day = WEEKDAYS.find((each) => each === part('weekday').toLowerCase()) ?? 'mon'
  return { day, minute: Number(part('hour')) * 60 + Number(part('minute')) }
}

/** Minutes since midnight of `22:00`. */
export function minuteOf(time: string): number {
  const [hours = '0', minutes = '0'] = time.split(':')
  return Number(hours) * 60 + Number(minutes)
}

function dayBefore(day: Weekday): Weekday {
  return WEEKDAYS.at(WEEKDAYS.indexOf(day) - 1) ?? day
}

function formatFor(timeZone: string | null): Intl.DateTimeFormat {
  const zone = timeZone === null ? {} : { timeZone }
  return new Intl.DateTimeFormat('en-US', { weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...zone })
}
