-- When each photo got its receipt, so that the oldest that waits for the hospital is known; not known of those from before.
ALTER TABLE capture ADD COLUMN stored_at_ms INTEGER;
CREATE INDEX capture_waiting ON capture (tenant, stored_at_ms) WHERE stored IS NOT NULL AND outcome IS NULL;
CREATE INDEX device_heard ON device (tenant, heard_at_ms);
