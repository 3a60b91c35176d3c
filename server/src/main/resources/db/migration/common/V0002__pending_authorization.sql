-- Authorization requests between their arrival and the person's answer.

CREATE TABLE pending_authorizations (
  tenant_id           TEXT NOT NULL,
  pending_id          TEXT NOT NULL,
  browser             TEXT NOT NULL,
  client_id           TEXT NOT NULL,
  redirect_uri        TEXT NOT NULL,
  redirect_uri_sent   ${long} NOT NULL,
  state               TEXT,
  code_challenge      TEXT NOT NULL,
  nonce               TEXT,
  scopes              TEXT NOT NULL,
  terms               TEXT NOT NULL,
  resources           TEXT NOT NULL,
  authenticated_since ${long},
  created_at          ${long} NOT NULL,
  expires_at          ${long} NOT NULL,
  answered_at         ${long},
  PRIMARY KEY (tenant_id, pending_id),
  FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, client_id)
) ${keyed};

CREATE INDEX pending_authorizations_by_expiry ON pending_authorizations (tenant_id, expires_at);
