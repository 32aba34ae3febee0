-- The index for people. No name, number, date or free text: keyed blind indexes (HMAC) and sealed labels only. Every row is
-- made again from the filed photos and the amendments where the tenant identity is another one.
CREATE TABLE folk (
    log_index INTEGER PRIMARY KEY,
    -- What stands for the photo in addresses and in the access log: 16 bytes.
    handle    BLOB NOT NULL UNIQUE,
    capture_id TEXT NOT NULL,
    -- Blind index of the patient's strongest number; NULL where the phone was told nobody: 16 bytes.
    patient   BLOB,
    -- A code of the hospital's list.
    team      TEXT,
    taken_ms  INTEGER NOT NULL,
    -- How often it was amended.
    amended   INTEGER NOT NULL DEFAULT 0,
    -- Whether anybody of its team has looked at it.
    seen      INTEGER NOT NULL DEFAULT 0,
    -- Sealed: whom and what it shows.
    label     BLOB NOT NULL
) STRICT;
CREATE INDEX folk_team ON folk (team, taken_ms, log_index);
CREATE INDEX folk_new ON folk (team, taken_ms, log_index) WHERE seen = 0;
CREATE INDEX folk_tray ON folk (team, taken_ms, log_index) WHERE patient IS NULL;
CREATE INDEX folk_patient ON folk (patient, taken_ms, log_index) WHERE patient IS NOT NULL;

-- What finds a photo: one blind index for each number, and one for family name with date of birth.
CREATE TABLE folk_term (
    term      BLOB NOT NULL,
    log_index INTEGER NOT NULL,
    PRIMARY KEY (term, log_index)
) STRICT, WITHOUT ROWID;
CREATE INDEX folk_term_photo ON folk_term (log_index);

-- 1 where a filed photo stands in the index for people.
ALTER TABLE photo ADD COLUMN folk INTEGER NOT NULL DEFAULT 0;
CREATE INDEX photo_without_folk ON photo (log_index) WHERE status = 'filed' AND kind <> 'void' AND folk = 0;

-- What the hospital's people are called, as the provider last said: the access log names them by id alone.
CREATE TABLE staff (
    person TEXT PRIMARY KEY,
    name   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
