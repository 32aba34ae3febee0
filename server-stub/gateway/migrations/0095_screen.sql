-- How often a phone said that its screen was captured: in all, by its own count since it enrolled, and when that last grew.
ALTER TABLE device ADD COLUMN screen_captures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE device ADD COLUMN screen_captures_said INTEGER NOT NULL DEFAULT 0;
ALTER TABLE device ADD COLUMN screen_captured_at_ms INTEGER;
