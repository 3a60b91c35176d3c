-- A key keeps its id while its secrets change; a second one is there for the grace of a rotation.
-- The table is made anew, because its column with the hash was unique. bounds is what the key may do
-- less than its mandate, and from where; maker_id the key that made it, with which it ends.

ALTER TABLE api_keys RENAME TO api_keys_before;
DROP INDEX api_keys_by_owner;
DROP INDEX api_keys_by_mandate;
DROP INDEX api_keys_by_age;

CREATE TABLE api_keys (
  tenant_id      TEXT NOT NULL REFERENCES tenants (tenant_id),
  api_key_id     TEXT NOT NULL,
  name           TEXT NOT NULL,
  owner_id       TEXT,
  mandate_id     TEXT,
  scopes         TEXT NOT NULL,
  bounds         TEXT NOT NULL,
  generation     ${long} NOT NULL,
  maker_id       TEXT,
  created_at     ${long} NOT NULL,
  expires_at     ${long} NOT NULL,
  revoked_at     ${long},
  last_used_at   ${long},
  last_used_from TEXT,
  leaked_at      ${long},
  leaked_where   TEXT,
  PRIMARY KEY (tenant_id, api_key_id),
  FOREIGN KEY (tenant_id, owner_id) REFERENCES users (tenant_id, user_id),
  FOREIGN KEY (tenant_id, mandate_id) REFERENCES mandates (tenant_id, mandate_id),
  FOREIGN KEY (tenant_id, maker_id) REFERENCES api_keys (tenant_id, api_key_id)
) ${keyed};

INSERT INTO api_keys (tenant_id, api_key_id, name, owner_id, mandate_id, scopes, bounds, generation,
  created_at, expires_at, revoked_at, last_used_at)
SELECT tenant_id, api_key_id, name, owner_id, mandate_id, scopes, '{}', 0, created_at, expires_at,
  revoked_at, last_used_at
FROM api_keys_before;

CREATE INDEX api_keys_by_owner ON api_keys (tenant_id, owner_id, created_at);
CREATE INDEX api_keys_by_mandate ON api_keys (tenant_id, mandate_id, created_at);
CREATE INDEX api_keys_by_age ON api_keys (tenant_id, created_at, api_key_id);
CREATE INDEX api_keys_by_end ON api_keys (tenant_id, expires_at);
CREATE INDEX api_keys_by_maker ON api_keys (tenant_id, maker_id);

-- ends_at is there for a secret that a rotation has replaced.
CREATE TABLE api_key_secrets (
  tenant_id  TEXT NOT NULL,
  hash       TEXT NOT NULL,
  api_key_id TEXT NOT NULL,
  hint       TEXT NOT NULL,
  created_at ${long} NOT NULL,
  ends_at    ${long},
  PRIMARY KEY (tenant_id, hash),
  FOREIGN KEY (tenant_id, api_key_id) REFERENCES api_keys (tenant_id, api_key_id)
) ${keyed};

INSERT INTO api_key_secrets (tenant_id, hash, api_key_id, hint, created_at, ends_at)
SELECT tenant_id, hash, api_key_id, hint, created_at, NULL FROM api_keys_before;

CREATE INDEX api_key_secrets_by_key ON api_key_secrets (tenant_id, api_key_id);

-- For a key that was found in the open: whoever finds one knows no tenant.
CREATE INDEX api_key_secrets_by_hash ON api_key_secrets (hash);

DROP TABLE api_keys_before;
