package dev.mandate.storage;

import dev.mandate.domain.notice.AlertAddress;
import dev.mandate.domain.notice.AlertAddressStore;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.platform.mail.MailAddress;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcAlertAddressStore implements AlertAddressStore {
  private static final String SELECT =
      """
      SELECT tenant_id, address_id, address, created_at
      FROM alert_addresses WHERE tenant_id = :tenant
      """;

  private static final String FIND = SELECT + " AND address_id = :id";
  private static final String PAGE =
      SELECT + " AND address_id > :after ORDER BY address_id LIMIT :limit";

  private static final String COUNT =
      "SELECT COUNT(*) AS addresses FROM alert_addresses WHERE tenant_id = :tenant";

  private static final String INSERT =
      """
      INSERT INTO alert_addresses (tenant_id, address_id, address, created_at)
      VALUES (:tenant, :id, :address, :created_at)
      ON CONFLICT (tenant_id, address) DO NOTHING
      """;

  private static final String DELETE =
      "DELETE FROM alert_addresses WHERE tenant_id = :tenant AND address_id = :id";

  private final Database database;

  JdbcAlertAddressStore(Database database) {
    this.database = database;
  }

  @Override
  public Inserted insert(AlertAddress address) {
    return database.write(
        handle -> {
          TenantLock.take(handle, database, address.tenant());
          int there =
              handle
                  .createQuery(COUNT)
                  .bind("tenant", address.tenant().value())
                  .map((row, _) -> row.getInt("addresses"))
                  .one();
          if (there >= PER_TENANT_MAX) {
            return Inserted.FULL;
          }
          int inserted =
              handle
                  .createUpdate(INSERT)
                  .bind("tenant", address.tenant().value())
                  .bind("id", address.id())
                  .bind("address", address.address().value())
                  .bind("created_at", address.createdAt().toEpochMilli())
                  .execute();
          return inserted == 1 ? Inserted.DONE : Inserted.THERE;
        });
  }

  @Override
  public List<AlertAddress> page(TenantId tenant, @Nullable String after, int limit) {
    return database.read(
        handle ->
            handle
                .createQuery(PAGE)
                .bind("tenant", tenant.value())
                .bind("after", after == null ? "" : after)
                .bind("limit", limit)
                .map(JdbcAlertAddressStore::address)
                .list());
  }

  @Override
  public @Nullable AlertAddress find(TenantId tenant, String id) {
    return database
        .read(
            handle ->
                handle
                    .createQuery(FIND)
                    .bind("tenant", tenant.value())
                    .bind("id", id)
                    .map(JdbcAlertAddressStore::address)
                    .findOne())
        .orElse(null);
  }

  @Override
  public boolean delete(TenantId tenant, String id) {
    return database.write(
            handle ->
                handle.createUpdate(DELETE).bind("tenant", tenant.value()).bind("id", id).execute())
        == 1;
  }

  private static AlertAddress address(ResultSet row, StatementContext context) throws SQLException {
    return new AlertAddress(
        new TenantId(Columns.text(row, "tenant_id")),
        Columns.text(row, "address_id"),
        new MailAddress(Columns.text(row, "address")),
        Columns.instant(row, "created_at"));
  }
}
