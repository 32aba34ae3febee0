-- When each leaf was appended, so that it is known for how long the oldest waits for its witness; not known of those from before.
ALTER TABLE leaf ADD COLUMN at_ms INTEGER;
