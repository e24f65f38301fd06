import type { Alert, SystemAlert } from '../contracts/alert.ts'
import { plainText } from './plain-text.ts'

/** A message for a person: plain text without markup, each piece one harmless line. What a channel has to escape or cut is its business. */
export interface MessageText {
  readonly title: string
  readonly lines: readonly string[]
}

const MOST_SUMMARY = 1000
const MOST_LINES = 30
const MOST_URL = 2000

const NEWS: Readonly<Record<SystemAlert['code'], string>> = {
  stage_exhausted: 'a step keeps failing',
  clip_quarantined: 'a clip was set aside',
  clip_not_taken: 'a clip was not taken in',
  clip_lost: 'a clip was lost',
  disk_full: 'the disk is full',
  disk_floor: 'the disk is nearly full',
  journal_unreadable: 'a record cannot be read',
  vlm_budget_spent: "today's budget for analyses is spent",
  recovery_digest: 'what happened while it was down',
  quiet_digest: 'what was held back',
  part_down: 'something is down',
  part_up: 'it is back',
}

/**
 * What an alert says in words, the same on every channel that a person reads. The link is not in it: see `viewLink`.
 * @param timeZone absent: the machine's own, which is the owner's.
 */
export function alertText(alert: Alert, timeZone?: string): MessageText {
  return { title: titleOf(alert), lines: [...aboutIt(alert), whenOf(alert, timeZone), ...whereabouts(alert)] }
}

export function systemAlertText(alert: SystemAlert, timeZone?: string): MessageText {
  const about = alert.camera_name === null ? '' : `, ${plainText(alert.camera_name, 64)}`
  return { title: `HomeSec${about}: ${NEWS[alert.code]}`, lines: [...messageLines(alert), localTime(alert.ts, timeZone)] }
}

/** A digest has a line for each alert, whose text was made harmless before; any other message could be split by what it quotes. */
export function messageLines({ code, message }: Pick<SystemAlert, 'code' | 'message'>): string[] {
  if (code !== 'quiet_digest') return [plainText(message, MOST_SUMMARY)]
  return message.split('\n', MOST_LINES).map((line) => plainText(line, MOST_SUMMARY))
}

/** The link to the clip, if it is one that a person may be given to click: http or https, without a password in it. */
export function viewLink(alert: Pick<Alert, 'view_url'>): string | null {
  if (alert.view_url === null || alert.view_url.length > MOST_URL || !URL.canParse(alert.view_url)) return null
  const { protocol, username, password, href } = new URL(alert.view_url)
  const isWeb = protocol === 'https:' || protocol === 'http:'
  return isWeb && username === '' && password === '' ? href : null
}

function titleOf(alert: Alert): string {
  const where = `at ${plainText(alert.camera_name, 64)}`
  if (alert.stage === 'first') return `${capital(seen(alert))} ${where} (being checked)`
  if (alert.stage === 'withdrawn') return `${withdrawnFor(alert)}: ${seen(alert)} ${where}`
  if (alert.risk_level === null) return `${capital(seen(alert))} ${where}${isUnchecked(alert) ? ' (not checked)' : ''}`
  return `${capital(alert.risk_level)} risk ${where}: ${activity(alert) ?? seen(alert)}`
}

/** What the owner deleted was not judged harmless by anybody. */
function withdrawnFor({ notify_reason }: Alert): string {
  return notify_reason === 'clip_deleted' ? 'Clip deleted' : 'Nothing to worry about'
}

function isUnchecked({ vlm_failed, notify_reason }: Alert): boolean {
  return vlm_failed || notify_reason.startsWith('unverified')
}

function aboutIt(alert: Alert): string[] {
  if (alert.stage === 'first') return []
  const why = alert.stage === 'verdict' ? [`Why you are told: ${plainText(alert.notify_reason)}`] : []
  return alert.summary === null ? why : [plainText(alert.summary, MOST_SUMMARY), ...why]
}

/** Time of day first: it is what a person at home looks for. */
function whenOf(alert: Alert, timeZone?: string): string {
  const length = Math.round(alert.duration_s)
  return `${localTime(alert.start_ts, timeZone)}${length === 0 ? '' : `, ${length} s`}`
}

/** Why there is no link to click, where the reader could wonder. */
function whereabouts(alert: Alert): string[] {
  if (alert.stage !== 'verdict') return []
  if (alert.upload_failed) return ['The upload failed: the clip is kept at home, and the upload is tried again.']
  return alert.upload_pending ? ['The clip is still uploading.'] : []
}

/** What the detector saw, e.g. `person`, `person and car`. */
function seen({ detected_classes }: Alert): string {
  const words = detected_classes.slice(0, 4).map((name) => plainText(name, 40))
  const last = words.pop()
  if (last === undefined) return 'motion'
  return words.length === 0 ? last : `${words.join(', ')} and ${last}`
}

function activity({ activity_type }: Alert): string | null {
  return activity_type === null || activity_type === 'unknown' ? null : plainText(activity_type, 64).replaceAll('_', ' ')
}

function localTime(timestamp: string, timeZone?: string): string {
  const zone = timeZone === undefined ? {} : { timeZone }
  const at = new Date(timestamp)
  // Swedish writes dates as ISO 8601 does, and hours from 00 to 23.
  const time = new Intl.DateTimeFormat('sv-SE', { timeStyle: 'medium', ...zone }).format(at)
  return `${time} on ${new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', ...zone }).format(at)}`
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
