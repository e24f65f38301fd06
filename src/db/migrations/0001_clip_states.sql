-- One row per clip. `data` is the whole state; every other column is taken from it, so that nothing can disagree with it.
CREATE TABLE clip_states (
  clip_id TEXT PRIMARY KEY,
  data JSONB NOT NULL,
  start_ts TIMESTAMPTZ NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  event_seq INTEGER NOT NULL,
  camera_name TEXT NOT NULL GENERATED ALWAYS AS (data ->> 'camera_name') STORED,
  status TEXT NOT NULL GENERATED ALWAYS AS (data ->> 'status') STORED,
  alerted BOOLEAN NOT NULL GENERATED ALWAYS AS (data #> '{alert_decision,notify}' IS NOT DISTINCT FROM 'true'::jsonb) STORED,
  detected BOOLEAN NOT NULL GENERATED ALWAYS AS (
    CASE jsonb_typeof(data #> '{filter_result,detected_classes}')
      WHEN 'array' THEN jsonb_array_length(data #> '{filter_result,detected_classes}') > 0
      ELSE FALSE
    END
  ) STORED,
  risk_level TEXT GENERATED ALWAYS AS (lower(data #>> '{analysis_result,risk_level}')) STORED,
  activity_type TEXT GENERATED ALWAYS AS (lower(data #>> '{analysis_result,activity_type}')) STORED,
  local_bytes BIGINT NOT NULL GENERATED ALWAYS AS (
    CASE WHEN data ->> 'local_deleted_at' IS NULL THEN coalesce((data ->> 'size_bytes')::bigint, 0) ELSE 0 END
  ) STORED,
  vlm_tokens BIGINT NOT NULL GENERATED ALWAYS AS (
    coalesce((data #>> '{vlm_usage,prompt_tokens}')::bigint, 0) + coalesce((data #>> '{vlm_usage,completion_tokens}')::bigint, 0)
  ) STORED,
  vlm_cost_usd DOUBLE PRECISION NOT NULL GENERATED ALWAYS AS (coalesce((data #>> '{vlm_usage,cost_usd}')::double precision, 0)) STORED,
  words TSVECTOR NOT NULL GENERATED ALWAYS AS (
    to_tsvector(
      'simple'::regconfig,
      translate(
        coalesce(data ->> 'camera_name', '') || ' ' || coalesce(data #>> '{analysis_result,summary}', '') || ' ' ||
        coalesce(data #>> '{analysis_result,activity_type}', '') || ' ' || coalesce(data #>> '{filter_result,detected_classes}', ''),
        '_-./@:', '      '
      )
    )
  ) STORED
);

COMMENT ON TABLE clip_states IS 'The state of every clip, an index over the journal files that can be rebuilt from them.';
COMMENT ON COLUMN clip_states.clip_id IS 'File name of the clip: {camera_name}_{epoch_seconds}.mp4.';
COMMENT ON COLUMN clip_states.data IS 'The folded state as in the journal file; keys we do not know are kept.';
COMMENT ON COLUMN clip_states.start_ts IS 'When the clip began. Plain, since a cast from text to an instant cannot be generated.';
COMMENT ON COLUMN clip_states.created_at IS 'When the clip was first recorded; never changes.';
COMMENT ON COLUMN clip_states.updated_at IS 'When the state last changed.';
COMMENT ON COLUMN clip_states.event_seq IS 'Number of events folded into data; a row never goes back to a lower one.';
COMMENT ON COLUMN clip_states.camera_name IS 'Camera the clip came from.';
COMMENT ON COLUMN clip_states.status IS 'queued_local, uploaded, filtered, analyzed, done, error or deleted.';
COMMENT ON COLUMN clip_states.alerted IS 'Whether the decision was to notify. False while there is no decision.';
COMMENT ON COLUMN clip_states.detected IS 'Whether any wanted class was detected. False while the filter has not run.';
COMMENT ON COLUMN clip_states.risk_level IS 'Risk level from the analysis, in lower case; null without one.';
COMMENT ON COLUMN clip_states.activity_type IS 'Activity from the analysis, in lower case; null without one.';
COMMENT ON COLUMN clip_states.local_bytes IS 'Size of the local file in bytes; 0 once it was removed.';
COMMENT ON COLUMN clip_states.vlm_tokens IS 'Tokens the analysis took, prompt and answer together.';
COMMENT ON COLUMN clip_states.vlm_cost_usd IS 'What the analysis cost in US dollars; 0 where no price is configured.';
COMMENT ON COLUMN clip_states.words IS 'Words of camera, summary, activity and detected classes, for free text search.';

-- Every list is ordered by (start_ts, clip_id), newest first, and continues after a row. So each filter gets an index that begins
-- with its column and ends in that order: a page deep in the list costs what the first one costs.
CREATE INDEX clip_states_newest ON clip_states (start_ts, clip_id) WHERE status <> 'deleted';
CREATE INDEX clip_states_by_status ON clip_states (status, start_ts, clip_id);
CREATE INDEX clip_states_by_camera ON clip_states (camera_name, start_ts, clip_id) INCLUDE (status, alerted, local_bytes)
  WHERE status <> 'deleted';
CREATE INDEX clip_states_by_alerted ON clip_states (alerted, start_ts, clip_id) WHERE status <> 'deleted';
CREATE INDEX clip_states_by_detected ON clip_states (detected, start_ts, clip_id) WHERE status <> 'deleted';
CREATE INDEX clip_states_by_risk ON clip_states (risk_level, start_ts, clip_id) WHERE status <> 'deleted' AND risk_level IS NOT NULL;
CREATE INDEX clip_states_by_activity ON clip_states (activity_type, start_ts, clip_id)
  WHERE status <> 'deleted' AND activity_type IS NOT NULL;
CREATE INDEX clip_states_vlm ON clip_states (start_ts) INCLUDE (vlm_tokens, vlm_cost_usd) WHERE vlm_tokens > 0;
CREATE INDEX clip_states_words ON clip_states USING gin (words);
