-- Pushed authorization requests (RFC 9126) between their arrival and the browser that brings their
-- request_uri; afterwards they say which pending authorization they became, until they expire.

ALTER TABLE clients ADD COLUMN requires_pushed ${long} NOT NULL DEFAULT 0;

CREATE TABLE pushed_authorizations (
  tenant_id  TEXT NOT NULL,
  hash       TEXT NOT NULL,
  client_id  TEXT NOT NULL,
  parameters TEXT NOT NULL,
  created_at ${long} NOT NULL,
  expires_at ${long} NOT NULL,
  browser    TEXT,
  pending_id TEXT,
  PRIMARY KEY (tenant_id, hash),
  FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, client_id)
) ${keyed};

CREATE INDEX pushed_authorizations_by_expiry ON pushed_authorizations (tenant_id, expires_at);
