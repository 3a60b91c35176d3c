package dev.mandate.storage;

import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.tenant.TenantStore;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.ZoneId;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcTenantStore implements TenantStore {
  private static final String FIND =
      """
      SELECT tenant_id, name, zone, mandate_lifetime, mandate_lifetime_max
      FROM tenants WHERE tenant_id = :tenant
      """;

  private static final String SAVE =
      """
      INSERT INTO tenants (tenant_id, name, zone, mandate_lifetime, mandate_lifetime_max)
      VALUES (:tenant, :name, :zone, :mandate_lifetime, :mandate_lifetime_max)
      ON CONFLICT (tenant_id) DO UPDATE SET
        name = excluded.name, zone = excluded.zone,
        mandate_lifetime = excluded.mandate_lifetime,
        mandate_lifetime_max = excluded.mandate_lifetime_max
      """;

  private final Database database;

  JdbcTenantStore(Database database) {
    this.database = database;
  }

  @Override
  public @Nullable Tenant find(TenantId id) {
    return database
        .read(
            handle ->
                handle
                    .createQuery(FIND)
                    .bind("tenant", id.value())
                    .map(JdbcTenantStore::tenant)
                    .findOne())
        .orElse(null);
  }

  @Override
  public void save(Tenant tenant) {
    database.write(
        handle ->
            handle
                .createUpdate(SAVE)
                .bind("tenant", tenant.id().value())
                .bind("name", tenant.name())
                .bind("zone", tenant.zone().getId())
                .bind("mandate_lifetime", tenant.mandateLifetime().toMillis())
                .bind("mandate_lifetime_max", tenant.mandateLifetimeMax().toMillis())
                .execute());
  }

  private static Tenant tenant(ResultSet row, StatementContext context) throws SQLException {
    return new Tenant(
        new TenantId(Columns.text(row, "tenant_id")),
        Columns.text(row, "name"),
        ZoneId.of(Columns.text(row, "zone")),
        Duration.ofMillis(row.getLong("mandate_lifetime")),
        Duration.ofMillis(row.getLong("mandate_lifetime_max")));
  }
}
