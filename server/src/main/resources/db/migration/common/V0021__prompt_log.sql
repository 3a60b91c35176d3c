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
