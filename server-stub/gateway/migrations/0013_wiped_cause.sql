-- Why the phone said that it was wiped.
ALTER TABLE device ADD COLUMN wiped_cause TEXT;
