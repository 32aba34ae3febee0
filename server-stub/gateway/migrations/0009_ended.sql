-- Photos without a receipt whose address is dead: whoever cleans up looks whether the bytes of one lie here even so.
CREATE INDEX capture_ended ON capture (tenant, device_id, capture_id)
WHERE stored IS NULL AND (ticket IS NULL OR expired = 1);
