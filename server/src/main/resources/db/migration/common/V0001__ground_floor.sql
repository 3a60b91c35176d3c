-- One text for every database: ${long} is a 64-bit integer, ${bytes} a byte string, ${sequence} a
-- primary key that the database counts up, ${keyed} and ${counted} end a table that is stored under
-- its own key or under the sequence.
--
-- Instants are milliseconds since 1970, days are days since 1970, money is in micro-units.
-- Every key begins with the tenant, and so does every foreign key: no row can point out of its tenant.

CREATE TABLE tenants (
  tenant_id            TEXT NOT NULL PRIMARY KEY,
  name                 TEXT NOT NULL,
  zone                 TEXT NOT NULL,
  mandate_lifetime     ${long} NOT NULL,
  mandate_lifetime_max ${long} NOT NULL
) ${keyed};

CREATE TABLE users (
  tenant_id       TEXT NOT NULL REFERENCES tenants (tenant_id),
  user_id         TEXT NOT NULL,
  username        TEXT NOT NULL,
  username_folded TEXT NOT NULL,
  display_name    TEXT NOT NULL,
  role            TEXT NOT NULL,
  password_hash   TEXT NOT NULL,
  disabled        ${long} NOT NULL,
  created_at      ${long} NOT NULL,
  PRIMARY KEY (tenant_id, user_id),
  UNIQUE (tenant_id, username_folded)
) ${keyed};

CREATE TABLE entitlements (
  tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id),
  role      TEXT NOT NULL,
  terms     TEXT NOT NULL,
  PRIMARY KEY (tenant_id, role)
) ${keyed};

CREATE TABLE clients (
  tenant_id      TEXT NOT NULL REFERENCES tenants (tenant_id),
  client_id      TEXT NOT NULL,
  name           TEXT NOT NULL,
  secret_hash    TEXT,
  redirect_uris  TEXT NOT NULL,
  grant_types    TEXT NOT NULL,
  scopes         TEXT NOT NULL,
  default_scopes TEXT NOT NULL,
  default_access TEXT NOT NULL,
  policy         TEXT NOT NULL,
  disabled       ${long} NOT NULL,
  created_at     ${long} NOT NULL,
  PRIMARY KEY (tenant_id, client_id)
) ${keyed};

CREATE TABLE upstreams (
  tenant_id     TEXT NOT NULL REFERENCES tenants (tenant_id),
  name          TEXT NOT NULL,
  display_name  TEXT NOT NULL,
  provider      TEXT NOT NULL,
  base_url      TEXT NOT NULL,
  merges_usage  ${long} NOT NULL,
  price_version TEXT NOT NULL,
  models        TEXT NOT NULL,
  PRIMARY KEY (tenant_id, name)
) ${keyed};

CREATE TABLE credentials (
  tenant_id     TEXT NOT NULL REFERENCES tenants (tenant_id),
  credential_id TEXT NOT NULL,
  upstream      TEXT NOT NULL,
  sealed_secret ${bytes} NOT NULL,
  created_at    ${long} NOT NULL,
  PRIMARY KEY (tenant_id, credential_id)
) ${keyed};

CREATE INDEX credentials_by_upstream ON credentials (tenant_id, upstream, created_at);

CREATE TABLE tenant_keys (
  tenant_id TEXT NOT NULL PRIMARY KEY REFERENCES tenants (tenant_id),
  wrapped   ${bytes} NOT NULL
) ${keyed};

-- The first key of an algorithm has generation 1, so that of racing first inserts one wins.
CREATE TABLE signing_keys (
  tenant_id  TEXT NOT NULL REFERENCES tenants (tenant_id),
  kid        TEXT NOT NULL,
  algorithm  TEXT NOT NULL,
  generation ${long} NOT NULL,
  sealed_jwk ${bytes} NOT NULL,
  created_at ${long} NOT NULL,
  PRIMARY KEY (tenant_id, kid),
  UNIQUE (tenant_id, algorithm, generation)
) ${keyed};

CREATE TABLE mandates (
  tenant_id  TEXT NOT NULL,
  mandate_id TEXT NOT NULL,
  client_id  TEXT NOT NULL,
  user_id    TEXT,
  scopes     TEXT NOT NULL,
  access     TEXT NOT NULL,
  created_at ${long} NOT NULL,
  expires_at ${long} NOT NULL,
  revoked_at ${long},
  parent_id  TEXT,
  PRIMARY KEY (tenant_id, mandate_id),
  FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, client_id),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, user_id),
  FOREIGN KEY (tenant_id, parent_id) REFERENCES mandates (tenant_id, mandate_id)
) ${keyed};

