-- Refused photos that are to be judged again, because something inside was mended.
ALTER TABLE photo ADD COLUMN again INTEGER NOT NULL DEFAULT 0;
-- What it was refused for before.
ALTER TABLE photo ADD COLUMN was TEXT;
CREATE INDEX photo_again ON photo (log_index) WHERE again = 1;
-- A phone's enrolments that did not hold, and what was decided about it, are looked up then.
CREATE INDEX rejected_device ON rejected (device_id, log_index);
CREATE INDEX note_device ON note (device_id, log_index) WHERE kind = 'act';
-- Whether a photo was discarded after it was refused.
CREATE INDEX photo_capture ON photo (capture_id);
