-- When a phone said what was last taken in of it, by its own clock: what comes behind that and is older changes nothing.
ALTER TABLE device ADD COLUMN said_at_s INTEGER NOT NULL DEFAULT 0;
