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
