-- Open tickets as running totals: of a device, and of its whole tenant where `holder` is empty. A ticket is open until its photo
-- is stored, it is taken back, or it is marked as expired, which whoever reads the totals does first.
ALTER TABLE capture ADD COLUMN expired INTEGER NOT NULL DEFAULT 0;

DROP INDEX capture_open;
CREATE INDEX capture_open ON capture (tenant, ticket_expires_ms)
WHERE stored IS NULL AND ticket IS NOT NULL AND expired = 0;

CREATE TABLE open_ticket (
    tenant TEXT NOT NULL,
    holder TEXT NOT NULL,
    tickets INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (tenant, holder)
) WITHOUT ROWID;

INSERT INTO open_ticket
SELECT tenant, device_id, COUNT(*), SUM(size) FROM capture WHERE stored IS NULL AND ticket IS NOT NULL
GROUP BY tenant, device_id;
INSERT INTO open_ticket
SELECT tenant, '', SUM(tickets), SUM(bytes) FROM open_ticket GROUP BY tenant;

CREATE TRIGGER ticket_opens AFTER UPDATE OF ticket, stored, expired ON capture
WHEN (old.ticket IS NULL OR old.stored IS NOT NULL OR old.expired <> 0)
    AND new.ticket IS NOT NULL AND new.stored IS NULL AND new.expired = 0
BEGIN
    INSERT INTO open_ticket VALUES (new.tenant, new.device_id, 1, new.size), (new.tenant, '', 1, new.size)
    ON CONFLICT DO UPDATE SET tickets = tickets + 1, bytes = bytes + excluded.bytes;
END;

CREATE TRIGGER ticket_closes AFTER UPDATE OF ticket, stored, expired ON capture
WHEN old.ticket IS NOT NULL AND old.stored IS NULL AND old.expired = 0
    AND (new.ticket IS NULL OR new.stored IS NOT NULL OR new.expired <> 0)
BEGIN
    UPDATE open_ticket SET tickets = tickets - 1, bytes = bytes - new.size
    WHERE tenant = new.tenant AND holder IN (new.device_id, '');
END;
