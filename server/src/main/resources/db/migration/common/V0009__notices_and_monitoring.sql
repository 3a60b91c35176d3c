-- Where a person is told what concerns them, by mail too.
ALTER TABLE users ADD COLUMN email TEXT;

-- once_key is what makes two notices of a kind the same one: only the first is kept.
CREATE TABLE notices (
  tenant_id       TEXT NOT NULL REFERENCES tenants (tenant_id),
  notice_id       TEXT NOT NULL,
  kind            TEXT NOT NULL,
  once_key        TEXT NOT NULL,
  subject         TEXT NOT NULL,
  user_id         TEXT,
  text            TEXT NOT NULL,
  at              ${long} NOT NULL,
  acknowledged_at ${long},
  acknowledged_by TEXT,
  PRIMARY KEY (tenant_id, notice_id),
  UNIQUE (tenant_id, kind, once_key),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, user_id)
) ${keyed};

CREATE INDEX notices_by_age ON notices (tenant_id, at, notice_id);
CREATE INDEX notices_by_user ON notices (tenant_id, user_id, at, notice_id);

-- No kinds: all of them. The previous secret signs too, until its end. failures counts those in a row.
CREATE TABLE webhooks (
  tenant_id       TEXT NOT NULL REFERENCES tenants (tenant_id),
  webhook_id      TEXT NOT NULL,
  url             TEXT NOT NULL,
  kinds           TEXT NOT NULL,
  sealed_secret   ${bytes} NOT NULL,
  sealed_previous ${bytes},
  previous_until  ${long},
  failures        ${long} NOT NULL,
  disabled        ${long} NOT NULL,
  disabled_why    TEXT NOT NULL,
  created_at      ${long} NOT NULL,
  PRIMARY KEY (tenant_id, webhook_id)
) ${keyed};

-- Where a tenant's administrators are told by mail.
CREATE TABLE alert_addresses (
  tenant_id  TEXT NOT NULL REFERENCES tenants (tenant_id),
  address_id TEXT NOT NULL,
  address    TEXT NOT NULL,
  created_at ${long} NOT NULL,
  PRIMARY KEY (tenant_id, address_id),
  UNIQUE (tenant_id, address)
) ${keyed};

-- The outbox. Written with its notice; next_at is null once it has ended. Whoever claims one moves
-- next_at to where somebody else may take over, and ends it only if its attempt is still the last.
CREATE TABLE deliveries (
  tenant_id   TEXT NOT NULL,
  delivery_id TEXT NOT NULL,
  notice_id   TEXT NOT NULL,
  channel     TEXT NOT NULL,
  target      TEXT NOT NULL,
  state       TEXT NOT NULL,
  attempts    ${long} NOT NULL,
  next_at     ${long},
  problem     TEXT NOT NULL,
  created_at  ${long} NOT NULL,
  ended_at    ${long},
  PRIMARY KEY (tenant_id, delivery_id),
  FOREIGN KEY (tenant_id, notice_id) REFERENCES notices (tenant_id, notice_id)
) ${keyed};

CREATE INDEX deliveries_by_next ON deliveries (tenant_id, next_at);
CREATE INDEX deliveries_by_age ON deliveries (tenant_id, created_at, delivery_id);
CREATE INDEX deliveries_by_notice ON deliveries (tenant_id, notice_id);

-- What each node saw of a caller in a slot of five minutes, until it is learned.
CREATE TABLE activity (
  tenant_id   TEXT NOT NULL,
  caller      TEXT NOT NULL,
  slot        ${long} NOT NULL,
  node        TEXT NOT NULL,
  calls       ${long} NOT NULL,
  refusals    ${long} NOT NULL,
  cost_micros ${long} NOT NULL,
  networks    TEXT NOT NULL,
  models      TEXT NOT NULL,
  PRIMARY KEY (tenant_id, caller, slot, node)
) ${keyed};

-- What is usual for a caller. All slots before slot are in it.
CREATE TABLE baselines (
  tenant_id TEXT NOT NULL,
  caller    TEXT NOT NULL,
  slot      ${long} NOT NULL,
  learned   TEXT NOT NULL,
  PRIMARY KEY (tenant_id, caller)
) ${keyed};

CREATE INDEX activity_by_slot ON activity (tenant_id, slot);
CREATE INDEX baselines_by_slot ON baselines (tenant_id, slot);

CREATE TABLE findings (
  tenant_id  TEXT NOT NULL,
  finding_id TEXT NOT NULL,
  caller     TEXT NOT NULL,
  kind       TEXT NOT NULL,
  observed   TEXT NOT NULL,
  expected   TEXT NOT NULL,
  response   TEXT NOT NULL,
  at         ${long} NOT NULL,
  PRIMARY KEY (tenant_id, finding_id)
) ${keyed};

CREATE INDEX findings_by_age ON findings (tenant_id, at, finding_id);
CREATE INDEX findings_by_caller ON findings (tenant_id, caller, at, finding_id);

-- What a tenant wants done about a kind of finding; the built-in answer where there is no row.
CREATE TABLE finding_responses (
  tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id),
  kind      TEXT NOT NULL,
  response  TEXT NOT NULL,
  PRIMARY KEY (tenant_id, kind)
) ${keyed};

-- Callers that are held back: until an end, or until an administrator lets them go on.
CREATE TABLE restraints (
  tenant_id  TEXT NOT NULL,
  caller     TEXT NOT NULL,
  restraint  TEXT NOT NULL,
  since      ${long} NOT NULL,
  ends_at    ${long},
  finding_id TEXT NOT NULL,
  PRIMARY KEY (tenant_id, caller)
) ${keyed};
