-- How fast callers may call. subject is '' for each that has no limit of its own, and for the tenant;
-- model is '' for the sum of all models. configured is 1 where the configuration file has set it.
CREATE TABLE rate_limits (
  tenant_id           TEXT NOT NULL REFERENCES tenants (tenant_id),
  limit_id            TEXT NOT NULL,
  holder              TEXT NOT NULL,
  subject             TEXT NOT NULL,
  model               TEXT NOT NULL,
  requests_per_minute ${long},
  tokens_per_minute   ${long},
  concurrent_calls    ${long},
  configured          ${long} NOT NULL,
  created_at          ${long} NOT NULL,
  PRIMARY KEY (tenant_id, limit_id),
  UNIQUE (tenant_id, holder, subject, model)
) ${keyed};

-- What nodes that share the database have taken of a limit in the last minute, in thousandths; it runs
-- off evenly from at on.
CREATE TABLE rate_levels (
  tenant_id TEXT NOT NULL,
  bucket    TEXT NOT NULL,
  unit      TEXT NOT NULL,
  used      ${long} NOT NULL,
  at        ${long} NOT NULL,
  PRIMARY KEY (tenant_id, bucket, unit)
) ${keyed};

CREATE INDEX rate_levels_by_age ON rate_levels (tenant_id, at);

-- How many calls at a time each process of a node may have of a limit, as long as it shows that it
-- lives.
CREATE TABLE rate_places (
  tenant_id TEXT NOT NULL,
  bucket    TEXT NOT NULL,
  boot      TEXT NOT NULL,
  places    ${long} NOT NULL,
  PRIMARY KEY (tenant_id, bucket, boot)
) ${keyed};

CREATE INDEX rate_places_by_boot ON rate_places (tenant_id, boot);

CREATE TABLE rate_nodes (
  boot    TEXT NOT NULL PRIMARY KEY,
  seen_at ${long} NOT NULL
) ${keyed};
