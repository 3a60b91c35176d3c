-- A tenant that is disabled is not served; those that are there already are.

ALTER TABLE tenants ADD COLUMN disabled ${long} NOT NULL DEFAULT 0;
