-- What a phone reported as gone wrong, by its name: the SHA-256 of the payload that it signed, since hardware signs the same differently
-- each time; its leaf; and whether the phone was revoked when it came.
CREATE TABLE phone_report (
    tenant TEXT NOT NULL,
    device_id TEXT NOT NULL,
    report_id TEXT NOT NULL,
    payload_sha256 TEXT NOT NULL,
    idx INTEGER NOT NULL,
    revoked INTEGER NOT NULL,
    PRIMARY KEY (tenant, device_id, report_id)
) WITHOUT ROWID;
