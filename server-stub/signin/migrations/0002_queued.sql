-- Codes that were made beside the pages: each has its line in the access log before it counts.
CREATE TABLE queued (
    id INTEGER PRIMARY KEY,
    person TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    replaces INTEGER NOT NULL
) STRICT;
