-- Which node holds how much of what is left of an account: spent + all that is held never exceeds the
-- limit. A row is its node's own. epoch_day is -1 for a limit over the account's life. ask is the
-- newest of the node's questions that changed it.
CREATE TABLE leases (
  tenant_id TEXT NOT NULL,
  account   TEXT NOT NULL,
  node      TEXT NOT NULL,
  unit      TEXT NOT NULL,
  epoch_day ${long} NOT NULL,
  held      ${long} NOT NULL,
  ask       ${long} NOT NULL,
  PRIMARY KEY (tenant_id, account, node, unit, epoch_day)
) ${keyed};

CREATE INDEX leases_by_node ON leases (tenant_id, node);
CREATE INDEX leases_by_day ON leases (tenant_id, epoch_day);

-- A node that is short of an account asks another one for what it doesn't need.
CREATE TABLE lease_recalls (
  tenant_id TEXT NOT NULL,
  account   TEXT NOT NULL,
  node      TEXT NOT NULL,
  asker     TEXT NOT NULL,
  ask       ${long} NOT NULL,
  PRIMARY KEY (tenant_id, account, node, asker)
) ${keyed};

-- The nodes that hold leases; they serve every tenant. Asks below first_ask are of an earlier process.
CREATE TABLE lease_nodes (
  node      TEXT NOT NULL PRIMARY KEY,
  first_ask ${long} NOT NULL,
  seen_at   ${long} NOT NULL
) ${keyed};
