-- Devices' lives, as the gateway's acts and the phones' own words tell them. Every row can be read again from the log.
ALTER TABLE device ADD COLUMN status TEXT NOT NULL DEFAULT 'active';

-- Entries that hold and are neither enrolments nor photos: acts, evidence shown again, phones' words that they were wiped.
CREATE TABLE note (
    log_index INTEGER PRIMARY KEY,
    kind      TEXT NOT NULL,
    device_id TEXT
) STRICT;

-- What waits for this side's signature, and what was decided. What is asked for stands in the log.
-- handed_in: 'no', 'yes', or 'refused' where the gateway would not take it.
CREATE TABLE proposal (
    proposal_id TEXT PRIMARY KEY,
    log_index   INTEGER NOT NULL UNIQUE,
    status      TEXT NOT NULL DEFAULT 'waiting',
    decided_by  TEXT,
    decided_why TEXT,
    decided_at  TEXT,
    signed      TEXT,
    handed_in   TEXT NOT NULL DEFAULT 'no'
) STRICT, WITHOUT ROWID;
CREATE INDEX proposal_to_hand_in ON proposal (log_index) WHERE status <> 'waiting' AND handed_in = 'no';
CREATE INDEX proposal_waiting ON proposal (log_index) WHERE status = 'waiting';
