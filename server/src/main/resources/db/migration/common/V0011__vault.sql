-- Which master key a tenant's key is wrapped by: while one takes another's place both are in use.

ALTER TABLE tenant_keys ADD COLUMN master_key TEXT NOT NULL DEFAULT 'main';

-- One row: the master key that new tenants' keys are wrapped by. Who makes a key holds on to it, so
-- that none is wrapped by a master key that has just been replaced.
CREATE TABLE master_key_in_use (
  one        ${long} NOT NULL PRIMARY KEY,
  master_key TEXT NOT NULL
) ${keyed};

INSERT INTO master_key_in_use (one, master_key) VALUES (1, 'main');

-- Which master keys each node has. The fingerprint tells apart different keys of one name.
CREATE TABLE master_key_holders (
  node_id     TEXT NOT NULL,
  master_key  TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  PRIMARY KEY (node_id, master_key)
) ${keyed};

-- How far each node's own log of revocations, outside this database, has got: it holds the sequence
-- up to seq, and mark is a line of it. A mark that is not the log's newest: this database is older
-- than the log.
CREATE TABLE revocation_logs (
  node_id TEXT NOT NULL PRIMARY KEY,
  seq     ${long} NOT NULL,
  mark    TEXT NOT NULL
) ${keyed};

-- A row here: this is a copy that was made for keeping, and nobody has said what of it still holds.
CREATE TABLE backup_copies (
  taken_at ${long} NOT NULL PRIMARY KEY
) ${keyed};
