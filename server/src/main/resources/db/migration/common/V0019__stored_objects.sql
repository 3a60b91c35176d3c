-- Whose the things are that providers keep for callers. object_id is derived from upstream, kind and the provider's
-- id. user_id is empty where the tenant gave the mandate: then it is the client's alone. A deleted row stays for a
-- while, so that its id can't be claimed by somebody else. No reference to users, clients or mandates: what is
-- kept at a provider outlives them, and must be found to be deleted.
CREATE TABLE stored_objects (
  tenant_id     TEXT NOT NULL REFERENCES tenants (tenant_id),
  object_id     TEXT NOT NULL,
  upstream      TEXT NOT NULL,
  kind          TEXT NOT NULL,
  provider_id   TEXT NOT NULL,
  user_id       TEXT NOT NULL,
  client_id     TEXT NOT NULL,
  mandate_id    TEXT NOT NULL,
  payer_id      TEXT,
  credential_id TEXT NOT NULL,
  created_at    ${long} NOT NULL,
  expires_at    ${long},
  deleted_at    ${long},
  PRIMARY KEY (tenant_id, object_id)
) ${keyed};

CREATE INDEX stored_objects_by_owner
  ON stored_objects (tenant_id, user_id, client_id, upstream, kind, created_at, object_id);
CREATE INDEX stored_objects_by_end ON stored_objects (tenant_id, expires_at);
CREATE INDEX stored_objects_by_deletion ON stored_objects (tenant_id, deleted_at);
