-- What the puller knows. No patient is named here; every fact can be read again from the log and the sealed files.

-- Single values: tenant, log, bundle_version, cosigned, judged.
CREATE TABLE state (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The log. Leaves at or past the cosigned size are staged and not believed.
CREATE TABLE leaf (
    idx INTEGER PRIMARY KEY,
    jws TEXT NOT NULL
) STRICT;

-- Roots of complete subtrees: node (level, idx) covers leaves idx * 2^level up to (idx + 1) * 2^level.
CREATE TABLE node (
    level INTEGER NOT NULL,
    idx   INTEGER NOT NULL,
    hash  TEXT NOT NULL,
    PRIMARY KEY (level, idx)
) STRICT, WITHOUT ROWID;

-- Phones whose enrolment held.
CREATE TABLE device (
    device_id TEXT PRIMARY KEY,
    key       TEXT NOT NULL,
    follows   TEXT,
    log_index INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Tokens spent, each by one phone.
CREATE TABLE token (
    token_id  TEXT PRIMARY KEY,
    device_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Log entries that led to nothing: enrolments that did not hold, signed objects that do not belong in a log.
CREATE TABLE rejected (
    log_index INTEGER PRIMARY KEY,
    device_id TEXT NOT NULL,
    code      TEXT NOT NULL
) STRICT;

-- The chain of each phone. own is 1 where the phone signed the body itself, 0 where its next key did.
CREATE TABLE body (
    device_id      TEXT NOT NULL,
    seq            INTEGER NOT NULL,
    own            INTEGER NOT NULL,
    hash           TEXT NOT NULL,
    prev           TEXT,
    capture_id     TEXT NOT NULL,
    follows_device TEXT,
    follows_seq    INTEGER,
    PRIMARY KEY (device_id, seq, own)
) STRICT, WITHOUT ROWID;
CREATE INDEX body_capture ON body (device_id, capture_id);

-- One row for each manifest, void or adoption.
CREATE TABLE photo (
    manifest_sha256 TEXT PRIMARY KEY,
    log_index       INTEGER NOT NULL UNIQUE,
    kind            TEXT NOT NULL,
    device_id       TEXT NOT NULL,
    capture_id      TEXT NOT NULL,
    chain_device    TEXT NOT NULL,
    seq             INTEGER NOT NULL,
    captured_at     TEXT NOT NULL,
    sha256          TEXT NOT NULL,
    size            INTEGER NOT NULL,
    status          TEXT NOT NULL,
    cause           TEXT,
    receipt         TEXT,
    acknowledged    INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX photo_status ON photo (status, log_index);
