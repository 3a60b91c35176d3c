package dev.mandate.storage;

import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.tenant.TenantStore;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.function.Consumer;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcTenantStore implements TenantStore {
  private static final String FIND =
      """
      SELECT tenant_id, name, zone, mandate_lifetime, mandate_lifetime_max, disabled
      FROM tenants WHERE tenant_id = :tenant
      """;

  private static final String ALL =
      """
      SELECT tenant_id, name, zone, mandate_lifetime, mandate_lifetime_max, disabled
      FROM tenants ORDER BY tenant_id
      """;

  private static final String CREATE =
      """
      INSERT INTO tenants
        (tenant_id, name, zone, mandate_lifetime, mandate_lifetime_max, disabled)
      VALUES (:tenant, :name, :zone, :mandate_lifetime, :mandate_lifetime_max, :disabled)
      ON CONFLICT (tenant_id) DO NOTHING
      """;

  private static final String RENAME =
      """
      UPDATE tenants SET name = :name WHERE tenant_id = :tenant
      """;

  private static final String SET_DISABLED =
      """
      UPDATE tenants SET disabled = :disabled WHERE tenant_id = :tenant
      """;

  private static final String SAVE =
      """
      INSERT INTO tenants
        (tenant_id, name, zone, mandate_lifetime, mandate_lifetime_max, disabled)
      VALUES (:tenant, :name, :zone, :mandate_lifetime, :mandate_lifetime_max, :disabled)
      ON CONFLICT (tenant_id) DO UPDATE SET
        name = excluded.name, zone = excluded.zone,
        mandate_lifetime = excluded.mandate_lifetime,
        mandate_lifetime_max = excluded.mandate_lifetime_max
      """;

  private final Database database;
  private final Announcements announcements;

  JdbcTenantStore(Database database, Announcements announcements) {
    this.database = database;
    this.announcements = announcements;
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
  public List<Tenant> all() {
    return database.read(handle -> handle.createQuery(ALL).map(JdbcTenantStore::tenant).list());
  }

  @Override
  public boolean create(Tenant tenant) {
    return insert(CREATE, tenant);
  }

  @Override
  public void save(Tenant tenant) {
    insert(SAVE, tenant);
  }

  private boolean insert(String sql, Tenant tenant) {
    return announcements.write(
        (handle, announce) ->
            announced(
                tenant.id(),
                handle
                    .createUpdate(sql)
                    .bind("tenant", tenant.id().value())
                    .bind("name", tenant.name())
                    .bind("zone", tenant.zone().getId())
                    .bind("mandate_lifetime", tenant.mandateLifetime().toMillis())
                    .bind("mandate_lifetime_max", tenant.mandateLifetimeMax().toMillis())
                    .bind("disabled", tenant.disabled() ? 1 : 0)
                    .execute(),
                announce));
  }

  @Override
  public boolean rename(TenantId id, String name) {
    return announcements.write(
        (handle, announce) ->
            announced(
                id,
                handle.createUpdate(RENAME).bind("tenant", id.value()).bind("name", name).execute(),
                announce));
  }

  @Override
  public boolean setDisabled(TenantId id, boolean disabled) {
    if (disabled && id.equals(TenantId.DEFAULT)) {
      throw new IllegalArgumentException("the tenant at the root can't be disabled");
    }
    return announcements.write(
        (handle, announce) ->
            announced(
                id,
                handle
                    .createUpdate(SET_DISABLED)
                    .bind("tenant", id.value())
                    .bind("disabled", disabled ? 1 : 0)
                    .execute(),
                announce));
  }

  private static boolean announced(TenantId id, int rows, Consumer<Change> announce) {
    if (rows == 0) {
      return false;
    }
    announce.accept(new Change.TenantChanged(id));
    return true;
  }

  private static Tenant tenant(ResultSet row, StatementContext context) throws SQLException {
    return new Tenant(
        new TenantId(Columns.text(row, "tenant_id")),
        Columns.text(row, "name"),
        ZoneId.of(Columns.text(row, "zone")),
        Duration.ofMillis(row.getLong("mandate_lifetime")),
        Duration.ofMillis(row.getLong("mandate_lifetime_max")),
        row.getLong("disabled") != 0);
  }
}
