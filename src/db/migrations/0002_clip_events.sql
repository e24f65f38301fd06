CREATE TABLE clip_events (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  clip_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  event_type TEXT NOT NULL,
  ts TIMESTAMPTZ NOT NULL,
  data JSONB NOT NULL,
  UNIQUE (clip_id, seq)
);

COMMENT ON TABLE clip_events IS 'What happened to each clip, in order. No foreign key: events and states are written independently.';
COMMENT ON COLUMN clip_events.id IS 'Order of arrival in this database.';
COMMENT ON COLUMN clip_events.clip_id IS 'The clip it happened to.';
COMMENT ON COLUMN clip_events.seq IS 'Place of the event within its clip, from 1.';
COMMENT ON COLUMN clip_events.event_type IS 'What happened: clip_recorded, upload_completed, …';
COMMENT ON COLUMN clip_events.ts IS 'When it happened.';
COMMENT ON COLUMN clip_events.data IS 'The whole event as in the journal file.';
