-- What was refused counts no more once its phone was revoked: nobody is left who could say that it will not come. Its bytes stay.
-- What was refused before that was noted is refused since now: its days begin, and none of it is forgotten early.
UPDATE capture SET refused_at_ms = unixepoch() * 1000
WHERE outcome IS NOT NULL AND filed_at_ms IS NULL AND refused_at_ms IS NULL AND stored IS NOT NULL;

CREATE INDEX capture_refused_of ON capture (tenant, device_id)
WHERE refused_at_ms IS NOT NULL AND filed_at_ms IS NULL AND released = 0;

UPDATE capture SET released = 1
WHERE refused_at_ms IS NOT NULL AND filed_at_ms IS NULL AND released = 0 AND EXISTS
    (SELECT 1 FROM device WHERE device.tenant = capture.tenant AND device.device_id = capture.device_id AND device.status = 'revoked');

CREATE TRIGGER revoked_releases AFTER UPDATE OF status ON device
WHEN new.status = 'revoked' AND old.status <> 'revoked'
BEGIN
    UPDATE capture SET released = 1
    WHERE tenant = new.tenant AND device_id = new.device_id AND refused_at_ms IS NOT NULL AND filed_at_ms IS NULL AND released = 0;
END;

-- The hospital may refuse later what a phone sent before.
CREATE TRIGGER refused_of_revoked AFTER UPDATE OF refused_at_ms ON capture
WHEN old.refused_at_ms IS NULL AND new.refused_at_ms IS NOT NULL AND new.filed_at_ms IS NULL AND new.released = 0
    AND EXISTS (SELECT 1 FROM device WHERE tenant = new.tenant AND device_id = new.device_id AND status = 'revoked')
BEGIN
    UPDATE capture SET released = 1
    WHERE tenant = new.tenant AND device_id = new.device_id AND capture_id = new.capture_id;
END;

-- Under an earlier key of the phone that said that the photo will not come: its bytes go, whenever that is done.
ALTER TABLE capture ADD COLUMN discarded INTEGER NOT NULL DEFAULT 0;
CREATE INDEX capture_discarded ON capture (tenant, device_id, capture_id) WHERE blob = 1 AND discarded = 1;
