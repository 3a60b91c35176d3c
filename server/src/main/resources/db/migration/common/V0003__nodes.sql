-- The processes that serve this database. A node keeps its id as long as its data folder lives; boot
-- is another one at each start. Belongs to no tenant.

CREATE TABLE nodes (
  node_id      TEXT NOT NULL PRIMARY KEY,
  boot         TEXT NOT NULL,
  started_at   ${long} NOT NULL,
  heartbeat_at ${long} NOT NULL,
  stopped_at   ${long}
) ${keyed};

-- Whose change it was: that node has told its own caches already.
ALTER TABLE revocations ADD COLUMN boot TEXT;
