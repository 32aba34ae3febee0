-- Everything the gateway knows. Sealed photos are files; nothing here opens one.
CREATE TABLE device (
    tenant TEXT NOT NULL,
    device_id TEXT NOT NULL,
    device_key TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'revoked')),
    enrolment_sha256 TEXT NOT NULL,
    enrolment_index INTEGER NOT NULL,
    follows TEXT,
    highest_seq INTEGER NOT NULL DEFAULT 0,
    unsent INTEGER NOT NULL DEFAULT 0,
    heard_at_ms INTEGER,
    PRIMARY KEY (tenant, device_id)
) WITHOUT ROWID;

CREATE TABLE spent_token (
    tenant TEXT NOT NULL,
    token_id TEXT NOT NULL,
    enrolment_sha256 TEXT NOT NULL,
    PRIMARY KEY (tenant, token_id)
) WITHOUT ROWID;

-- The log: leaves in order, and the roots of complete subtrees (level 0 are the leaves' hashes).
CREATE TABLE leaf (
    tenant TEXT NOT NULL,
    idx INTEGER NOT NULL,
    kind TEXT NOT NULL,
    jws TEXT NOT NULL,
    PRIMARY KEY (tenant, idx)
) WITHOUT ROWID;

CREATE TABLE node (
    tenant TEXT NOT NULL,
    level INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (tenant, level, idx)
) WITHOUT ROWID;

CREATE TABLE cosigned (
    tenant TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    note TEXT NOT NULL
) WITHOUT ROWID;

-- One photo, or its void. `ticket` is the SHA-256 of the upload address's secret part.
CREATE TABLE capture (
    tenant TEXT NOT NULL,
    device_id TEXT NOT NULL,
    capture_id TEXT NOT NULL,
    body_device TEXT NOT NULL,
    seq INTEGER NOT NULL,
    body_sha256 TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('photo', 'void', 'adoption')),
    manifest TEXT NOT NULL,
    ticket BLOB,
    ticket_expires_ms INTEGER,
    stored TEXT,
    outcome TEXT,
    filed_at_ms INTEGER,
    blob INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, device_id, capture_id)
) WITHOUT ROWID;

CREATE UNIQUE INDEX capture_ticket ON capture (ticket) WHERE ticket IS NOT NULL;
CREATE INDEX capture_place ON capture (tenant, body_device, seq);
CREATE INDEX capture_open ON capture (tenant, ticket_expires_ms) WHERE stored IS NULL AND ticket IS NOT NULL;
CREATE INDEX capture_filed ON capture (filed_at_ms) WHERE blob = 1 AND filed_at_ms IS NOT NULL;

-- Bytes stored and not yet filed: of a device, and of its whole tenant where `holder` is empty.
CREATE TABLE held (
    tenant TEXT NOT NULL,
    holder TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (tenant, holder)
) WITHOUT ROWID;

CREATE TRIGGER held_grows AFTER UPDATE OF stored ON capture
WHEN old.stored IS NULL AND new.stored IS NOT NULL AND new.kind <> 'void'
BEGIN
    INSERT INTO held VALUES (new.tenant, new.device_id, new.size), (new.tenant, '', new.size)
    ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes;
END;

CREATE TRIGGER held_shrinks AFTER UPDATE OF filed_at_ms ON capture
WHEN old.filed_at_ms IS NULL AND new.filed_at_ms IS NOT NULL AND new.kind <> 'void'
BEGIN
    UPDATE held SET bytes = bytes - new.size WHERE tenant = new.tenant AND holder IN (new.device_id, '');
END;
