-- The newest tree of each records side's access log that the gateway cosigned. The log's key is pinned by the first.
CREATE TABLE access_witness (
    tenant  TEXT    PRIMARY KEY NOT NULL,
    log     TEXT    NOT NULL,
    size    INTEGER NOT NULL,
    root    BLOB    NOT NULL,
    note    TEXT    NOT NULL
) WITHOUT ROWID;
