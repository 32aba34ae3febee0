-- Photos that ended without a receipt, and of which nothing lies here, are looked at once by each process, not each hour for ever.
ALTER TABLE capture ADD COLUMN looked_at INTEGER NOT NULL DEFAULT 0;
DROP INDEX capture_ended;
CREATE INDEX capture_ended ON capture (tenant, device_id, capture_id)
WHERE stored IS NULL AND (ticket IS NULL OR expired = 1) AND looked_at = 0;
CREATE INDEX capture_looked_at ON capture (looked_at) WHERE looked_at = 1;
