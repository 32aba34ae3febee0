-- What the hospital refused counts no more once the phone has said that it will not come, or has signed for it under its next
-- key (`released`); towards the phone's own quota no more after some days either (`aged`). Its bytes stay unless it was discarded.
ALTER TABLE capture ADD COLUMN refused_at_ms INTEGER;
ALTER TABLE capture ADD COLUMN released INTEGER NOT NULL DEFAULT 0;
ALTER TABLE capture ADD COLUMN aged INTEGER NOT NULL DEFAULT 0;

CREATE INDEX capture_refused ON capture (tenant, refused_at_ms)
WHERE refused_at_ms IS NOT NULL AND filed_at_ms IS NULL AND aged = 0;

DROP TRIGGER held_grows;
DROP TRIGGER held_shrinks;

CREATE TRIGGER held_grows AFTER UPDATE OF stored, filed_at_ms, released, aged, kind ON capture
WHEN NOT (old.stored IS NOT NULL AND old.filed_at_ms IS NULL AND old.released = 0 AND old.aged = 0 AND old.kind <> 'void')
    AND new.stored IS NOT NULL AND new.filed_at_ms IS NULL AND new.released = 0 AND new.aged = 0 AND new.kind <> 'void'
BEGIN
    INSERT INTO held VALUES (new.tenant, new.device_id, new.size)
    ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes;
END;

CREATE TRIGGER held_shrinks AFTER UPDATE OF stored, filed_at_ms, released, aged, kind ON capture
WHEN old.stored IS NOT NULL AND old.filed_at_ms IS NULL AND old.released = 0 AND old.aged = 0 AND old.kind <> 'void'
    AND NOT (new.stored IS NOT NULL AND new.filed_at_ms IS NULL AND new.released = 0 AND new.aged = 0 AND new.kind <> 'void')
BEGIN
    UPDATE held SET bytes = bytes - old.size WHERE tenant = old.tenant AND holder = old.device_id;
END;

CREATE TRIGGER held_grows_in_all AFTER UPDATE OF stored, filed_at_ms, released, kind ON capture
WHEN NOT (old.stored IS NOT NULL AND old.filed_at_ms IS NULL AND old.released = 0 AND old.kind <> 'void')
    AND new.stored IS NOT NULL AND new.filed_at_ms IS NULL AND new.released = 0 AND new.kind <> 'void'
BEGIN
    INSERT INTO held VALUES (new.tenant, '', new.size)
    ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes;
END;

CREATE TRIGGER held_shrinks_in_all AFTER UPDATE OF stored, filed_at_ms, released, kind ON capture
WHEN old.stored IS NOT NULL AND old.filed_at_ms IS NULL AND old.released = 0 AND old.kind <> 'void'
    AND NOT (new.stored IS NOT NULL AND new.filed_at_ms IS NULL AND new.released = 0 AND new.kind <> 'void')
BEGIN
    UPDATE held SET bytes = bytes - old.size WHERE tenant = old.tenant AND holder = '';
END;
