-- Models grouped in tiers, each opened by a scope. `roles` and `models` are JSON arrays; that no model is in two
-- tiers is checked under the tenant's lock.
CREATE TABLE model_tiers (
  tenant_id    TEXT NOT NULL REFERENCES tenants (tenant_id),
  tier         TEXT NOT NULL,
  display_name TEXT NOT NULL,
  elevated     ${long} NOT NULL,
  roles        TEXT NOT NULL,
  models       TEXT NOT NULL,
  PRIMARY KEY (tenant_id, tier)
) ${keyed};
