-- SHA-256 of what a report says, its random id included, before it was sealed: a form that is sent twice is one report.
ALTER TABLE act ADD COLUMN said_sha256 TEXT;
CREATE UNIQUE INDEX act_said ON act (tenant, said_sha256) WHERE said_sha256 IS NOT NULL;
