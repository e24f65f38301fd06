import type { Alert, SystemAlert } from '../contracts/alert.ts'
import type { AnalysisResult } from '../contracts/analysis.ts'
import type { Clip } from '../contracts/clip.ts'
import type { FilterResult } from '../contracts/detection.ts'

/** Valid values with one obvious meaning each; a test names only what it is about. */
export function aClip(changes: Partial<Clip> = {}): Clip {
  const clip_id = changes.clip_id ?? 'front_door_1767225600.mp4'
  return {
    clip_id,
    camera_name: 'front_door',
    local_path: `/spool/front_door/${clip_id}`,
    start_ts: '2026-01-01T00:00:00.000Z',
    end_ts: '2026-01-01T00:00:10.000Z',
    duration_s: 10,
    size_bytes: 1000,
    content_sha256: 'a'.repeat(64),
    source_backend: 'folder',
    original_name: 'clip.mp4',
    motion_scores: null,
    ...changes,
  }
}

export function aFilterResult(changes: Partial<FilterResult> = {}): FilterResult {
  return {
    detected_classes: ['person'],
    confidence: 0.9,
    model: 'mock',
    sampled_frames: 3,
    first_hit_s: 1,
    best_frame_s: 1,
    detections: [{ class: 'person', confidence: 0.9, box: [0.4, 0.1, 0.2, 0.8], second: 1 }],
    ...changes,
  }
}

export const NOTHING_DETECTED: FilterResult = aFilterResult({
  detected_classes: [],
  confidence: 0,
  first_hit_s: null,
  best_frame_s: null,
  detections: [],
})

export function anAnalysis(changes: Partial<AnalysisResult> = {}): AnalysisResult {
  return {
    risk_level: 'high',
    activity_type: 'person_at_door',
    summary: 'A person stands at the door.',
    observations: ['A person walks up the path.'],
    entities_timeline: [{ entity: 'person', from_s: 1, to_s: 5, action: 'walks to the door' }],
    requires_review: false,
    ...changes,
  }
}

export function anAlert(changes: Partial<Alert> = {}): Alert {
  const clip_id = changes.clip_id ?? 'front_door_1767225600.mp4'
  return {
    clip_id,
    camera_name: 'front_door',
    storage_uri: `local:clips/front_door/${clip_id}`,
    view_url: null,
    risk_level: 'high',
    activity_type: 'person_at_door',
    notify_reason: 'risk_level=high',
    summary: 'A person stands at the door.',
    ts: '2026-01-01T00:00:12.000Z',
    dedupe_key: clip_id,
    upload_failed: false,
    upload_pending: false,
    vlm_failed: false,
    start_ts: '2026-01-01T00:00:00.000Z',
    duration_s: 10,
    detected_classes: ['person'],
    confidence: 0.9,
    thumbnail_uri: null,
    stage: 'verdict',
    ...changes,
  }
}

export function aSystemAlert(changes: Partial<SystemAlert> = {}): SystemAlert {
  return {
    code: 'stage_exhausted',
    severity: 'error',
    message: 'Upload failed 3 times; it will be retried.',
    camera_name: 'front_door',
    clip_id: 'front_door_1767225600.mp4',
    ts: '2026-01-01T00:00:20.000Z',
    ...changes,
  }
}
