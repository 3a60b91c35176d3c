-- A tenant's own roles. The built-in ones have no row: nobody can change what they may do.

CREATE TABLE roles (
  tenant_id    TEXT NOT NULL REFERENCES tenants (tenant_id),
  role         TEXT NOT NULL,
  admin_scopes TEXT NOT NULL,
  PRIMARY KEY (tenant_id, role)
) ${keyed};

-- What bounds the sum of all mandates of a person, or of the tenant. No row: no bound.
CREATE TABLE budgets (
  tenant_id      TEXT NOT NULL REFERENCES tenants (tenant_id),
  account        TEXT NOT NULL,
  requests       ${long},
  tokens_per_day ${long},
  cost_micros    ${long},
  PRIMARY KEY (tenant_id, account)
) ${keyed};

-- What the configuration file named at the last start: it takes rights only from what it gave them.
CREATE TABLE configured (
  tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id),
  kind      TEXT NOT NULL,
  subject   TEXT NOT NULL,
  PRIMARY KEY (tenant_id, kind, subject)
) ${keyed};

CREATE INDEX api_keys_by_age ON api_keys (tenant_id, created_at, api_key_id);

-- Until now everything came from the file.
INSERT INTO configured (tenant_id, kind, subject)
SELECT tenant_id, 'user', username_folded FROM users WHERE disabled = 0;

INSERT INTO configured (tenant_id, kind, subject)
SELECT tenant_id, 'client', client_id FROM clients WHERE disabled = 0;

INSERT INTO configured (tenant_id, kind, subject)
SELECT tenant_id, 'admin_key', hash FROM api_keys
WHERE owner_id IS NULL AND mandate_id IS NULL AND revoked_at IS NULL;

INSERT INTO configured (tenant_id, kind, subject)
SELECT tenant_id, 'role', role FROM entitlements;

-- The tenant's own account begins with what all of its mandates have spent.
INSERT INTO account_totals (tenant_id, account, requests, cost_micros)
SELECT tenant_id, 'tenant', SUM(requests), SUM(cost_micros) FROM mandate_totals GROUP BY tenant_id;

INSERT INTO account_days (tenant_id, account, epoch_day, tokens)
SELECT tenant_id, 'tenant', epoch_day,
  SUM(input_tokens + cached_input_tokens + cache_write_tokens + cache_write_long_tokens
    + output_tokens)
FROM ledger GROUP BY tenant_id, epoch_day;
