CREATE TABLE logs (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ts TIMESTAMPTZ NOT NULL,
  level TEXT NOT NULL,
  message TEXT NOT NULL,
  clip_id TEXT,
  camera_name TEXT,
  fields JSONB NOT NULL
);

COMMENT ON TABLE logs IS 'Telemetry, best effort, pruned by age and by number.';
COMMENT ON COLUMN logs.id IS 'Order of arrival.';
COMMENT ON COLUMN logs.ts IS 'When the line was logged.';
COMMENT ON COLUMN logs.level IS 'debug, info, warn or error.';
COMMENT ON COLUMN logs.message IS 'The constant sentence of the line.';
COMMENT ON COLUMN logs.clip_id IS 'The clip it was about, if any.';
COMMENT ON COLUMN logs.camera_name IS 'The camera it was about, if any.';
COMMENT ON COLUMN logs.fields IS 'The facts of the line, redacted before they come here.';

CREATE INDEX logs_by_age ON logs (ts);
CREATE INDEX logs_by_clip ON logs (clip_id, id) WHERE clip_id IS NOT NULL;
