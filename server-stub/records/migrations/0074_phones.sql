-- When a phone showed its evidence last.
CREATE INDEX note_shown ON note (device_id, log_index) WHERE kind = 'reattestation';
