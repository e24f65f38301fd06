-- The planner takes an unknown word for a common one and reads the whole table in search of it. In here it cannot.
CREATE FUNCTION clips_with_words(query TSQUERY, at_most INTEGER) RETURNS SETOF TEXT
LANGUAGE sql STABLE
SET enable_seqscan = off
BEGIN ATOMIC
  SELECT clip_states.clip_id FROM clip_states WHERE clip_states.words @@ query LIMIT at_most;
END;

COMMENT ON FUNCTION clips_with_words(TSQUERY, INTEGER) IS 'Clips that hold the words, in no order, through the index of words.';