CREATE INDEX mandates_by_age ON mandates (tenant_id, created_at, mandate_id);
CREATE INDEX mandates_by_user ON mandates (tenant_id, user_id, created_at, mandate_id);
CREATE INDEX mandates_by_client ON mandates (tenant_id, client_id, created_at);
CREATE INDEX mandates_by_parent ON mandates (tenant_id, parent_id);

CREATE TABLE codes (
  tenant_id        TEXT NOT NULL,
  hash             TEXT NOT NULL,
  client_id        TEXT NOT NULL,
  mandate_id       TEXT NOT NULL,
  redirect_uri     TEXT,
  code_challenge   TEXT NOT NULL,
  nonce            TEXT,
  resources        TEXT NOT NULL,
  authenticated_at ${long} NOT NULL,
  expires_at       ${long} NOT NULL,
  used_at          ${long},
  PRIMARY KEY (tenant_id, hash),
  FOREIGN KEY (tenant_id, mandate_id) REFERENCES mandates (tenant_id, mandate_id)
) ${keyed};

CREATE INDEX codes_by_expiry ON codes (tenant_id, expires_at);

-- The row that a rotation and a revocation meet at: whoever comes second sees what the first did.
CREATE TABLE refresh_families (
  tenant_id  TEXT NOT NULL,
  family     TEXT NOT NULL,
  mandate_id TEXT NOT NULL,
  revoked_at ${long},
  PRIMARY KEY (tenant_id, family),
  FOREIGN KEY (tenant_id, mandate_id) REFERENCES mandates (tenant_id, mandate_id)
) ${keyed};

CREATE INDEX refresh_families_by_mandate ON refresh_families (tenant_id, mandate_id);

-- sealed_successor is there from the first rotation until the successor's first use.
CREATE TABLE refresh_tokens (
  tenant_id        TEXT NOT NULL,
  hash             TEXT NOT NULL,
  family           TEXT NOT NULL,
  client_id        TEXT NOT NULL,
  mandate_id       TEXT NOT NULL,
  resources        TEXT NOT NULL,
  expires_at       ${long} NOT NULL,
  predecessor      TEXT,
  sealed_successor ${bytes},
  superseded_at    ${long},
  PRIMARY KEY (tenant_id, hash),
  FOREIGN KEY (tenant_id, family) REFERENCES refresh_families (tenant_id, family)
) ${keyed};

CREATE INDEX refresh_tokens_by_family ON refresh_tokens (tenant_id, family);
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (tenant_id, expires_at);

CREATE TABLE revoked_tokens (
  tenant_id  TEXT NOT NULL,
  jti        TEXT NOT NULL,
  expires_at ${long} NOT NULL,
  PRIMARY KEY (tenant_id, jti)
) ${keyed};

CREATE INDEX revoked_tokens_by_expiry ON revoked_tokens (tenant_id, expires_at);

CREATE TABLE sessions (
  tenant_id        TEXT NOT NULL,
  hash             TEXT NOT NULL,
  user_id          TEXT NOT NULL,
  authenticated_at ${long} NOT NULL,
  expires_at       ${long} NOT NULL,
  PRIMARY KEY (tenant_id, hash),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, user_id)
) ${keyed};

CREATE INDEX sessions_by_user ON sessions (tenant_id, user_id);
CREATE INDEX sessions_by_expiry ON sessions (tenant_id, expires_at);

CREATE TABLE sign_in_attempts (
  tenant_id      TEXT NOT NULL,
  subject        TEXT NOT NULL,
  attempts       ${long} NOT NULL,
  window_ends_at ${long} NOT NULL,
  PRIMARY KEY (tenant_id, subject)
) ${keyed};

CREATE INDEX sign_in_attempts_by_end ON sign_in_attempts (tenant_id, window_ends_at);

