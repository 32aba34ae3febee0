-- The life of a device: what it is, what was decided about it, what waits for the hospital's signature.
ALTER TABLE device ADD COLUMN platform TEXT;
ALTER TABLE device ADD COLUMN model TEXT;
ALTER TABLE device ADD COLUMN serial TEXT;
ALTER TABLE device ADD COLUMN app_version TEXT;
ALTER TABLE device ADD COLUMN enrolled_at_ms INTEGER;
ALTER TABLE device ADD COLUMN token_id TEXT;
-- What its hardware showed, and when last; `attest_refused` is why the last showing was not believed.
ALTER TABLE device ADD COLUMN level TEXT;
ALTER TABLE device ADD COLUMN os_version TEXT;
ALTER TABLE device ADD COLUMN patch_level TEXT;
ALTER TABLE device ADD COLUMN boot_state TEXT;
ALTER TABLE device ADD COLUMN attested_at_ms INTEGER;
ALTER TABLE device ADD COLUMN attest_refused TEXT;
-- The newest signed order, and the phone's signed word that it was wiped.
ALTER TABLE device ADD COLUMN wipe_order TEXT;
ALTER TABLE device ADD COLUMN wiped TEXT;
ALTER TABLE device ADD COLUMN wiped_at_ms INTEGER;

CREATE INDEX device_status ON device (tenant, status, device_id);
CREATE INDEX device_model ON device (tenant, model COLLATE NOCASE);
CREATE INDEX device_serial ON device (tenant, serial COLLATE NOCASE);
CREATE INDEX device_evidence ON device (tenant, enrolment_sha256);

CREATE TABLE device_flag (
    tenant TEXT NOT NULL,
    device_id TEXT NOT NULL,
    code TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    PRIMARY KEY (tenant, device_id, code)
) WITHOUT ROWID;

-- Serial numbers of the certificates in each device's chain, so that a revoked one finds its devices.
CREATE TABLE device_certificate (
    tenant TEXT NOT NULL,
    serial TEXT NOT NULL,
    device_id TEXT NOT NULL,
    PRIMARY KEY (tenant, serial, device_id)
) WITHOUT ROWID;

-- Acts in the log, by what they are about.
CREATE TABLE act (
    tenant TEXT NOT NULL,
    idx INTEGER NOT NULL,
    deed TEXT NOT NULL,
    device_id TEXT,
    proposal_id TEXT,
    PRIMARY KEY (tenant, idx)
) WITHOUT ROWID;
CREATE INDEX act_device ON act (tenant, device_id, idx) WHERE device_id IS NOT NULL;

CREATE TABLE proposal (
    tenant TEXT NOT NULL,
    proposal_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('token', 'policy', 'wipe')),
    status TEXT NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'approved', 'refused')),
    wanted TEXT NOT NULL,
    device_id TEXT,
    operator TEXT NOT NULL,
    reason TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    decided_by TEXT,
    decided_why TEXT,
    decided_at_ms INTEGER,
    signed TEXT,
    PRIMARY KEY (tenant, proposal_id)
) WITHOUT ROWID;
CREATE INDEX proposal_newest ON proposal (tenant, kind, idx);
CREATE INDEX proposal_device ON proposal (tenant, device_id, idx) WHERE device_id IS NOT NULL;

-- Rises with every change that a running gateway must act on at once: a device's status.
CREATE TABLE revision (
    tenant TEXT PRIMARY KEY,
    n INTEGER NOT NULL
) WITHOUT ROWID;
