-- What calls are for, in their callers' words (`team=search,run=42`), and what was used a day: by model, client, user,
-- upstream, and by each tag (`tag:team`). Written in the ledger's own transaction.
ALTER TABLE ledger ADD COLUMN tags TEXT NOT NULL DEFAULT '';

CREATE TABLE usage_days (
  tenant_id     TEXT NOT NULL,
  dimension     TEXT NOT NULL,
  epoch_day     ${long} NOT NULL,
  name          TEXT NOT NULL,
  requests      ${long} NOT NULL,
  estimated     ${long} NOT NULL,
  input_tokens  ${long} NOT NULL,
  output_tokens ${long} NOT NULL,
  cost_micros   ${long} NOT NULL,
  PRIMARY KEY (tenant_id, dimension, epoch_day, name)
) ${keyed};

-- Days before this version, as far as the ledger has them.
INSERT INTO usage_days (tenant_id, dimension, epoch_day, name, requests, estimated, input_tokens, output_tokens, cost_micros)
SELECT tenant_id, dimension, epoch_day, name, count(*), sum(estimated), sum(input), sum(output_tokens), sum(cost_micros)
FROM (
  SELECT tenant_id, 'model' AS dimension, epoch_day, model AS name, estimated, output_tokens, cost_micros,
    input_tokens + cached_input_tokens + cache_write_tokens + cache_write_long_tokens + media_input_tokens AS input FROM ledger
  UNION ALL
  SELECT tenant_id, 'client', epoch_day, client_id, estimated, output_tokens, cost_micros,
    input_tokens + cached_input_tokens + cache_write_tokens + cache_write_long_tokens + media_input_tokens FROM ledger
  UNION ALL
  SELECT tenant_id, 'user', epoch_day, coalesce(user_id, ''), estimated, output_tokens, cost_micros,
    input_tokens + cached_input_tokens + cache_write_tokens + cache_write_long_tokens + media_input_tokens FROM ledger
  UNION ALL
  SELECT tenant_id, 'upstream', epoch_day, upstream, estimated, output_tokens, cost_micros,
    input_tokens + cached_input_tokens + cache_write_tokens + cache_write_long_tokens + media_input_tokens FROM ledger
) AS calls
GROUP BY tenant_id, dimension, epoch_day, name;

-- What was asked and answered, where a tenant keeps that: redacted, sealed with the tenant's key, until it expires.
CREATE TABLE prompt_log_policies (
  tenant_id    TEXT NOT NULL PRIMARY KEY,
  per_mille    ${long} NOT NULL,
  kept_seconds ${long} NOT NULL
) ${keyed};

CREATE TABLE prompt_log (
  tenant_id  TEXT NOT NULL,
  call_id    TEXT NOT NULL,
  mandate_id TEXT NOT NULL,
  upstream   TEXT NOT NULL,
  model      TEXT NOT NULL,
  at         ${long} NOT NULL,
  expires_at ${long} NOT NULL,
  sealed     ${bytes} NOT NULL,
  PRIMARY KEY (tenant_id, call_id)
) ${keyed};

CREATE INDEX prompt_log_by_age ON prompt_log (tenant_id, at);
CREATE INDEX prompt_log_by_end ON prompt_log (tenant_id, expires_at);