CREATE TABLE api_keys (
  tenant_id    TEXT NOT NULL REFERENCES tenants (tenant_id),
  api_key_id   TEXT NOT NULL,
  hash         TEXT NOT NULL,
  hint         TEXT NOT NULL,
  name         TEXT NOT NULL,
  owner_id     TEXT,
  mandate_id   TEXT,
  scopes       TEXT NOT NULL,
  created_at   ${long} NOT NULL,
  expires_at   ${long} NOT NULL,
  revoked_at   ${long},
  last_used_at ${long},
  PRIMARY KEY (tenant_id, api_key_id),
  UNIQUE (tenant_id, hash),
  FOREIGN KEY (tenant_id, owner_id) REFERENCES users (tenant_id, user_id),
  FOREIGN KEY (tenant_id, mandate_id) REFERENCES mandates (tenant_id, mandate_id)
) ${keyed};

CREATE INDEX api_keys_by_owner ON api_keys (tenant_id, owner_id, created_at);
CREATE INDEX api_keys_by_mandate ON api_keys (tenant_id, mandate_id, created_at);

-- What caches and open streams must hear, in the order of its commits, for nodes to read on from.
CREATE TABLE revocations (
  seq        ${sequence},
  tenant_id  TEXT NOT NULL,
  kind       TEXT NOT NULL,
  subject    TEXT NOT NULL,
  expires_at ${long},
  at         ${long} NOT NULL
) ${counted};

CREATE INDEX revocations_by_age ON revocations (tenant_id, at);

-- History: it names mandates, clients and users, but no later change to those may touch it, so
-- there is no foreign key.
CREATE TABLE ledger (
  tenant_id               TEXT NOT NULL,
  call_id                 TEXT NOT NULL,
  mandate_id              TEXT NOT NULL,
  access                  ${long} NOT NULL,
  client_id               TEXT NOT NULL,
  user_id                 TEXT,
  api_key_id              TEXT,
  upstream                TEXT NOT NULL,
  model                   TEXT NOT NULL,
  endpoint                TEXT NOT NULL,
  price_version           TEXT NOT NULL,
  accounts                TEXT NOT NULL,
  started_at              ${long} NOT NULL,
  settled_at              ${long} NOT NULL,
  epoch_day               ${long} NOT NULL,
  input_tokens            ${long} NOT NULL,
  cached_input_tokens     ${long} NOT NULL,
  cache_write_tokens      ${long} NOT NULL,
  cache_write_long_tokens ${long} NOT NULL,
  output_tokens           ${long} NOT NULL,
  cost_micros             ${long} NOT NULL,
  outcome                 TEXT NOT NULL,
  estimated               ${long} NOT NULL,
  PRIMARY KEY (tenant_id, call_id)
) ${keyed};

CREATE INDEX ledger_by_mandate ON ledger (tenant_id, mandate_id, settled_at, call_id);

-- Sums over the ledger, kept in the transaction that appends to it.
CREATE TABLE account_totals (
  tenant_id   TEXT NOT NULL,
  account     TEXT NOT NULL,
  requests    ${long} NOT NULL,
  cost_micros ${long} NOT NULL,
  PRIMARY KEY (tenant_id, account)
) ${keyed};

CREATE TABLE account_days (
  tenant_id TEXT NOT NULL,
  account   TEXT NOT NULL,
  epoch_day ${long} NOT NULL,
  tokens    ${long} NOT NULL,
  PRIMARY KEY (tenant_id, account, epoch_day)
) ${keyed};

CREATE TABLE mandate_totals (
  tenant_id     TEXT NOT NULL,
  mandate_id    TEXT NOT NULL,
  requests      ${long} NOT NULL,
  input_tokens  ${long} NOT NULL,
  output_tokens ${long} NOT NULL,
  cost_micros   ${long} NOT NULL,
  last_used_at  ${long} NOT NULL,
  PRIMARY KEY (tenant_id, mandate_id)
) ${keyed};

-- Each row's hash covers the row and the hash of the row before.
CREATE TABLE audit_events (
  tenant_id  TEXT NOT NULL,
  seq        ${long} NOT NULL,
  at         ${long} NOT NULL,
  type       TEXT NOT NULL,
  actor      TEXT NOT NULL,
  mandate    TEXT,
  outcome    TEXT NOT NULL,
  request_id TEXT NOT NULL,
  details    TEXT NOT NULL,
  hash       ${bytes} NOT NULL,
  PRIMARY KEY (tenant_id, seq)
) ${keyed};

-- The end of each tenant's chain: where the next row goes on, and what a cut-off end is missing.
CREATE TABLE audit_heads (
  tenant_id TEXT NOT NULL PRIMARY KEY,
  seq       ${long} NOT NULL,
  hash      ${bytes} NOT NULL
) ${keyed};
