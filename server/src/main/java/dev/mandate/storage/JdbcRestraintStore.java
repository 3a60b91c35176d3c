package dev.mandate.storage;

import dev.mandate.domain.monitoring.CallerId;
import dev.mandate.domain.monitoring.Restraint;
import dev.mandate.domain.monitoring.RestraintStore;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.tenant.TenantId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcRestraintStore implements RestraintStore {
  private static final String ALL =
      """
      SELECT tenant_id, caller, since, ends_at, finding_id FROM restraints
      WHERE ends_at IS NULL OR ends_at > :now
      """;

  private static final String SELECT =
      """
      SELECT tenant_id, caller, since, ends_at, finding_id FROM restraints
      WHERE tenant_id = :tenant
      """;

  private static final String FIND = SELECT + " AND caller = :caller";
  private static final String PAGE = SELECT + " AND caller > :after ORDER BY caller LIMIT :limit";

  // A suspension is not replaced by anything less.
  private static final String PUT =
      """
      INSERT INTO restraints (tenant_id, caller, restraint, since, ends_at, finding_id)
      VALUES (:tenant, :caller, :restraint, :since, :ends_at, :finding)
      ON CONFLICT (tenant_id, caller) DO UPDATE SET restraint = excluded.restraint,
        since = excluded.since, ends_at = excluded.ends_at, finding_id = excluded.finding_id
      WHERE restraints.ends_at IS NOT NULL
      """;

  private static final String DELETE =
      "DELETE FROM restraints WHERE tenant_id = :tenant AND caller = :caller";

  private final Database database;
  private final Announcements announcements;

  JdbcRestraintStore(Database database, Announcements announcements) {
    this.database = database;
    this.announcements = announcements;
  }

  /// Holds a caller back, in the transaction that found it.
  static boolean put(Handle handle, Consumer<Change> announce, Restraint restraint) {
    CallerId caller = restraint.caller();
    int put =
        handle
            .createUpdate(PUT)
            .bind("tenant", caller.tenant().value())
            .bind("caller", caller.text())
            .bind("restraint", restraint.isSuspension() ? "suspended" : "throttled")
            .bind("since", restraint.since().toEpochMilli())
            .bind("ends_at", Columns.millis(restraint.endsAt()))
            .bind("finding", restraint.finding())
            .execute();
    if (put == 1) {
      announce.accept(
          new Change.CallerRestrained(caller.tenant(), caller.text(), true, restraint.endsAt()));
    }
    return put == 1;
  }

  @Override
  public boolean hold(Restraint restraint) {
    return announcements.write((handle, announce) -> put(handle, announce, restraint));
  }

  @Override
  public List<Restraint> all(Instant now) {
    return database.read(
        handle ->
            handle
                .createQuery(ALL)
                .bind("now", now.toEpochMilli())
                .map(JdbcRestraintStore::restraint)
                .list());
  }

  @Override
  public List<Restraint> page(TenantId tenant, @Nullable String after, int limit) {
    return database.read(
        handle ->
            handle
                .createQuery(PAGE)
                .bind("tenant", tenant.value())
                .bind("after", after == null ? "" : after)
                .bind("limit", limit)
                .map(JdbcRestraintStore::restraint)
                .list());
  }

  @Override
  public @Nullable Restraint find(CallerId caller) {
    return database
        .read(
            handle ->
                handle
                    .createQuery(FIND)
                    .bind("tenant", caller.tenant().value())
                    .bind("caller", caller.text())
                    .map(JdbcRestraintStore::restraint)
                    .findOne())
        .orElse(null);
  }

  @Override
  public boolean release(CallerId caller) {
    return announcements.write(
        (handle, announce) -> {
          int deleted =
              handle
                  .createUpdate(DELETE)
                  .bind("tenant", caller.tenant().value())
                  .bind("caller", caller.text())
                  .execute();
          if (deleted == 1) {
            announce.accept(
                new Change.CallerRestrained(caller.tenant(), caller.text(), false, null));
          }
          return deleted == 1;
        });
  }

  private static Restraint restraint(ResultSet row, StatementContext context) throws SQLException {
    return new Restraint(
        CallerId.parse(new TenantId(Columns.text(row, "tenant_id")), Columns.text(row, "caller")),
        Columns.instant(row, "since"),
        Columns.instantOrNull(row, "ends_at"),
        Columns.text(row, "finding_id"));
  }
}
