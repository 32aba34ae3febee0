-- Second factors. What opens a session is sealed; nobody is named.
CREATE TABLE factor (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('passkey', 'totp')),
    hardware INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    made_at INTEGER NOT NULL,
    used_at INTEGER,
    last_step INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX factor_person ON factor (person);

-- One code a person, for one enrolment.
CREATE TABLE code (
    person TEXT PRIMARY KEY,
    hash BLOB NOT NULL,
    not_after INTEGER NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    replaces INTEGER NOT NULL
) STRICT;

-- Who spoke for a person who lost a factor.
CREATE TABLE spoken (
    person TEXT NOT NULL,
    by TEXT NOT NULL,
    capacity TEXT NOT NULL CHECK (capacity IN ('lead', 'administrator')),
    at INTEGER NOT NULL,
    PRIMARY KEY (person, by)
) STRICT;
