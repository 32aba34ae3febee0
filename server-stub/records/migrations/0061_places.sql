-- Where a body stands in the log, so that what is judged again is judged by what came before it. 0: before everything.
ALTER TABLE body ADD COLUMN log_index INTEGER NOT NULL DEFAULT 0;
UPDATE body SET log_index = COALESCE(
    (SELECT MIN(photo.log_index) FROM photo
     WHERE photo.capture_id = body.capture_id AND photo.chain_device = body.device_id AND photo.seq = body.seq
     AND (photo.device_id = photo.chain_device) = body.own
     AND COALESCE(photo.cause, '') NOT IN ('enrolment_invalid', 'manifest_invalid', 'chain_broken')), 0);

-- A phone that is believed after all has its photos judged again.
CREATE INDEX photo_unbelieved ON photo (device_id) WHERE cause = 'enrolment_invalid';
