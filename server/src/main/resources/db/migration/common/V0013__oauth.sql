-- Signing keys are published before they sign: when each begins to.
ALTER TABLE signing_keys ADD COLUMN active_at ${long} NOT NULL DEFAULT 0;
UPDATE signing_keys SET active_at = created_at;

-- How a client proves who it is, and what its tokens are like. Until now there was one secret or none.
ALTER TABLE clients ADD COLUMN auth_method TEXT NOT NULL DEFAULT 'none';
ALTER TABLE clients ADD COLUMN proof TEXT NOT NULL DEFAULT '{}';
UPDATE clients SET auth_method = 'client_secret',
  proof = '{"secrets":[{"id":"secret_1","hash":"' || secret_hash || '","created_at":' || created_at || '}]}'
WHERE secret_hash IS NOT NULL;
ALTER TABLE clients DROP COLUMN secret_hash;
ALTER TABLE clients ADD COLUMN access_token_alg TEXT NOT NULL DEFAULT 'ES256';
ALTER TABLE clients ADD COLUMN id_token_alg TEXT NOT NULL DEFAULT 'RS256';
ALTER TABLE clients ADD COLUMN dpop_bound ${long} NOT NULL DEFAULT 0;

-- Assertions and proofs that were used, until they would be refused for their age anyway.
CREATE TABLE used_once (
  tenant_id  TEXT NOT NULL REFERENCES tenants (tenant_id),
  hash       TEXT NOT NULL,
  expires_at ${long} NOT NULL,
  PRIMARY KEY (tenant_id, hash)
) ${keyed};

CREATE INDEX used_once_by_expiry ON used_once (tenant_id, expires_at);

-- Keys that codes and refresh tokens are bound to (RFC 9449).
ALTER TABLE pending_authorizations ADD COLUMN thumbprint TEXT;
ALTER TABLE codes ADD COLUMN thumbprint TEXT;
ALTER TABLE refresh_tokens ADD COLUMN thumbprint TEXT;

-- Requests of devices (RFC 8628), from the device's to its last poll; afterwards they tell a replay
-- from a guess until housekeeping takes them.
CREATE TABLE device_requests (
  tenant_id        TEXT NOT NULL,
  hash             TEXT NOT NULL,
  user_code_hash   TEXT NOT NULL,
  client_id        TEXT NOT NULL,
  scopes           TEXT NOT NULL,
  terms            TEXT NOT NULL,
  resources        TEXT NOT NULL,
  address          TEXT NOT NULL,
  created_at       ${long} NOT NULL,
  expires_at       ${long} NOT NULL,
  poll_seconds     ${long} NOT NULL,
  polled_at        ${long},
  pending_id       TEXT,
  mandate_id       TEXT,
  authenticated_at ${long},
  denied_at        ${long},
  used_at          ${long},
  PRIMARY KEY (tenant_id, hash),
  UNIQUE (tenant_id, user_code_hash),
  FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, client_id)
) ${keyed};

CREATE INDEX device_requests_by_expiry ON device_requests (tenant_id, expires_at);
CREATE INDEX device_requests_by_pending ON device_requests (tenant_id, pending_id);

ALTER TABLE pending_authorizations ADD COLUMN user_code TEXT;
