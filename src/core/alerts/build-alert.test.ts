import { describe, expect, test } from 'vitest'
import { aClipState } from '../../testkit/clip-states.ts'
import { buildAlert } from './build-alert.ts'

describe('what the household is told', () => {
  const now = new Date('2026-01-01T00:01:00Z')
  const upload = (status: 'running' | 'ok' | 'error') => {
    const state = aClipState({ storage_uri: status === 'ok' ? 'memory:a' : null })
    return { ...state, stages: { ...state.stages, upload: { ...state.stages.upload, status } } }
  }

  test.each([
    ['running', true, false],
    ['ok', false, false],
    ['error', false, true],
  ] as const)('an upload that is %s: pending %s, failed %s', (status, upload_pending, upload_failed) => {
    expect(buildAlert(upload(status), now)).toMatchObject({ upload_pending, upload_failed, ts: now.toISOString() })
  })

  test('while not all places have a copy, it carries the first that has a link, and says that the upload is under way', () => {
    const copy = (second: number, view_url: string | null) => {
      return { storage_uri: `local:${second}`, view_url, stored_at: `2026-01-01T00:00:0${second}.000Z` }
    }
    const copies = { usb: copy(3, 'https://usb'), cloud: copy(2, 'https://cloud'), nas: copy(1, null) }
    const early = buildAlert(aClipState({ copies }), now)
    expect(early).toMatchObject({ storage_uri: 'local:2', view_url: 'https://cloud', upload_pending: true, upload_failed: false })
    expect(buildAlert(aClipState({ copies: { nas: copies.nas } }), now)).toMatchObject({ storage_uri: 'local:1', view_url: null })
    const all = buildAlert(aClipState({ copies, storage_uri: 'mirror:a', view_url: 'https://usb' }), now)
    expect(all).toMatchObject({ storage_uri: 'mirror:a', view_url: 'https://usb' })
  })

  test('without an analysis the risk is unknown, and the clip is its own key', () => {
    const alert = buildAlert(aClipState(), now)
    expect(alert).toMatchObject({ risk_level: null, summary: null, dedupe_key: alert.clip_id, detected_classes: [], confidence: 0 })
  })
})
