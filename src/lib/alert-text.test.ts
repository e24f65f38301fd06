import { expect, test } from 'vitest'
import { anAlert, aSystemAlert } from '../testkit/builders.ts'
import { alertText, messageLines, systemAlertText, viewLink } from './alert-text.ts'

const BERLIN = 'Europe/Berlin'
const unjudged = { risk_level: null, activity_type: null, summary: null } as const

test('a first alert says what was seen and that it is being checked', () => {
  expect(alertText(anAlert({ ...unjudged, stage: 'first' }), BERLIN)).toEqual({
    title: 'Person at front_door (being checked)',
    lines: ['01:00:00 on 2026-01-01, 10 s'],
  })
})

test('a verdict says the risk, the summary, why, and when by the clock at home', () => {
  expect(alertText(anAlert(), BERLIN)).toEqual({
    title: 'High risk at front_door: person at door',
    lines: ['A person stands at the door.', 'Why you are told: risk_level=high', '01:00:00 on 2026-01-01, 10 s'],
  })
  expect(alertText(anAlert(), 'America/New_York').lines.at(-1)).toBe('19:00:00 on 2025-12-31, 10 s')
})

test('a withdrawal takes the worry away', () => {
  const { title, lines } = alertText(anAlert({ stage: 'withdrawn', risk_level: 'low', summary: 'The postman.' }), BERLIN)
  expect(title).toBe('Nothing to worry about: person at front_door')
  expect(lines).toEqual(['The postman.', '01:00:00 on 2026-01-01, 10 s'])
  const deleted = alertText(anAlert({ ...unjudged, stage: 'withdrawn', notify_reason: 'clip_deleted' }))
  expect(deleted.title).toBe('Clip deleted: person at front_door')
})

test.each([
  [{ ...unjudged }, 'Person at front_door'],
  [{ ...unjudged, vlm_failed: true }, 'Person at front_door (not checked)'],
  [{ ...unjudged, notify_reason: 'unverified: detection failed' }, 'Person at front_door (not checked)'],
  [{ ...unjudged, detected_classes: [] }, 'Motion at front_door'],
  [{ ...unjudged, detected_classes: ['person', 'dog', 'car'] }, 'Person, dog and car at front_door'],
  [{ activity_type: 'unknown' }, 'High risk at front_door: person'],
])('the title of a verdict fits what is known: %j', (changes, title) => {
  expect(alertText(anAlert(changes)).title).toBe(title)
})

test.each([
  [{ upload_failed: true }, 'The upload failed: the clip is kept at home, and the upload is tried again.'],
  [{ upload_pending: true }, 'The clip is still uploading.'],
])('a clip without a link is explained: %j', (changes, line) => {
  expect(alertText(anAlert(changes)).lines.at(-1)).toBe(line)
})

test('text from cameras and models is one harmless line each', () => {
  const hostile = 'ok\r\nBcc: x@example.net\u001b[31m\u202e'
  const alert = anAlert({ summary: hostile, activity_type: hostile, notify_reason: hostile, detected_classes: [hostile] })
  for (const stage of ['first', 'verdict', 'withdrawn'] as const) {
    const { title, lines } = alertText({ ...alert, stage })
    expect([title, ...lines].filter((line) => /[\p{Cc}\p{Cf}]/u.test(line))).toEqual([])
  }
})

test('news about HomeSec says whom it is about, what, and when', () => {
  expect(systemAlertText(aSystemAlert({ code: 'disk_full', camera_name: null, message: 'Full.\nDelete something.' }), BERLIN)).toEqual({
    title: 'HomeSec: the disk is full',
    lines: ['Full. Delete something.', '01:00:20 on 2026-01-01'],
  })
  expect(systemAlertText(aSystemAlert({ code: 'part_down' })).title).toBe('HomeSec, front_door: something is down')
})

test.each([
  ['https://nvr.example/c/1?a=b', 'https://nvr.example/c/1?a=b'],
  ['http://nvr.lan:8081/x', 'http://nvr.lan:8081/x'],
  ['javascript:alert(1)', null],
  ['file:///etc/passwd', null],
  ['https://user:word@nvr.example/', null],
  ['/clips/1', null],
  [null, null],
])('only a web address is a link to click: %j', (view_url, link) => {
  expect(viewLink({ view_url })).toBe(link)
})

test('a digest keeps its lines, each made harmless; other news are one line whatever they quote', () => {
  const message = '2 alerts were held back:\nmon 23:14 front_door (low risk): A \u001b[31mcat\u001b[0m.\nmon 23:15 yard (not judged)'
  const lines = ['2 alerts were held back:', 'mon 23:14 front_door (low risk): A cat.', 'mon 23:15 yard (not judged)']
  expect(messageLines({ code: 'quiet_digest', message })).toEqual(lines)
  expect(messageLines({ code: 'part_down', message })).toEqual([lines.join(' ')])
})
