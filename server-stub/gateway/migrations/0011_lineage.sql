-- What the word rests on that a phone is the one that had the key in `follows`; the serial number that its hardware attested.
ALTER TABLE device ADD COLUMN lineage TEXT NOT NULL DEFAULT 'first'
    CHECK (lineage IN ('first', 'claimed', 'signed', 'same_serial', 'vouched'));
ALTER TABLE device ADD COLUMN attested_serial TEXT;
UPDATE device SET lineage = 'claimed' WHERE follows IS NOT NULL;
CREATE INDEX device_follows ON device (tenant, follows) WHERE follows IS NOT NULL;
CREATE INDEX device_attested_serial ON device (tenant, attested_serial) WHERE attested_serial IS NOT NULL;
