-- An upstream's credentials are versions: the active ones share the calls by their weights, a draining one lets
-- its open calls finish, a rejected one was refused by the provider, a retired one waits to be removed or put
-- into use again. Without an owner it is the tenant's; otherwise it pays for that user's mandates alone.
ALTER TABLE credentials ADD COLUMN owner_id TEXT;
ALTER TABLE credentials ADD COLUMN state TEXT NOT NULL DEFAULT 'active';
ALTER TABLE credentials ADD COLUMN weight ${long} NOT NULL DEFAULT 1;

-- Of a draining one: when a call with it was last seen open, and when it ends whatever is open.
ALTER TABLE credentials ADD COLUMN busy_at ${long};
ALTER TABLE credentials ADD COLUMN ends_at ${long};

-- Of one that was ever rejected: how often, and when it is tried next; never by itself when null.
ALTER TABLE credentials ADD COLUMN rejections ${long} NOT NULL DEFAULT 0;
ALTER TABLE credentials ADD COLUMN retry_at ${long};

ALTER TABLE credentials ADD COLUMN last_used_at ${long};
ALTER TABLE credentials ADD COLUMN last_error TEXT;
ALTER TABLE credentials ADD COLUMN last_error_at ${long};

-- What the provider calls the account whose key this is, where we had it made.
ALTER TABLE credentials ADD COLUMN provider_ref TEXT;

CREATE INDEX credentials_by_owner ON credentials (tenant_id, owner_id, upstream);
CREATE INDEX credentials_by_state ON credentials (tenant_id, state);

-- Until now the one that was activated last took all calls.
UPDATE credentials SET state = 'retired', weight = 0 WHERE EXISTS (
  SELECT 1 FROM credentials other
  WHERE other.tenant_id = credentials.tenant_id AND other.upstream = credentials.upstream
    AND (other.activated_at > credentials.activated_at
      OR (other.activated_at = credentials.activated_at
        AND other.credential_id > credentials.credential_id)));

-- Whose keys may pay at an upstream, and how the tenant's is replaced. No row: the tenant's alone, by hand.
CREATE TABLE credential_policies (
  tenant_id           TEXT NOT NULL REFERENCES tenants (tenant_id),
  upstream            TEXT NOT NULL,
  own_credentials     TEXT NOT NULL,
  rotate_days         ${long},
  project             TEXT,
  sealed_admin_secret ${bytes},
  admin_hint          TEXT NOT NULL,
  PRIMARY KEY (tenant_id, upstream)
) ${keyed};

-- A rotation under way, one an upstream. What it makes at the provider carries the rotation's id as its name, from
-- before it is made until after the last trace of the old one is gone.
CREATE TABLE credential_rotations (
  tenant_id    TEXT NOT NULL REFERENCES tenants (tenant_id),
  upstream     TEXT NOT NULL,
  rotation_id  TEXT NOT NULL,
  replaces     TEXT NOT NULL,
  replaced_ref TEXT,
  made         TEXT,
  made_ref     TEXT,
  step         TEXT NOT NULL,
  started_at   ${long} NOT NULL,
  tries        ${long} NOT NULL,
  due_at       ${long} NOT NULL,
  holder       TEXT,
  held_until   ${long} NOT NULL,
  last_error   TEXT,
  PRIMARY KEY (tenant_id, upstream)
) ${keyed};
