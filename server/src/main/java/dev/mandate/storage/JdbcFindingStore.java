package dev.mandate.storage;

import dev.mandate.domain.monitoring.CallerId;
import dev.mandate.domain.monitoring.Finding;
import dev.mandate.domain.monitoring.FindingStore;
import dev.mandate.domain.monitoring.Restraint;
import dev.mandate.domain.tenant.TenantId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

final class JdbcFindingStore implements FindingStore {
  private static final String TIMES =
      """
      SELECT at FROM findings
      WHERE tenant_id = :tenant AND caller = :caller AND kind = :kind AND at > :since ORDER BY at
      """;

  private static final String INSERT =
      """
      INSERT INTO findings (tenant_id, finding_id, caller, kind, observed, expected, response, at)
      VALUES (:tenant, :finding, :caller, :kind, :observed, :expected, :response, :at)
      """;

  private static final String FINDING =
      """
      SELECT tenant_id, finding_id, caller, kind, observed, expected, response, at
      FROM findings WHERE tenant_id = :tenant
      """;

  private static final String FIND_FINDING = FINDING + " AND finding_id = :finding";

  private static final String FINDINGS =
      FINDING
          + """
           AND (:caller = '' OR caller = :caller) AND (:kind = '' OR kind = :kind)
            AND (at, finding_id) < (:before_at, :before_id)
          ORDER BY at DESC, finding_id DESC LIMIT :limit
          """;

  /// What a notice is told once by is the id of its finding.
  private static final String UNTOLD =
      """
      SELECT f.tenant_id, f.finding_id, f.caller, f.kind, f.observed, f.expected, f.response, f.at
      FROM findings f
      WHERE f.at > :since AND f.response IN ('alert', 'throttle', 'suspend') AND NOT EXISTS (
        SELECT 1 FROM notices n WHERE n.tenant_id = f.tenant_id
          AND n.kind IN ('caller.unusual', 'caller.suspended') AND n.once_key = f.finding_id)
      ORDER BY f.at LIMIT :limit
      """;

  private static final String RESPONSES =
      "SELECT kind, response FROM finding_responses WHERE tenant_id = :tenant";

  private static final String RESPOND =
      """
      INSERT INTO finding_responses (tenant_id, kind, response) VALUES (:tenant, :kind, :response)
      ON CONFLICT (tenant_id, kind) DO UPDATE SET response = excluded.response
      """;

  private static final String UNDECIDE =
      "DELETE FROM finding_responses WHERE tenant_id = :tenant AND kind = :kind";

  /// Behind every id: where a list begins that goes on behind nothing.
  private static final String LAST = "~";

  private final Database database;
  private final Announcements announcements;

  JdbcFindingStore(Database database, Announcements announcements) {
    this.database = database;
    this.announcements = announcements;
  }

  @Override
  public boolean raise(
      Finding finding,
      @Nullable Restraint restraint,
      Instant since,
      Predicate<List<Instant>> admits) {
    CallerId caller = finding.caller();
    return announcements.write(
        (handle, announce) -> {
          // Two nodes that find the same are asked one after the other.
          TenantLock.take(handle, database, caller.tenant());
          List<Instant> before =
              handle
                  .createQuery(TIMES)
                  .bind("tenant", caller.tenant().value())
                  .bind("caller", caller.text())
                  .bind("kind", finding.kind().wire())
                  .bind("since", since.toEpochMilli())
                  .map((row, _) -> Columns.instant(row, "at"))
                  .list();
          if (!admits.test(before)) {
            return false;
          }
          handle
              .createUpdate(INSERT)
              .bind("tenant", caller.tenant().value())
              .bind("finding", finding.id())
              .bind("caller", caller.text())
              .bind("kind", finding.kind().wire())
              .bind("observed", finding.observed())
              .bind("expected", finding.expected())
              .bind("response", finding.response().wire())
              .bind("at", finding.at().toEpochMilli())
              .execute();
          if (restraint != null) {
            JdbcRestraintStore.put(handle, announce, restraint);
          }
          return true;
        });
  }

  @Override
  public List<Finding> untold(Instant since, int limit) {
    return database.read(
        handle ->
            handle
                .createQuery(UNTOLD)
                .bind("since", since.toEpochMilli())
                .bind("limit", limit)
                .map(JdbcFindingStore::read)
                .list());
  }

  @Override
  public List<Finding> findings(TenantId tenant, Filter filter, @Nullable Place before, int limit) {
    return database.read(
        handle ->
            handle
                .createQuery(FINDINGS)
                .bind("tenant", tenant.value())
                .bind("caller", filter.caller() == null ? "" : filter.caller())
                .bind("kind", filter.kind() == null ? "" : filter.kind().wire())
                .bind("before_at", before == null ? Long.MAX_VALUE : before.at().toEpochMilli())
                .bind("before_id", before == null ? LAST : before.id())
                .bind("limit", limit)
                .map(JdbcFindingStore::read)
                .list());
  }

  @Override
  public @Nullable Finding finding(TenantId tenant, String id) {
    return database
        .read(
            handle ->
                handle
                    .createQuery(FIND_FINDING)
                    .bind("tenant", tenant.value())
                    .bind("finding", id)
                    .map(JdbcFindingStore::read)
                    .findOne())
        .orElse(null);
  }

  @Override
  public Map<Finding.Kind, Finding.Response> responses(TenantId tenant) {
    return database.read(handle -> responses(handle, RESPONSES, tenant));
  }

  private static Map<Finding.Kind, Finding.Response> responses(
      Handle handle, String sql, TenantId tenant) {
    Map<Finding.Kind, Finding.Response> all = new EnumMap<>(Finding.Kind.class);
    handle
        .createQuery(sql)
        .bind("tenant", tenant.value())
        .map((row, _) -> List.of(Columns.text(row, "kind"), Columns.text(row, "response")))
        .forEach(
            pair -> {
              Finding.Kind kind = Finding.Kind.ofWire(pair.getFirst());
              Finding.Response response = Finding.Response.ofWire(pair.getLast());
              if (kind != null && response != null) {
                all.put(kind, response);
              }
            });
    return all;
  }

  @Override
  public boolean respond(
      TenantId tenant,
      Finding.Kind kind,
      Finding.@Nullable Response expected,
      Finding.@Nullable Response response) {
    return database.write(
        handle -> {
          TenantLock.take(handle, database, tenant);
          if (responses(handle, RESPONSES, tenant).get(kind) != expected) {
            return false;
          }
          if (response == null) {
            handle
                .createUpdate(UNDECIDE)
                .bind("tenant", tenant.value())
                .bind("kind", kind.wire())
                .execute();
          } else {
            handle
                .createUpdate(RESPOND)
                .bind("tenant", tenant.value())
                .bind("kind", kind.wire())
                .bind("response", response.wire())
                .execute();
          }
          return true;
        });
  }

  private static Finding read(ResultSet row, StatementContext context) throws SQLException {
    Finding.Kind kind = Finding.Kind.ofWire(Columns.text(row, "kind"));
    Finding.Response response = Finding.Response.ofWire(Columns.text(row, "response"));
    if (kind == null || response == null) {
      throw new StorageException("there is a finding of a kind that is not known here");
    }
    return new Finding(
        Columns.text(row, "finding_id"),
        CallerId.parse(new TenantId(Columns.text(row, "tenant_id")), Columns.text(row, "caller")),
        kind,
        Columns.text(row, "observed"),
        Columns.text(row, "expected"),
        response,
        Columns.instant(row, "at"));
  }
}
