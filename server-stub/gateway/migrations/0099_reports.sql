-- When the records side had what an operator said went wrong: the first cosigned checkpoint under which it stands.
ALTER TABLE act ADD COLUMN handed_at_ms INTEGER;
CREATE INDEX act_report ON act (tenant, idx) WHERE deed = 'report';
