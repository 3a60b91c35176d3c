-- What accounts spent in calendar windows, each unit of it. Months are the sums of their days.
CREATE TABLE account_windows (
  tenant_id   TEXT NOT NULL,
  account     TEXT NOT NULL,
  period      TEXT NOT NULL,
  window_id   ${long} NOT NULL,
  requests    ${long} NOT NULL,
  tokens      ${long} NOT NULL,
  cost_micros ${long} NOT NULL,
  PRIMARY KEY (tenant_id, account, period, window_id)
) ${keyed};

-- Until now only tokens were counted by day; the ledger knows the rest.
INSERT INTO account_windows (tenant_id, account, period, window_id, requests, tokens, cost_micros)
SELECT tenant_id, 'tenant', 'day', epoch_day, COUNT(*),
  SUM(input_tokens + cached_input_tokens + cache_write_tokens + cache_write_long_tokens
    + output_tokens), SUM(cost_micros)
FROM ledger GROUP BY tenant_id, epoch_day;

INSERT INTO account_windows (tenant_id, account, period, window_id, requests, tokens, cost_micros)
SELECT tenant_id, 'user/' || user_id, 'day', epoch_day, COUNT(*),
  SUM(input_tokens + cached_input_tokens + cache_write_tokens + cache_write_long_tokens
    + output_tokens), SUM(cost_micros)
FROM ledger WHERE user_id IS NOT NULL GROUP BY tenant_id, user_id, epoch_day;

INSERT INTO account_windows (tenant_id, account, period, window_id, requests, tokens, cost_micros)
SELECT tenant_id, 'mandate/' || mandate_id || '/' || access, 'day', epoch_day, COUNT(*),
  SUM(input_tokens + cached_input_tokens + cache_write_tokens + cache_write_long_tokens
    + output_tokens), SUM(cost_micros)
FROM ledger GROUP BY tenant_id, mandate_id, access, epoch_day;

INSERT INTO account_windows (tenant_id, account, period, window_id, requests, tokens, cost_micros)
SELECT tenant_id, 'api_key/' || api_key_id, 'day', epoch_day, COUNT(*),
  SUM(input_tokens + cached_input_tokens + cache_write_tokens + cache_write_long_tokens
    + output_tokens), SUM(cost_micros)
FROM ledger WHERE api_key_id IS NOT NULL AND accounts LIKE '%"api_key/%'
GROUP BY tenant_id, api_key_id, epoch_day;

INSERT INTO account_windows (tenant_id, account, period, window_id, requests, tokens, cost_micros)
SELECT tenant_id, account, 'day', epoch_day, 0, tokens, 0 FROM account_days WHERE tokens >= 0
ON CONFLICT (tenant_id, account, period, window_id) DO NOTHING;

ALTER TABLE account_totals ADD COLUMN tokens ${long} NOT NULL DEFAULT 0;

UPDATE account_totals SET tokens = COALESCE((
  SELECT SUM(w.tokens) FROM account_windows w
  WHERE w.tenant_id = account_totals.tenant_id AND w.account = account_totals.account), 0);

DROP TABLE account_days;

-- The hour of the reservation in the tenant's time zone; null before there were windows of an hour.
ALTER TABLE ledger ADD COLUMN epoch_hour ${long};

-- A lease is of a unit and a window of any period.
CREATE TABLE leases_of_windows (
  tenant_id TEXT NOT NULL,
  account   TEXT NOT NULL,
  node      TEXT NOT NULL,
  unit      TEXT NOT NULL,
  period    TEXT NOT NULL,
  window_id ${long} NOT NULL,
  held      ${long} NOT NULL,
  ask       ${long} NOT NULL,
  PRIMARY KEY (tenant_id, account, node, unit, period, window_id)
) ${keyed};

INSERT INTO leases_of_windows (tenant_id, account, node, unit, period, window_id, held, ask)
SELECT tenant_id, account, node,
  CASE unit WHEN 'tokens_per_day' THEN 'tokens' ELSE unit END,
  CASE unit WHEN 'tokens_per_day' THEN 'day' ELSE 'total' END, epoch_day, held, ask
FROM leases;

DROP TABLE leases;

ALTER TABLE leases_of_windows RENAME TO leases;

CREATE INDEX leases_by_node ON leases (tenant_id, node);

CREATE INDEX leases_by_window ON leases (tenant_id, period, window_id);

-- A limit of an account that many mandates spend from, and at how many percent of it somebody
-- should hear of it.
CREATE TABLE budget_limits (
  tenant_id  TEXT NOT NULL REFERENCES tenants (tenant_id),
  account    TEXT NOT NULL,
  unit       TEXT NOT NULL,
  period     TEXT NOT NULL,
  bound      ${long} NOT NULL,
  thresholds TEXT NOT NULL,
  PRIMARY KEY (tenant_id, account, unit, period)
) ${keyed};

INSERT INTO budget_limits (tenant_id, account, unit, period, bound, thresholds)
SELECT tenant_id, account, 'requests', 'total', requests, '[80,100]'
FROM budgets WHERE requests IS NOT NULL;

INSERT INTO budget_limits (tenant_id, account, unit, period, bound, thresholds)
SELECT tenant_id, account, 'tokens', 'day', tokens_per_day, '[80,100]'
FROM budgets WHERE tokens_per_day IS NOT NULL;

INSERT INTO budget_limits (tenant_id, account, unit, period, bound, thresholds)
SELECT tenant_id, account, 'cost_micros', 'total', cost_micros, '[80,100]'
FROM budgets WHERE cost_micros IS NOT NULL;

DROP TABLE budgets;
