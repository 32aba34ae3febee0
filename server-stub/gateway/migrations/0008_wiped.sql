-- Each word of a phone that it was wiped, by the SHA-256 of the payload that it signed: a captured one is no news, whichever form
-- its signature has and whatever the phone said since. The text's digest told the two forms apart.
CREATE TABLE wiped_word (
    tenant TEXT NOT NULL,
    device_id TEXT NOT NULL,
    payload_sha256 TEXT NOT NULL,
    PRIMARY KEY (tenant, device_id, payload_sha256)
) WITHOUT ROWID;

ALTER TABLE device DROP COLUMN wiped;
