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

-- A deleted client keeps its row: mandates, the ledger and the audit log name it, and its id must
-- not come back as somebody else.
ALTER TABLE clients ADD COLUMN deleted_at ${long};

-- Of an upstream's credentials the one that was activated last is used. The hint is the end of the
-- secret, for people to tell credentials apart; empty where nobody kept it.
ALTER TABLE credentials ADD COLUMN activated_at ${long} NOT NULL DEFAULT 0;
ALTER TABLE credentials ADD COLUMN hint TEXT NOT NULL DEFAULT '';
UPDATE credentials SET activated_at = created_at;
