-- What a phone's hardware may not fall below again, beside os_version and patch_level.
ALTER TABLE device ADD COLUMN vendor_patch INTEGER;
ALTER TABLE device ADD COLUMN boot_patch INTEGER;
CREATE INDEX device_certificate_device ON device_certificate (tenant, device_id);
