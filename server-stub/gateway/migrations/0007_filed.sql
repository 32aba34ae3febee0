-- With the tenant in front: without it SQLite goes through all photos of the tenant each time it looks for filed ones to delete.
DROP INDEX capture_filed;
CREATE INDEX capture_filed ON capture (tenant, filed_at_ms) WHERE blob = 1 AND filed_at_ms IS NOT NULL;
