-- Where a phone is used, as device management said when it enrolled.
ALTER TABLE device ADD COLUMN ward TEXT;
CREATE INDEX device_ward ON device (tenant, ward COLLATE NOCASE) WHERE ward IS NOT NULL;
