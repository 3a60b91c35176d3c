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

-- What prompts may be about. No row in prompt_policies: nobody looks.
CREATE TABLE prompt_policies (
  tenant_id      TEXT NOT NULL PRIMARY KEY REFERENCES tenants (tenant_id),
  classifies     ${long} NOT NULL,
  fails_open     ${long} NOT NULL,
  allows_other   ${long} NOT NULL,
  characters_max ${long} NOT NULL
) ${keyed};

CREATE TABLE prompt_categories (
  tenant_id     TEXT NOT NULL REFERENCES tenants (tenant_id),
  category      TEXT NOT NULL,
  display_name  TEXT NOT NULL,
  decision      TEXT NOT NULL,
  needs_scope   ${long} NOT NULL,
  roles         TEXT NOT NULL,
  shipped_rules TEXT,
  PRIMARY KEY (tenant_id, category)
) ${keyed};

CREATE TABLE prompt_rules (
  tenant_id TEXT NOT NULL,
  rule_id   TEXT NOT NULL,
  category  TEXT NOT NULL,
  pattern   TEXT NOT NULL,
  PRIMARY KEY (tenant_id, rule_id),
  FOREIGN KEY (tenant_id, category) REFERENCES prompt_categories (tenant_id, category)
) ${keyed};
