-- Phones that were wiped, which their status does not say: the console counts them on its first page, and monitoring each time it asks.
CREATE INDEX device_wiped ON device (tenant, status, wiped_at_ms, wiped_cause) WHERE wiped_at_ms IS NOT NULL;
