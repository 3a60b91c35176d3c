package dev.mandate.storage;

import dev.mandate.domain.tenant.ConfiguredStore;
import dev.mandate.domain.tenant.TenantId;
import java.util.Locale;
import java.util.Set;

final class JdbcConfiguredStore implements ConfiguredStore {
  private static final String ALL =
      "SELECT subject FROM configured WHERE tenant_id = :tenant AND kind = :kind";

  private static final String CLEAR =
      "DELETE FROM configured WHERE tenant_id = :tenant AND kind = :kind";

  private static final String INSERT =
      "INSERT INTO configured (tenant_id, kind, subject) VALUES (:tenant, :kind, :subject)";

  private final Database database;

  JdbcConfiguredStore(Database database) {
    this.database = database;
  }

  @Override
  public Set<String> of(TenantId tenant, Kind kind) {
    return Set.copyOf(
        database.read(
            handle ->
                handle
                    .createQuery(ALL)
                    .bind("tenant", tenant.value())
                    .bind("kind", wire(kind))
                    .map((row, _) -> Columns.text(row, "subject"))
                    .list()));
  }

  @Override
  public void replace(TenantId tenant, Kind kind, Set<String> subjects) {
    database.write(
        handle -> {
          // Nodes that start together take turns.
          TenantLock.take(handle, database, tenant);
          handle
              .createUpdate(CLEAR)
              .bind("tenant", tenant.value())
              .bind("kind", wire(kind))
              .execute();
          for (String subject : subjects) {
            handle
                .createUpdate(INSERT)
                .bind("tenant", tenant.value())
                .bind("kind", wire(kind))
                .bind("subject", subject)
                .execute();
          }
          return subjects.size();
        });
  }

  private static String wire(Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }
}
