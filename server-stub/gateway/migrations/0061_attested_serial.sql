-- Serial numbers count in either case, whoever states them.
DROP INDEX device_attested_serial;
CREATE INDEX device_attested_serial ON device (tenant, attested_serial COLLATE NOCASE) WHERE attested_serial IS NOT NULL;
