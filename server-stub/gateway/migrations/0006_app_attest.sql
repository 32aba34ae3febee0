-- The App Attest key of a phone, as it was last seen: an uncompressed point, its app, its counter. Assertions are judged by it.
ALTER TABLE device ADD COLUMN app_attest_point BLOB;
ALTER TABLE device ADD COLUMN app_attest_app TEXT;
ALTER TABLE device ADD COLUMN app_attest_counter INTEGER;
