-- What clients of the admin API may send again: the key, what was asked, and the answer, sealed,
-- because it may hold a secret that is shown once. Without an answer the outcome isn't known.

CREATE TABLE idempotency_keys (
  tenant_id       TEXT NOT NULL REFERENCES tenants (tenant_id),
  caller          TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  request_hash    TEXT NOT NULL,
  expires_at      ${long} NOT NULL,
  sealed_answer   ${bytes},
  PRIMARY KEY (tenant_id, caller, idempotency_key)
) ${keyed};

CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (tenant_id, expires_at);
